import ArgumentParser
import JSON
import SchemaIndex
import Wire

extension ConnectionCommand {
  struct Test: ServerCommand {
    static let configuration = CommandConfiguration(abstract: "Let a node open the database, and say what it found.")
    @Argument(help: "The connection.", completion: LiveCompletion.connections) var alias: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let state = try await SchemaRefresh(alias: alias, onlyOpen: true).run(server, options.timeout)
      for warning in state.warnings { printer.warn(warning) }
      printer.detail(
        state.withoutScan, id: alias, [("alias", alias), ("opened by", state.checkedBy), ("database", "can be read")])
    }
  }

  struct Scan: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let a node look at the whole database: tables, columns, keys, values.",
      discussion: "Nodes do so by themselves when a database is new to them, has changed, or was last looked at a day ago.")
    @Argument(help: "The connection.", completion: LiveCompletion.connections) var alias: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let state = try await SchemaRefresh(alias: alias, onlyOpen: false).run(server, options.timeout)
      guard let scan = state.scan else { throw WireError(.unavailable, "the node reported no scan") }
      for note in scan.notes { printer.warn(note) }
      printer.detail(
        scan, id: alias,
        [
          ("alias", alias), ("scanned by", scan.nodeName), ("took", Quantities.milliseconds(scan.elapsedMs)),
          ("tables", "\(scan.tables.count)"), ("columns", "\(scan.tables.reduce(0) { $0 + $1.columns.count })"),
        ])
    }
  }

  struct Schema: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what is known of the database.",
      discussion:
        "Of the stored scan: without TABLE the tables, with it that table's columns. -o json: all that is known of them.")
    @Argument(help: "The connection.", completion: LiveCompletion.connections) var alias: String
    @Argument(help: "A table.") var table: String?
    @Option(help: ArgumentHelp("Only tables that these words are about, the best first.", valueName: "words"))
    var search: String?
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func validate() throws {
      if table != nil, search != nil { throw ValidationError("give a table or --search, not both") }
    }

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let request = SchemaGetRequest.with { $0.dbConnectionId = alias }
      let state = try await server.call(Methods.schemaGet, request)
      guard let scan = state.scan else {
        throw WireError(
          .notFound, "nobody has looked at the database of '\(alias)' yet", hint: "'kaictl connection scan \(alias)' does.")
      }
      if let table { return try show(table, of: scan, printer) }
      let tables = search.map { SchemaIndex(scan).search($0, limit: 20).map { scan.tables[$0.table] } } ?? scan.tables
      switch printer.form {
      case .json: return printer.json(search == nil ? scan.json() : .array(tables.map { $0.json() }))
      case .jsonl: return tables.forEach { printer.json($0.json()) }
      case .ids: return tables.forEach { printer.line($0.name) }
      case .table, .wide: break
      }
      printer.rows(
        tables,
        [
          .text("TABLE") { $0.name }, .text("KIND") { $0.isView ? "view" : "table" },
          ListColumn(title: "ROWS", alignment: .right) { table, _ in
            table.rows.map { (table.rowsAreEstimated ? "~" : "") + Quantities.grouped("\($0)") } ?? "?"
          },
          .number("COLUMNS") { UInt64($0.columns.count) },
          .text("REFERS TO", shrinks: true) { table in
            Set(table.keys.map(\.table)).sorted().joined(separator: " ")
          },
          .text("COMMENT", shrinks: true) { $0.comment },
        ])
      printer.say("looked at \(printer.time(scan.scannedAt)) by \(scan.nodeName)", .dim)
    }

    private func show(_ name: String, of scan: SchemaScan, _ printer: Printer) throws(WireError) {
      guard let table = scan.tables.first(where: { $0.name.lowercased() == name.lowercased() }) else {
        throw WireError(.notFound, "there is no table '\(name)' in '\(alias)'")
      }
      if printer.form.isJSON { return printer.json(table.json()) }
      if printer.form == .ids { return table.columns.forEach { printer.line($0.name) } }
      let isSampled = table.sampledRows != nil
      printer.rows(
        table.columns,
        [
          .text("COLUMN") { $0.name }, .text("TYPE") { $0.type },
          .text("KEY") { column in
            let key = table.keys.first { $0.column == column.name }
            let target = key.map { "→ \($0.table).\($0.foreignColumn)" + ($0.inferred ? " (inferred)" : "") }
            return [column.primaryKey ? "primary" : nil, target].compactMap { $0 }.joined(separator: " ")
          },
          ListColumn(title: "DISTINCT", alignment: .right) { column, _ in
            // All values of a category were counted, whatever the rest was taken from.
            column.distinctValues.map { (isSampled && !column.allValues ? "≥ " : "") + "\($0)" } ?? ""
          },
          .text("VALUES", shrinks: true) { column in
            if !column.values.isEmpty { return column.values.joined(separator: ", ") }
            return column.least.isEmpty ? "" : "\(column.least) … \(column.greatest)" + (isSampled ? " (of a part)" : "")
          },
          .text("COMMENT", shrinks: true) { $0.comment },
        ])
      if let sampled = table.sampledRows {
        let all = table.rows.map { " of \(table.rowsAreEstimated ? "about " : "")\($0)" } ?? ""
        printer.say("least and greatest values and numbers of values are of the first \(sampled)\(all) rows", .dim)
      }
    }
  }
}

/// Asks a node to look at a database and waits for what it reports.
private struct SchemaRefresh {
  private static let patience = Duration.seconds(120)
  private static let pauses = [50, 100, 200, 500].map { Duration.milliseconds($0) }

  let alias: String
  let onlyOpen: Bool

  /// - Throws: what the node could not do; `timeout`.
  func run(_ server: ServerLink, _ timeout: TimeSpan?) async throws -> SchemaState {
    let end = ContinuousClock.now.advanced(by: timeout?.duration ?? Self.patience)
    let request = SchemaRefreshRequest.with {
      $0.dbConnectionId = alias
      $0.onlyOpen = onlyOpen
    }
    let asked = try await server.call(Methods.schemaRefresh, request)
    var tries = 0
    while ContinuousClock.now < end {
      let state = try await server.call(Methods.schemaGet, SchemaGetRequest.with { $0.dbConnectionId = alias })
      let reported = onlyOpen || state.error != nil ? state.checkedAt : state.scannedAt
      if reported > asked.askedAt {
        if let error = state.error { throw error }
        return state
      }
      try await Task.sleep(for: Self.pauses[min(tries, Self.pauses.count - 1)])
      tries += 1
    }
    throw WireError(
      .deadlineExceeded, "node '\(asked.nodeName)' has not reported yet",
      hint: "It goes on; 'kaictl connection schema \(alias)' shows what it found, --timeout waits longer.")
  }
}

extension SchemaState {
  fileprivate var withoutScan: SchemaState {
    var state = self
    state.scan = nil
    return state
  }
}
