import Wire

/// Finds keys that nobody declared, by ``Analyst/RelationFinder``: names suggest them, the values prove them.
enum KeyInference {
  /// Beyond this, looking at pairs of tables takes too long.
  private static let tables = 200

  /// - Returns: false when there was no time for all of them.
  static func add(to scan: inout SchemaScan, deadline: Deadline, ask: SchemaAsking) async throws(WireError) -> Bool {
    let schema = Analyst.Schema(scan)
    guard schema.tables.count <= tables else { return false }
    let candidates = Analyst.RelationFinder.candidates(schema, among: Array(schema.tables.indices))
    guard !candidates.isEmpty else { return true }
    var rows: [[Int64?]] = []
    var isWhole = true
    for sql in Analyst.RelationFinder.statements(schema, candidates) {
      guard !deadline.isOver, let found = try await ask(sql, QueryLimits(milliseconds: max(1, deadline.remainingMs))) else {
        isWhole = false
        continue
      }
      rows += found.map { row in
        row.map { value in
          guard case .integer(let number) = value else { return nil }
          return number
        }
      }
    }
    for relation in Analyst.RelationFinder.confirmed(candidates, rows) {
      let target = schema.tables[relation.to.table]
      scan.tables[relation.from.table].keys.append(
        .with {
          $0.column = schema.column(relation.from).name
          $0.table = target.name
          $0.foreignColumn = schema.column(relation.to).name
          $0.inferred = true
          $0.matchPercent = relation.match.map { UInt32(clamping: Int(($0 * 100).rounded(.down))) }
        })
    }
    return isWhole
  }
}

extension Analyst.Schema {
  /// A scan's structure and declared keys.
  init(_ scan: SchemaScan) {
    self.init(
      tables: scan.tables.map { table in
        Analyst.Table(
          name: table.name, isView: table.isView, rows: table.rows.map { Int64(clamping: $0) },
          columns: table.columns.map { Analyst.Column(name: $0.name, type: $0.type, isPrimaryKey: $0.primaryKey, scan.dialect) })
      }, dialect: scan.dialect)
    for (index, table) in scan.tables.enumerated() {
      for key in table.keys where !key.inferred { declare(key.column, of: index, key.table, key.foreignColumn) }
    }
  }
}
