import JSON
import Wire

extension Analyst {
  /// A chart worth drawing.
  struct ChartPlan: Sendable, Equatable {
    var path: String
    var title: String
    var kind: String
    var sql: String
    var x: String
    var y: String

    var call: PlannedCall {
      PlannedCall(
        "make_chart",
        [
          "path": .string(path), "kind": .string(kind), "title": .string(title), "sql": .string(sql), "x": .string(x),
          "y": .string(y), "x_label": .string(x), "y_label": .string(y),
        ])
    }
  }

  /// Chooses up to three charts of the largest table: its course over time, its largest categories, how a measure is spread.
  enum ChartPicker {
    static let bins = 20.0
    static let bars = 12

    static func charts(_ profiles: [TableProfile], _ schema: Schema) -> [ChartPlan] {
      guard
        let main = profiles.filter({ ($0.rows ?? 0) > 0 && !schema.tables[$0.table].isView })
          .max(by: { ($0.rows ?? 0) < ($1.rows ?? 0) })
      else { return [] }
      return [overTime(main, schema), categories(main, schema), spread(main, schema)].compactMap { $0 }
    }

    private static func overTime(_ profile: TableProfile, _ schema: Schema) -> ChartPlan? {
      let table = schema.tables[profile.table]
      let key: Grouping
      if let month = profile.columns.firstIndex(where: { $0.column.words == ["month"] && ($0.distinct ?? 0) > 1 }) {
        let ref = ColumnRef(table: profile.table, column: month)
        key = Grouping(key: .column(path: [], ref: ref), label: "month")
      } else if let date = profile.columns.firstIndex(where: { $0.column.kind == .date && ($0.distinct ?? 0) > 1 }) {
        let ref = ColumnRef(table: profile.table, column: date)
        key = Grouping(key: .column(path: [], ref: ref), period: .month, label: "month")
      } else {
        return nil
      }
      var query = Query(fact: profile.table, shape: .aggregate(.rows))
      query.groups = [key]
      return ChartPlan(
        path: "charts/by_month.svg", title: "\(table.name) by month", kind: "bar",
        sql: SQLBuilder.statement(query, schema).sql, x: "month", y: table.name)
    }

    private static func categories(_ profile: TableProfile, _ schema: Schema) -> ChartPlan? {
      let table = schema.tables[profile.table]
      let candidates = profile.columns.indices.filter { index in
        let column = profile.columns[index]
        return column.column.kind == .text && (2...ProfileSQL.mostDistinct).contains(column.distinct ?? 0)
      }
      guard
        let place = candidates.first(where: { schema.relation(from: ColumnRef(table: profile.table, column: $0)) != nil })
          ?? candidates.first
      else { return nil }
      let name = table.columns[place].name
      var query = Query(fact: profile.table, shape: .aggregate(.rows))
      query.groups = [Grouping(key: .column(path: [], ref: ColumnRef(table: profile.table, column: place)), label: name)]
      query.descending = true
      query.limit = bars
      return ChartPlan(
        path: "charts/top_categories.svg", title: "\(table.name) by \(name)", kind: "bar",
        sql: SQLBuilder.statement(query, schema).sql, x: name, y: table.name)
    }

    /// Binned by the query, so that the chart needs no row of the table itself.
    private static func spread(_ profile: TableProfile, _ schema: Schema) -> ChartPlan? {
      let table = schema.tables[profile.table]
      let place = profile.columns.indices.first { index in
        let column = profile.columns[index]
        let isCalendar = column.column.words.contains { ["year", "month", "day", "hour", "minute", "time"].contains($0) }
        return column.column.isNumeric && !column.column.looksLikeKey && !isCalendar && (column.distinct ?? 0) > 10
          && schema.relation(from: ColumnRef(table: profile.table, column: index)) == nil
      }
      guard let place, let low = profile.columns[place].least.number, let high = profile.columns[place].greatest.number,
        high > low, ((high - low) / bins).isNormal
      else { return nil }
      let column = profile.columns[place].column
      let width = niceWidth((high - low) / bins)
      let name = SQLText.name(column.name)
      let step = SQLText.literal(width)
      let first = (low / width).rounded(.down)
      let base = SQLText.literal(first * width)
      let last = Int((high / width).rounded(.down) - first)
      // Of what is not below zero. A cast to a whole number rounds in PostgreSQL and cuts off in SQLite.
      let share = "(\(name) - \(base)) / \(step)"
      let bin = schema.dialect == .postgresql ? "CAST(floor(\(share)) AS integer)" : "CAST(\(share) AS INTEGER)"
      // Every bin, so that the gaps show too.
      let all = (0...max(0, last)).map { $0 == 0 ? "SELECT 0 AS n" : "SELECT \($0)" }.joined(separator: " UNION ALL ")
      return ChartPlan(
        path: "charts/spread.svg", title: "\(column.name) of \(table.name)", kind: "bar",
        sql: """
          SELECT \(base) + bins.n * \(step) AS \(name), count(found.n) AS \(SQLText.name("rows"))
          FROM (\(all)) AS bins
          LEFT JOIN (SELECT \(bin) AS n FROM \(table.sqlName) WHERE \(name) IS NOT NULL) AS found ON found.n = bins.n
          GROUP BY bins.n
          ORDER BY bins.n
          """, x: column.name, y: "rows")
    }

    /// 1, 2 or 5 times a power of ten, and not less than `width`.
    static func niceWidth(_ width: Double) -> Double {
      var power = 1.0
      while power > width { power /= 10 }
      while power * 10 <= width { power *= 10 }
      return [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= width } ?? power * 10
    }
  }
}
