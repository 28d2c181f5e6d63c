extension Analyst {
  /// Something that a row of the fact table has: its own column, one of a table that it refers to, or an expression.
  enum Operand: Sendable, Hashable {
    case column(path: [Relation], ref: ColumnRef)
    /// The product of two of the fact table's columns.
    case product(ColumnRef, ColumnRef)
    /// SQL over the fact table's columns, taught by the user; columns stand as `{name}`.
    case expression(String)
    /// A calendar day that the fact table's year, month and day columns make.
    case calendarDay(year: ColumnRef, month: ColumnRef, day: ColumnRef)
  }

  struct Grouping: Sendable, Hashable {
    var key: Operand
    /// Set when the key is a date and this part of it is wanted.
    var period: Period?
    /// What names the key's row to a person, if another table does.
    var display: [Operand] = []
    var label: String
    var displayLabel = ""
  }

  enum Filter: Sendable, Hashable {
    case compare(Operand, Comparison, Double)
    case date(Operand, Comparison, String)
    case value(Operand, [String], isNegated: Bool)
    case year(Operand, Int)
    case month(Operand, Int)
    case isNull(Operand)
    case condition(String)
    /// No row of `child` refers to this one.
    case unreferenced(Relation)
  }

  enum Measure: Sendable, Hashable {
    case rows
    case distinct(Operand)
    case aggregate(Aggregate, Operand)
  }

  /// A question in terms of a schema: one fact table, and what is reached from it without ever counting a row twice.
  struct Query: Sendable, Equatable {
    enum Shape: Sendable, Equatable {
      case aggregate(Measure)
      /// Rows themselves, in the order of an operand.
      case rows(by: Operand?)
    }

    var fact: Int
    var shape: Shape
    var measureLabel = ""
    var groups: [Grouping] = []
    var filters: [Filter] = []
    /// Filters in words.
    var filterTexts: [String] = []
    /// The filters after the name of a table: ` without orders where year = 2024`.
    var filterPhrase: String {
      let lacks = filterTexts.filter { $0.hasPrefix("without ") }
      let rest = filterTexts.filter { !$0.hasPrefix("without ") }
      return (lacks.isEmpty ? "" : " " + lacks.joined(separator: " and "))
        + (rest.isEmpty ? "" : " where " + rest.joined(separator: " and "))
    }
    /// The order of the measure; nil for the groups' own.
    var descending: Bool?
    var limit: Int?
    /// Readings of the question that the reader should know of.
    var notes: [String] = []
    /// Sources of what was taught and this reading follows.
    var used: [String] = []
    /// Words of the question that nothing in the database explains.
    var unexplained: [String] = []
  }
}
