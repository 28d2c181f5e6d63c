import JSON
import Wire

extension Analyst {
  /// Reads the schema out of the tools' results.
  enum SchemaReader {
    /// Tables described in one call.
    static let tablesPerCall = 8
    /// What is looked at of a larger schema.
    static let maxTables = 600

    /// The tables, and whether the schema was cut to ``maxTables``.
    static func read(_ evidence: Evidence, with extra: [PlannedCall]) throws(Pause) -> (Schema, isCut: Bool) {
      let first = PlannedCall("list_tables", [:])
      let found = try evidence.need([first] + extra, "Looking at which tables there are.")
      guard let listing = found.first, !listing.isError, let listed = listing.json?["tables"]?.array else {
        throw .finished(
          Conclusion(
            answer: "The database's tables could not be listed: \(found.first?.content ?? "no result").", isPartial: true,
            degraded: ["The schema could not be read."]))
      }
      let entries = listed.prefix(maxTables)
      var rows: [String: Int64] = [:]
      var views: Set<String> = []
      let names = entries.compactMap { $0["name"]?.string }
      for entry in entries {
        guard let name = entry["name"]?.string else { continue }
        rows[name] = entry["rows"]?.integer
        if entry["kind"]?.string == "view" { views.insert(name) }
      }
      guard !names.isEmpty else { return (Schema(tables: []), false) }
      let calls = stride(from: 0, to: names.count, by: tablesPerCall).map { start in
        let batch = names[start..<min(start + tablesPerCall, names.count)]
        return PlannedCall("describe_tables", ["tables": .array(batch.map { .string($0) })])
      }
      let described = try evidence.need(
        calls, "Reading the columns and keys of \(names.count) table\(names.count == 1 ? "" : "s").")
      return (schema(described, evidence.dialect, rows: rows, views: views), listed.count > entries.count)
    }

    private static func schema(
      _ described: [Finding], _ dialect: Dialect, rows: [String: Int64], views: Set<String>
    ) -> Schema {
      var schema = Schema(tables: [], dialect: dialect)
      var keys: [(table: Int, JSONValue)] = []
      for entry in described.flatMap({ $0.isError ? [] : $0.json?["tables"]?.array ?? [] }) {
        guard let name = entry["name"]?.string else { continue }
        let columns = (entry["columns"]?.array ?? []).compactMap { column($0, dialect) }
        for key in entry["foreign_keys"]?.array ?? [] { keys.append((schema.tables.count, key)) }
        schema.tables.append(
          Table(
            name: name, isView: views.contains(name), rows: rows[name], columns: columns, words: Fold.words(ofName: name)))
      }
      for (table, key) in keys {
        guard let from = schema.tables[table].column(named: key["column"]?.string ?? ""),
          let target = schema.tables.firstIndex(where: {
            Fold.fold($0.name) == Fold.fold(key["table"]?.string ?? "")
          })
        else { continue }
        let to =
          schema.tables[target].column(named: key["foreign_column"]?.string ?? "")
          ?? schema.tables[target].columns.firstIndex { $0.isPrimaryKey }
        guard let to else { continue }
        schema.relations.append(
          Relation(
            from: ColumnRef(table: table, column: from), to: ColumnRef(table: target, column: to), isDeclared: true,
            match: nil))
      }
      return schema
    }

    private static func column(_ entry: JSONValue, _ dialect: Dialect) -> Column? {
      guard let name = entry["name"]?.string else { return nil }
      let type = entry["type"]?.string ?? ""
      return Column(
        name: name, kind: dialect == .postgresql ? kind(ofPostgreSQLType: type) : kind(ofType: type),
        isPrimaryKey: entry["primary_key"]?.bool ?? false,
        words: Fold.words(ofName: name))
    }

    /// PostgreSQL's own names: what is not one of these has no least value, no average, or neither.
    static func kind(ofPostgreSQLType type: String) -> Column.Kind {
      let name = type.split(separator: "(").first.map { String($0) } ?? type
      return switch name {
      case "smallint", "integer", "bigint": .integer
      case "numeric", "real", "double precision": .real
      case "text", "character varying", "character", "citext", "name": .text
      case "date": .date
      default: name.hasPrefix("timestamp") && !name.hasSuffix("[]") ? .date : .other
      }
    }

    static func kind(ofType type: String) -> Column.Kind {
      let type = type.lowercased()
      if type.contains("date") || type.contains("timestamp") { return .date }
      if type.contains("int") || type.contains("serial") { return .integer }
      if type.contains("char") || type.contains("text") || type.contains("clob") || type.contains("enum") { return .text }
      if ["real", "floa", "doub", "dec", "num", "money"].contains(where: type.contains) { return .real }
      if type.contains("bool") { return .integer }
      if type.contains("blob") || type.contains("bytea") { return .other }
      return .text
    }
  }
}
