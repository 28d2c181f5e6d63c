import Wire
import Words

/// The words of a search as the index has them: each once, and a slip of the pen as what was probably meant.
struct QueryWords: Sendable {
  struct Word: Sendable {
    /// As the index has it.
    let term: String
    /// What was written, when that is another word.
    let correctedFrom: String
    /// Documents in sight that have it.
    let documents: Int
  }

  static let maxWords = 32
  /// Of a longer query only the beginning is looked at.
  static let maxBytes = 8 * 1024
  /// A correction is for words of so many letters, and two slips are for those of so many.
  static let correctedLetters = 4
  static let twiceCorrectedLetters = 7
  /// Longer words have too many neighbours to try each.
  private static let longestVaried = 20
  /// Words of the index that one query is compared with: a large vocabulary has hundreds of thousands with the same first letter.
  private static let maxCompared = 50_000
  /// Corrections of one word that are equally near.
  static let corrections = 3

  /// Those that some document has, the rarest first.
  let words: [Word]

  init(_ query: String, _ parts: [TermIndexRepository.Part], in transaction: any Transaction) throws(WireError) {
    var seen: Set<String> = []
    var words: [Word] = []
    var compared = 0
    for term in SearchTerms.of(StreamSafeText.prefix(query, bytes: Self.maxBytes))
    where seen.count < Self.maxWords && seen.insert(term.text).inserted {
      let documents = try Self.documents(with: term.text, parts, in: transaction)
      if documents > 0 {
        words.append(Word(term: term.text, correctedFrom: "", documents: documents))
      } else {
        words += try Self.corrections(of: term, parts, &compared, in: transaction)
      }
    }
    self.words = words.sorted { ($0.documents, $0.term) < ($1.documents, $1.term) }
  }

  private static func documents(
    with term: String, _ parts: [TermIndexRepository.Part], in transaction: any Transaction
  ) throws(WireError) -> Int {
    var count = 0
    for part in parts { count += try TermIndexRepository.documents(with: term, part, in: transaction) }
    return count
  }

  /// The nearest words that the scopes have: one slip away, for long words two. Names and numbers are never corrected.
  ///
  /// Words are kept as their stems, and so stems are compared first; one slip may make another stem of a word (`captial`, `capital`), so
  /// that where no stem is one slip away, each word that one slip could have been meant as is tried. Two slips are looked for among
  /// stems with the same first letter.
  private static func corrections(
    of term: SearchTerm, _ parts: [TermIndexRepository.Part], _ compared: inout Int, in transaction: any Transaction
  ) throws(WireError) -> [Word] {
    guard term.kind == .word, term.written.count >= correctedLetters else { return [] }
    let written = Array(term.text.utf8)
    guard let first = term.text.first, written.count > 2 else { return [] }
    let limit = term.written.count >= twiceCorrectedLetters ? 2 : 1
    let letters = Self.letters(term.text)
    var found: [String: (distance: Int, documents: Int)] = [:]
    func consider(_ word: String, _ documents: Int) {
      // A slip adds a letter, takes one or changes one for another: most words are told apart without counting.
      guard (Self.letters(word) ^ letters).nonzeroBitCount <= 2 * limit,
        !word.utf8.contains(where: { (48...57).contains($0) }),
        let distance = EditDistance.damerau(written, Array(word.utf8), limit: limit), distance > 0
      else { return }
      found[word] = (distance, (found[word]?.documents ?? 0) + documents)
    }
    for part in parts {
      let bytes = (written.count - limit)...(written.count + limit)
      let words = try TermIndexRepository.words(
        from: String(first), bytes: bytes, part, limit: Self.maxCompared - compared, in: transaction)
      compared += words.count
      for (word, documents) in words { consider(word, documents) }
      for word in slipsInFront(of: term.text) where !word.hasPrefix(String(first)) {
        let documents = try TermIndexRepository.documents(with: word, part, in: transaction)
        if documents > 0 { consider(word, documents) }
      }
    }
    if term.written.count <= longestVaried, !found.values.contains(where: { $0.distance == 1 }) {
      for stem in Set(EditDistance.oneSlipAway(from: term.written).map(PorterStemmer.stem)) {
        let documents = try documents(with: stem, parts, in: transaction)
        if documents > 0 { found[stem] = (1, documents) }
      }
    }
    guard let nearest = found.values.map(\.distance).min() else { return [] }
    let near = found.filter { $0.value.distance == nearest }.sorted {
      ($1.value.documents, $0.key) < ($0.value.documents, $1.key)
    }
    return near.prefix(corrections).map { Word(term: $0.key, correctedFrom: term.text, documents: $0.value.documents) }
  }

  /// Which letters a word has, a bit each.
  private static func letters(_ word: String) -> UInt32 {
    word.utf8.reduce(0) { $0 | 1 << UInt32($1 & 31) }
  }

  /// The words that one slip at the first letter makes this one: another letter, one too many, one too few, two swapped.
  private static func slipsInFront(of word: String) -> [String] {
    let rest = String(word.dropFirst())
    let letters = (UInt8(ascii: "a")...UInt8(ascii: "z")).map { String(UnicodeScalar($0)) }
    var words = [rest] + letters.map { $0 + rest } + letters.map { $0 + word }
    let characters = Array(word)
    if characters.count > 1 { words.append(String([characters[1], characters[0]] + characters[2...])) }
    return words
  }
}
