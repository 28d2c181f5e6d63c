import JSON
import Wire

/// Takes a text apart into the tokens of a model with byte-pair encoding, from a Hugging Face `tokenizer.json` of the kind that
/// SentencePiece models have: a `▁` for each space and one in front, no other splitting, bytes for what the vocabulary lacks.
///
/// Byte-pair encoding: R. Sennrich, B. Haddow, A. Birch, "Neural Machine Translation of Rare Words with Subword Units", ACL 2016.
struct BytePairTokenizer: Sendable {
  private static let space: Unicode.Scalar = "\u{2581}"
  private static let maxWordLetters = 200

  /// A token as its bytes: Swift's strings are the same when their letters are, and a vocabulary tells more apart.
  private struct Piece: Hashable {
    var bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }
  }

  private struct Pair: Hashable {
    let left: Piece
    let right: Piece
  }

  private let vocabulary: [Piece: Int]
  private let ranks: [Pair: Int]
  private let unknown: Int?

  /// - Throws: `usage` when the file is of another kind.
  init(json: JSONValue) throws(WireError) {
    guard let model = json["model"], model["type"]?.string == "BPE", let entries = model["vocab"]?.object,
      let merges = model["merges"]?.array
    else {
      throw WireError(.usage, "The embedder's tokenizer is no byte-pair tokenizer (model.type BPE).")
    }
    var vocabulary: [Piece: Int] = [:]
    for entry in entries { vocabulary[Piece(entry.key)] = entry.value.integer.map { Int(clamping: $0) } }
    var ranks: [Pair: Int] = [:]
    for (rank, merge) in merges.enumerated() {
      // "a b", or ["a", "b"] in newer files.
      let parts = merge.array?.compactMap(\.string) ?? (merge.string ?? "").split(separator: " ").map { String($0) }
      if parts.count == 2 { ranks[Pair(left: Piece(parts[0]), right: Piece(parts[1]))] = rank }
    }
    unknown = model["unk_token"]?.string.flatMap { vocabulary[Piece($0)] }
    (self.vocabulary, self.ranks) = (vocabulary, ranks)
  }

  func tokens(of text: String) -> [Int] {
    var tokens: [Int] = []
    var word = [Self.space]
    for letter in text.unicodeScalars {
      if letter == " " {
        tokens += self.tokens(ofWord: word)
        word = [Self.space]
      } else {
        word.append(letter)
      }
    }
    return tokens + self.tokens(ofWord: word)
  }

  /// No token of such a vocabulary goes on behind a space: words can be taken one by one.
  private func tokens(ofWord word: [Unicode.Scalar]) -> [Int] {
    // A space alone, such as one of several, says nothing.
    guard word.count > 1 else { return [] }
    var pieces = word.prefix(Self.maxWordLetters).map { Piece(String($0)) }
    while pieces.count > 1 {
      var best: (rank: Int, place: Int)?
      for place in 0..<(pieces.count - 1) {
        guard let rank = ranks[Pair(left: pieces[place], right: pieces[place + 1])] else { continue }
        if best.map({ rank < $0.rank }) ?? true { best = (rank, place) }
      }
      guard let best else { break }
      pieces[best.place].bytes += pieces[best.place + 1].bytes
      pieces.remove(at: best.place + 1)
    }
    return pieces.flatMap { piece -> [Int] in
      if let token = vocabulary[piece] { return [token] }
      let bytes = piece.bytes.compactMap { byte in
        vocabulary[Piece("<0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) + ">")]
      }
      return bytes.count == piece.bytes.count ? bytes : unknown.map { [$0] } ?? []
    }
  }
}
