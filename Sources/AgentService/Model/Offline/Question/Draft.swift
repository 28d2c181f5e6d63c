extension Analyst {
  /// Neighbouring words of the question that name one thing, or several.
  struct Phrase: Equatable, Sendable {
    var tokens: [Token]
    var preposition: Preposition?
    var isNegated = false

    var isEmpty: Bool { tokens.isEmpty }
    var text: String { tokens.map(\.text).joined(separator: " ") }
  }

  enum Literal: Equatable, Sendable {
    case number(Double)
    case date(String)
    /// Words that are some column's value.
    case words(Phrase)
  }

  /// What the question says, before a schema gives its words a meaning.
  struct Draft: Equatable, Sendable {
    enum Subject: Equatable, Sendable {
      case phrase(Phrase)
      /// With words beside it that may say which date is meant.
      case period(Period, Phrase)
    }

    struct Condition: Equatable, Sendable {
      /// Empty when the question leaves it to the comparison's hints.
      var subject: Phrase
      var comparison: Comparison
      var literal: Literal
      /// The upper end, for between.
      var upper: Literal?
      var hints: [String] = []
      /// What follows the literal: "more than 200 seats".
      var trailing = Phrase(tokens: [])
    }

    var wantsProfile = false
    var wantsSchema = false
    var wantsList = false
    var asksWhich = false
    /// `who`: rows are wanted, not a figure.
    var isPerson = false
    var isDistinct = false
    var countsRows = false
    var aggregate: Aggregate?
    var superlative: Superlative?
    var limit: Int?
    /// What is counted or measured.
    var measure: Phrase?
    var groups: [Subject] = []
    /// What stands after `which` or `top 5`: what the answer names.
    var subject: Subject?
    var conditions: [Condition] = []
    var years: [Int] = []
    var months: [Int] = []
    var missing: [Phrase] = []
    var without: [Phrase] = []
    /// All else: names of tables, values, remarks.
    var mentions: [Phrase] = []
    var unsupported: [String] = []

    /// Every phrase, for the search of values.
    var phrases: [Phrase] {
      var all = mentions + missing + without
      if let measure { all.append(measure) }
      for case .phrase(let phrase) in groups + (subject.map { [$0] } ?? []) { all.append(phrase) }
      for condition in conditions {
        all += [condition.subject, condition.trailing]
        if case .words(let phrase) = condition.literal { all.append(phrase) }
      }
      return all.filter { !$0.isEmpty }
    }
  }
}
