import Words

/// The words of a document as the index keeps them, each with how often it is there, in halves: a word of the text itself counts two,
/// one of what stands around it counts one.
struct IndexedTerms: Sendable, Equatable {
  /// Rises with every change of ``SearchTerms``, so that a store knows when to index anew.
  static let version: Int64 = 1
  /// Of one document; more are left out.
  static let maxTerms = 2_000

  private(set) var weights: [(term: String, weight: Int)] = []
  private var places: [String: Int] = [:]

  init(texts: [String], neighbours: String = "") {
    for text in texts { add(text, 2) }
    add(neighbours, 1)
  }

  /// In halves.
  var length: Int { weights.reduce(0) { $0 + $1.weight } }

  private mutating func add(_ text: String, _ weight: Int) {
    for term in SearchTerms.of(text) {
      if let place = places[term.text] {
        weights[place].weight += weight
      } else if weights.count < Self.maxTerms {
        places[term.text] = weights.count
        weights.append((term.text, weight))
      }
    }
  }

  static func == (a: IndexedTerms, b: IndexedTerms) -> Bool { a.places == b.places && a.length == b.length }
}
