import JSON
import Wire

extension Analyst {
  /// Reads the schema out of the tools' results.
  enum SchemaReader {
    /// Tables described in one call.
    static let tablesPerCall = 8
    /// What is looked at of a larger schema.
    static let maxTables = 600

    /// Columns described in one call, of all its tables together, as far as the list of tables tells.
    static let columnsPerCall = 200

    /// The tables, and what of the schema is missing, in sentences.
    static func read(_ evidence: Evidence, with extra: [PlannedCall]) throws(Pause) -> (Schema, gaps: [String]) {
      let (entries, total) = try list(evidence, with: extra)
      var gaps = total > entries.count ? ["Only the first \(entries.count) of \(total) tables were looked at."] : []
      var rows: [String: Int64] = [:]
      var views: Set<String> = []
      for entry in entries {
        rows[entry.name] = entry.rows
        if entry.isView { views.insert(entry.name) }
      }
      guard !entries.isEmpty else { return (Schema(tables: []), gaps) }
      let (pages, missing) = try describe(evidence, entries)
      if !missing.isEmpty {
        let names = missing.prefix(8).joined(separator: ", ") + (missing.count > 8 ? " and \(missing.count - 8) more" : "")
        gaps.append("The columns of these tables could not be read: \(names).")
      }
      return (schema(pages, evidence.dialect, rows: rows, views: views), gaps)
    }

    private struct Listed {
      let name: String
      let isView: Bool
      let rows: Int64?
      let columns: Int

      init?(_ entry: JSONValue) {
        guard let name = entry["name"]?.string else { return nil }
        self.name = name
        isView = entry["kind"]?.string == "view"
        rows = entry["rows"]?.integer
        columns = entry["columns"]?.integer.flatMap { Int(exactly: $0) } ?? 1
      }
    }

    /// The list of tables, page by page, and how many there are.
    private static func list(
      _ evidence: Evidence, with extra: [PlannedCall]
    ) throws(Pause) -> (entries: [Listed], total: Int) {
      var entries: [Listed] = []
      var total = 0
      repeat {
        let isFirst = entries.isEmpty
        var arguments: [JSONValue.Member] = [.init("limit", .integer(Int64(maxTables)))]
        arguments.append(isFirst ? .init("refresh", true) : .init("offset", .integer(Int64(entries.count))))
        let call = PlannedCall("list_tables", .object(arguments))
        let found = try evidence.need([call] + (isFirst ? extra : []), "Looking at which tables there are.")
        guard let listing = found.first, !listing.isError, let listed = listing.json?["tables"]?.array else {
          throw .finished(
            Conclusion(
              answer: "The database's tables could not be listed: \(found.first?.reason ?? "no result")", isPartial: true,
              degraded: ["The schema could not be read."]))
        }
        let page = listed.compactMap(Listed.init)
        entries += page
        total = listing.json?["total"]?.integer.flatMap { Int(exactly: $0) } ?? entries.count
        if page.isEmpty { break }
      } while entries.count < min(total, maxTables)
      return (Array(entries.prefix(maxTables)), max(total, entries.count))
    }

    /// What a call is to describe: some tables, from a column on.
    private struct Page {
      var tables: [String]
      var offset = 0

      var call: PlannedCall {
        var members: [JSONValue.Member] = [
          .init("tables", .array(tables.map { .string($0) })), .init("values", false),
        ]
        if offset > 0 { members.append(.init("column_offset", .integer(Int64(offset)))) }
        return PlannedCall("describe_tables", .object(members))
      }
    }

    /// Every table's description in pages, asked for again until nothing is left out, and the tables that cannot be described.
    private static func describe(
      _ evidence: Evidence, _ entries: [Listed]
    ) throws(Pause) -> (pages: [JSONValue], missing: [String]) {
      var pages: [JSONValue] = []
      var missing: [String] = []
      var wanted = batches(entries)
      while !wanted.isEmpty {
        let findings = try evidence.need(
          wanted.map(\.call), "Reading the columns and keys of \(entries.count) table\(entries.count == 1 ? "" : "s").")
        var next: [Page] = []
        for (page, finding) in zip(wanted, findings) {
          let described = finding.isError ? [] : finding.json?["tables"]?.array ?? []
          guard !described.isEmpty else {
            // One table that cannot be described must not hide the others.
            if page.tables.count > 1 { next += page.tables.map { Page(tables: [$0]) } } else { missing += page.tables }
            continue
          }
          pages += described
          for table in described {
            guard let name = table["name"]?.string, let offset = table["next_column_offset"]?.integer, offset > page.offset
            else { continue }
            next.append(Page(tables: [name], offset: Int(offset)))
          }
          // As many in each call as fitted this time.
          let left = Array(page.tables.dropFirst(described.count))
          for start in stride(from: 0, to: left.count, by: described.count) {
            next.append(Page(tables: Array(left[start..<min(start + described.count, left.count)])))
          }
        }
        wanted = next
      }
      return (pages, missing)
    }

    private static func batches(_ entries: [Listed]) -> [Page] {
      var pages: [Page] = []
      var columns = 0
      for entry in entries {
        if let last = pages.last, last.tables.count < tablesPerCall, columns + entry.columns <= columnsPerCall {
          pages[pages.count - 1].tables.append(entry.name)
          columns += entry.columns
        } else {
          pages.append(Page(tables: [entry.name]))
          columns = entry.columns
        }
      }
      return pages
    }

    private static func schema(
      _ described: [JSONValue], _ dialect: Dialect, rows: [String: Int64], views: Set<String>
    ) -> Schema {
      var schema = Schema(tables: [], dialect: dialect)
      var keys: [(table: Int, JSONValue)] = []
      var places: [String: Int] = [:]
      for entry in described {
        guard let name = entry["name"]?.string else { continue }
        let columns = (entry["columns"]?.array ?? []).compactMap { column($0, dialect) }
        let place = places[name] ?? schema.tables.count
        for key in entry["foreign_keys"]?.array ?? [] { keys.append((place, key)) }
        guard place == schema.tables.count else {
          schema.tables[place].columns += columns
          continue
        }
        places[name] = place
        schema.tables.append(
          Table(
            name: name, sqlName: entry["sql_name"]?.string, isView: views.contains(name), rows: rows[name], columns: columns))
      }
      for (table, key) in keys {
        schema.declare(
          key["column"]?.string ?? "", of: table, key["table"]?.string ?? "", key["foreign_column"]?.string ?? "")
      }
      return schema
    }

    private static func column(_ entry: JSONValue, _ dialect: Dialect) -> Column? {
      guard let name = entry["name"]?.string else { return nil }
      return Column(
        name: name, type: entry["type"]?.string ?? "", isPrimaryKey: entry["primary_key"]?.bool ?? false, dialect)
    }
  }
}
