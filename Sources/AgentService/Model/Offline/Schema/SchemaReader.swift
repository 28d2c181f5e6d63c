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
      let first = PlannedCall("list_tables", ["limit": .integer(Int64(maxTables)), "refresh": true])
      let found = try evidence.need([first] + extra, "Looking at which tables there are.")
      guard let listing = found.first, !listing.isError, let listed = listing.json?["tables"]?.array else {
        throw .finished(
          Conclusion(
            answer: "The database's tables could not be listed: \(found.first?.failure ?? "no result").", isPartial: true,
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
        return PlannedCall("describe_tables", ["tables": .array(batch.map { .string($0) }), "values": false])
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
