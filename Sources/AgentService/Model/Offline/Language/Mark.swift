extension Analyst {
  enum Aggregate: String, Equatable, Sendable { case avg, sum, min, max, count }

  enum Comparison: String, Equatable, Sendable {
    case equal = "="
    case different = "<>"
    case greater = ">"
    case atLeast = ">="
    case less = "<"
    case atMost = "<="
  }

  /// Calendar parts that rows can be grouped by.
  enum Period: String, Equatable, Sendable, CaseIterable { case year, quarter, month, week, weekday, day, hour }

  /// Where a value stands in a sentence: it decides between two columns that hold the same values.
  enum Preposition: Equatable, Sendable { case from, to, place, with, of }

  /// `highest`, `cheapest`, `most`: a direction, and the measures that the word itself suggests.
  struct Superlative: Equatable, Sendable {
    var descending: Bool
    /// Words of a measure, best first; empty when the word says nothing about it.
    var hints: [String] = []
    /// `worst` and `best` turn with what is measured.
    var isJudgement = false
    /// `most`, `fewest`, `busiest`: rows may be meant.
    var counts = false
    /// `busiest`, `most popular`: what follows is ranked by its rows.
    var ranksNoun = false
  }

  /// What a word or phrase does in a question.
  enum Mark: Equatable, Sendable {
    case count
    case distinct
    case aggregate(Aggregate)
    case superlative(Superlative)
    /// `top`, `bottom`.
    case top(descending: Bool)
    case group
    /// `which`, `what`.
    case which
    /// The words suggest a measure, as `longer than` does.
    case comparison(Comparison, hints: [String])
    case between
    /// `since`, `after`, `before`: a comparison with a date.
    case time(Comparison)
    case period(Period)
    /// `monthly`, `over time`: group by it.
    case periodic(Period)
    case month(Int)
    case preposition(Preposition)
    /// `where`, `whose`, `that`.
    case whereClause
    /// `is`, `are`: says equality in a where-clause and nothing elsewhere.
    case copula
    case not
    /// `missing`, `empty`.
    case missing
    /// `without`, `no`.
    case without
    case and
    case or
    case list
    case schema
    case profile
    case stop
    /// Something that this analyst cannot compute, by its name.
    case unsupported(String)
  }
}
