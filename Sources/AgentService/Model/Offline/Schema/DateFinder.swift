import JSON

extension Analyst {
  /// Tells the columns that hold ISO 8601 dates, whatever their declared type.
  enum DateFinder {
    static let samples = 3
    static let columnsPerQuery = 40

    static func columns(_ schema: Schema, among tables: [Int], limit: Int) -> [ColumnRef] {
      let all = tables.flatMap { table in
        schema.tables[table].columns.indices.map { ColumnRef(table: table, column: $0) }
          .filter { [.text, .date].contains(schema.column($0).kind) }
      }
      return Array(all.prefix(limit))
    }

    static func queries(_ schema: Schema, _ columns: [ColumnRef]) -> [PlannedCall] {
      stride(from: 0, to: columns.count, by: columnsPerQuery).map { start in
        let selects = columns.indices[start..<min(start + columnsPerQuery, columns.count)].map { index in
          let name = SQLText.name(schema.column(columns[index]).name)
          let table = schema.tables[columns[index].table].sqlName
          return "SELECT * FROM (SELECT \(index) AS place, CAST(\(name) AS text) AS v FROM \(table) "
            + "WHERE \(name) IS NOT NULL LIMIT \(samples)) AS found"
        }
        return .sql(([nowhere] + selects).joined(separator: "\nUNION ALL\n"), maxRows: 1_000)
      }
    }

    /// A row of no column, so that columns without a value are no query that found nothing.
    static let nowhere = "SELECT -1 AS place, CAST('' AS text) AS v"

    static func apply(_ findings: [Finding], _ columns: [ColumnRef], _ schema: inout Schema) {
      var dates: [Int: Bool] = [:]
      for row in findings.flatMap(\.rows) where row.count == 2 {
        guard let place = row[0].integer, columns.indices.contains(Int(place)) else { continue }
        dates[Int(place)] = (dates[Int(place)] ?? true) && isDate(row[1].string ?? "")
      }
      for (place, isDate) in dates {
        let ref = columns[place]
        let declared = schema.tables[ref.table].columns[ref.column].kind
        schema.tables[ref.table].columns[ref.column].kind = isDate ? .date : (declared == .date ? .other : declared)
      }
    }

    /// `2024-03-01`, alone or with a time after it.
    static func isDate(_ text: String) -> Bool {
      let bytes = Array(text.utf8.prefix(11))
      guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return false }
      guard bytes.count == 10 || bytes[10] == UInt8(ascii: " ") || bytes[10] == UInt8(ascii: "T") else { return false }
      return [0, 1, 2, 3, 5, 6, 8, 9].allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[$0]) }
    }
  }
}
