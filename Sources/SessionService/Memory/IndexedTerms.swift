import Words

/// The words of a document as the index keeps them, each with how often it is there, in halves: a word of the text itself counts two,
/// one of what stands around it counts one. Its namespaces are words of their own that count nothing and only narrow a search.
struct IndexedTerms: Sendable, Equatable {
  /// Rises with every change of ``SearchTerms``, so that a store knows when to index anew.
  static let version: Int64 = 2
  /// Of one document; more are left out.
  static let maxTerms = 2_000

  private(set) var weights: [(term: String, weight: Int)] = []
  private var places: [String: Int] = [:]

  init(texts: [String], neighbours: String = "", namespace: String = "") {
    var path = ""
    for segment in namespace.split(separator: "/") {
      path += (path.isEmpty ? "" : "/") + segment
      weights.append((Self.term(ofNamespace: path), 0))
    }
    for text in texts { add(text, 2) }
    add(neighbours, 1)
  }

  /// In halves.
  var length: Int { weights.reduce(0) { $0 + $1.weight } }

  /// What the documents of a namespace and of those below it have. No word begins so; terms have no line breaks.
  static func term(ofNamespace path: String) -> String { "/" + path.map { $0.isNewline ? " " : $0 } }

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

  static func == (a: IndexedTerms, b: IndexedTerms) -> Bool {
    a.places == b.places && a.weights.elementsEqual(b.weights, by: ==)
  }
}
