extension Analyst {
  /// Writes a query as SQL. Joins only follow references to at most one row, so no row is counted twice.
  struct SQLBuilder {
    static let rowColumns = 12
    static let rankedRows = 20
    static let listedRows = 20

    private let schema: Schema
    private let query: Query
    private var calendar: CalendarSQL { CalendarSQL(dialect: schema.dialect) }
    private var roundsSums = false
    private var joins: [(path: [Relation], text: String)] = []

    /// What the columns of the result are, by place.
    struct Layout: Sendable, Equatable {
      /// For each group: its key's place and those of its display names.
      var groups: [(key: Int, display: [Int])] = []
      var measure: Int?
      /// How many rows the measure rests on.
      var support: Int?
      /// Rows with and without the measure.
      var total: Int?

      static func == (a: Layout, b: Layout) -> Bool {
        a.measure == b.measure && a.support == b.support && a.total == b.total
          && a.groups.map(\.key) == b.groups.map(\.key) && a.groups.map(\.display) == b.groups.map(\.display)
      }
    }

    /// - Parameter roundsSums: add up in floating point, for sums that the database's integers cannot hold.
    static func statement(_ query: Query, _ schema: Schema, roundsSums: Bool = false) -> (sql: String, Layout) {
      var builder = SQLBuilder(schema: schema, query: query)
      builder.roundsSums = roundsSums
      switch query.shape {
      case .aggregate(let measure): return builder.aggregate(measure)
      case .rows(let operand): return (builder.rows(operand), Layout())
      }
    }

    /// How many rows the filters leave.
    static func count(_ query: Query, _ schema: Schema) -> String {
      var builder = SQLBuilder(schema: schema, query: query)
      let conditions = builder.conditions()
      return "SELECT count(*) AS \"rows\"\n" + builder.source() + builder.whereClause(conditions)
    }

    private init(schema: Schema, query: Query) {
      self.schema = schema
      self.query = query
    }

    // MARK: Statements

    private mutating func aggregate(_ measure: Measure) -> (String, Layout) {
      var layout = Layout()
      var select: [String] = []
      var grouped: [String] = []
      var conditions = conditions()
      var names: Set<String> = []
      func unique(_ name: String) -> String {
        var name = name
        while !names.insert(name.lowercased()).inserted { name += "_" }
        return SQLText.name(name)
      }
      for group in query.groups {
        let base = sql(group.key)
        let key = group.period.map { calendar.part($0, of: base) } ?? base
        let shown = group.period == .weekday ? Self.weekdayName(key) : key
        select.append("\(shown) AS \(unique(group.label))")
        let keyPlace = select.count - 1
        var display: [Int] = []
        for operand in group.display {
          let label = group.display.count > 1 ? label(operand) : group.displayLabel
          let text = sql(operand)
          select.append("\(text) AS \(unique(label))")
          display.append(select.count - 1)
          grouped.append(text)
        }
        grouped.insert(key, at: grouped.count - display.count)
        layout.groups.append((keyPlace, display))
        if query.descending != nil { conditions.append("\(key) IS NOT NULL") }
      }
      let factName = schema.tables[query.fact].name
      var having = ""
      switch measure {
      case .rows:
        select.append("count(*) AS \(unique(factName))")
      case .distinct(let operand):
        select.append("count(DISTINCT \(sql(operand))) AS \(unique("distinct_" + query.measureLabel))")
      case .aggregate(let aggregate, let operand):
        let text = sql(operand)
        let name = query.measureLabel.split(separator: " ").joined(separator: "_")
        let function = aggregate == .sum && roundsSums ? "total" : aggregate.rawValue
        select.append("\(function)(\(text)) AS \(unique("\(aggregate.rawValue)_\(name)"))")
        layout.support = select.count
        select.append("count(\(text)) AS \(unique(factName + "_counted"))")
        if query.groups.isEmpty {
          layout.total = select.count
          select.append("count(*) AS \(unique(factName))")
        } else if query.descending != nil {
          having = "\nHAVING count(\(text)) > 0"
        }
      }
      let measurePlace = select.count - 1 - (layout.support == nil ? 0 : 1) - (layout.total == nil ? 0 : 1)
      layout.measure = measurePlace
      var text = "SELECT " + select.joined(separator: ",\n  ") + "\n" + source() + whereClause(conditions)
      guard !grouped.isEmpty else { return (text, layout) }
      text += "\nGROUP BY " + grouped.joined(separator: ", ") + having
      if let descending = query.descending {
        text += "\nORDER BY \(measurePlace + 1) \(descending ? "DESC" : "ASC"), " + grouped.joined(separator: ", ")
        text += "\nLIMIT \(query.limit ?? Self.rankedRows)"
      } else {
        text += "\nORDER BY " + grouped.joined(separator: ", ")
        if let limit = query.limit { text += "\nLIMIT \(limit)" }
      }
      return (text, layout)
    }

    private mutating func rows(_ operand: Operand?) -> String {
      let table = schema.tables[query.fact]
      var shown = table.columns.indices.filter { table.columns[$0].kind != .other }.prefix(Self.rowColumns).map { $0 }
      if case .column(let path, let ref)? = operand, path.isEmpty, !shown.contains(ref.column) { shown.append(ref.column) }
      var select = shown.map { "t0.\(SQLText.name(table.columns[$0].name))" }
      if select.isEmpty { select = ["count(*)"] }
      var conditions = conditions()
      var order = ""
      if let operand {
        let text = sql(operand)
        if case .column(let path, _) = operand, path.isEmpty {
        } else {
          select.append("\(text) AS \(SQLText.name(query.measureLabel))")
        }
        conditions.append("\(text) IS NOT NULL")
        order = "\nORDER BY \(text) \(query.descending == false ? "ASC" : "DESC")"
      }
      return "SELECT " + select.joined(separator: ", ") + "\n" + source() + whereClause(conditions) + order
        + "\nLIMIT \(query.limit ?? Self.listedRows)"
    }

    private func source() -> String {
      "FROM \(schema.tables[query.fact].sqlName) AS t0" + joins.map(\.text).joined()
    }

    private func whereClause(_ conditions: [String]) -> String {
      conditions.isEmpty ? "" : "\nWHERE " + conditions.joined(separator: "\n  AND ")
    }

    // MARK: Operands

    private mutating func sql(_ operand: Operand) -> String {
      switch operand {
      case .column(let path, let ref): "\(alias(path)).\(SQLText.name(schema.column(ref).name))"
      case .product(let a, let b): "(\(own(a)) * \(own(b)))"
      case .expression(let text): "(\(filled(text)))"
      case .calendarDay(let year, let month, let day): calendar.day(year: own(year), month: own(month), day: own(day))
      }
    }

    private func own(_ ref: ColumnRef) -> String { "t0.\(SQLText.name(schema.column(ref).name))" }

    private func filled(_ expression: String) -> String {
      var text = expression
      for column in schema.tables[query.fact].columns {
        text = text.replacing("{\(column.name)}", with: "t0.\(SQLText.name(column.name))")
      }
      return text
    }

    private func label(_ operand: Operand) -> String {
      if case .column(_, let ref) = operand { schema.column(ref).name } else { "name" }
    }

    private mutating func alias(_ path: [Relation]) -> String {
      guard let last = path.last else { return "t0" }
      if let index = joins.firstIndex(where: { $0.path == path }) { return "t\(index + 1)" }
      let parent = alias(Array(path.dropLast()))
      let alias = "t\(joins.count + 1)"
      let target = schema.tables[last.to.table].sqlName
      let key = SQLText.name(schema.column(last.to).name)
      let column = SQLText.name(schema.column(last.from).name)
      joins.append((path, "\nLEFT JOIN \(target) AS \(alias) ON \(alias).\(key) = \(parent).\(column)"))
      return alias
    }

    // MARK: Conditions

    private mutating func conditions() -> [String] {
      var texts: [String] = []
      for filter in query.filters { texts.append(condition(filter)) }
      return texts
    }

    private mutating func condition(_ filter: Filter) -> String {
      switch filter {
      case .compare(let operand, let comparison, let number):
        return "\(sql(operand)) \(comparison.rawValue) \(SQLText.literal(number))"
      case .date(let operand, let comparison, let day):
        // A month stands for each of its days.
        let part = calendar.part(day.count == 7 ? .month : .day, of: sql(operand))
        return "\(part) \(comparison.rawValue) \(SQLText.literal(day))"
      case .value(let operand, let values, let isNegated):
        let list = values.map(SQLText.literal).joined(separator: ", ")
        let text = sql(operand)
        if isNegated { return "\(text) NOT IN (\(list))" }
        return values.count == 1 ? "\(text) = \(list)" : "\(text) IN (\(list))"
      case .year(let operand, let year): return "\(calendar.part(.year, of: sql(operand))) = '\(year)'"
      case .month(let operand, let month): return "\(calendar.monthNumber(of: sql(operand))) = '\(month < 10 ? "0" : "")\(month)'"
      case .isNull(let operand): return "\(sql(operand)) IS NULL"
      case .condition(let text): return "(\(filled(text)))"
      case .unreferenced(let relation):
        let child = schema.tables[relation.from.table].sqlName
        let column = SQLText.name(schema.column(relation.from).name)
        return "NOT EXISTS (SELECT 1 FROM \(child) AS c WHERE c.\(column) = \(own(relation.to)))"
      }
    }

    // MARK: Calendar

    private static func weekdayName(_ number: String) -> String {
      let names = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
      let cases = names.enumerated().map { "WHEN '\($0.offset)' THEN '\($0.element)'" }.joined(separator: " ")
      return "CASE \(number) \(cases) END"
    }
  }
}
