import JSON

extension Analyst {
  struct ColumnProfile: Sendable, Equatable {
    var column: Column
    var present: Int64 = 0
    /// Nil when counting them took too long.
    var distinct: Int64?
    var least: JSONValue = .null
    var greatest: JSONValue = .null
    var mean: Double?
    /// The most frequent values of a column that has few.
    var top: [(value: JSONValue, count: Int64)] = []

    static func == (a: ColumnProfile, b: ColumnProfile) -> Bool { a.column == b.column && a.present == b.present }
  }

  struct TableProfile: Sendable {
    /// The table's place in the schema.
    var table: Int
    /// Nil when they could not be counted; nothing is known of its columns then.
    var rows: Int64?
    var columns: [ColumnProfile]
  }

  /// The queries of a profile, many columns in one pass over the table.
  enum ProfileSQL {
    static let columnsPerQuery = 20
    static let valueCharacters = 60
    private static let perColumn = 5

    static func statistics(_ table: Table, countsDistinct: Bool) -> [PlannedCall] {
      stride(from: 0, to: max(table.columns.count, 1), by: columnsPerQuery).map { start in
        var select = ["count(*) AS \"rows\""]
        for index in start..<min(start + columnsPerQuery, table.columns.count) {
          let column = table.columns[index]
          let name = SQLText.name(column.name)
          let isText = !column.isNumeric
          func extreme(_ function: String) -> String {
            column.kind == .other
              ? "NULL" : isText ? "substr(CAST(\(function)(\(name)) AS text), 1, \(valueCharacters))" : "\(function)(\(name))"
          }
          select += [
            "count(\(name)) AS c\(index)_present",
            (countsDistinct ? "count(DISTINCT \(name))" : "NULL") + " AS c\(index)_distinct",
            extreme("min") + " AS c\(index)_min", extreme("max") + " AS c\(index)_max",
            (column.isNumeric ? "avg(\(name))" : "NULL") + " AS c\(index)_mean",
          ]
        }
        return .sql("SELECT " + select.joined(separator: ",\n  ") + "\nFROM " + table.sqlName)
      }
    }

    static func profile(_ table: Int, _ schema: Schema, _ findings: [Finding]) -> TableProfile {
      var profile = TableProfile(table: table, rows: nil, columns: [])
      guard findings.allSatisfy({ !$0.isError }) else { return profile }
      let columns = schema.tables[table].columns
      for (chunk, finding) in findings.enumerated() {
        guard let row = finding.rows.first, let rows = row.first?.integer else { continue }
        profile.rows = rows
        for offset in 0..<((row.count - 1) / perColumn) {
          let index = chunk * columnsPerQuery + offset
          guard columns.indices.contains(index) else { break }
          let cells = Array(row[(1 + offset * perColumn)...])
          profile.columns.append(
            ColumnProfile(
              column: columns[index], present: cells[0].integer ?? 0, distinct: cells[1].integer, least: cells[2],
              greatest: cells[3], mean: cells[4].number))
        }
      }
      return profile
    }

    static let topValues = 5
    /// A column with more different values than this has no telling top.
    static let mostDistinct: Int64 = 100

    static func top(_ profile: TableProfile, _ schema: Schema) -> PlannedCall? {
      let table = schema.tables[profile.table].sqlName
      let selects = profile.columns.indices.filter { isCategory(profile.columns[$0], profile.rows ?? 0) }.map { index in
        let name = SQLText.name(profile.columns[index].column.name)
        return """
          SELECT * FROM (SELECT \(index) AS place, substr(CAST(\(name) AS text), 1, \(valueCharacters)) AS v, count(*) AS n FROM \(table) \
          WHERE \(name) IS NOT NULL GROUP BY \(name) ORDER BY n DESC, v LIMIT \(topValues)) AS found
          """
      }
      return selects.isEmpty ? nil : .sql(selects.prefix(40).joined(separator: "\nUNION ALL\n"), maxRows: 500)
    }

    static func isCategory(_ column: ColumnProfile, _ rows: Int64) -> Bool {
      guard column.column.kind == .text, let distinct = column.distinct else { return false }
      return (1...mostDistinct).contains(distinct) && (distinct < rows || rows <= 1)
    }

    static func addTop(_ finding: Finding, to profile: inout TableProfile) {
      for row in finding.rows where row.count == 3 {
        guard let place = row[0].integer, profile.columns.indices.contains(Int(place)) else { continue }
        profile.columns[Int(place)].top.append((row[1], row[2].integer ?? 0))
      }
    }
  }
}
