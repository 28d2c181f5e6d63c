/// A word of a text as a search compares it.
public struct SearchTerm: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// Of prose, stemmed: only such a word can be a slip of the pen.
    case word
    /// A name of a program or database, or a part of one: `net_revenue`, `t.amount`, `netRevenue`.
    case identifier
    /// With a digit in it.
    case number
  }

  public let text: String
  public let kind: Kind
  /// The word as it was written, folded, of which the stem may be a part.
  public let written: String

  public init(text: String, kind: Kind, written: String) {
    (self.text, self.kind, self.written) = (text, kind, written)
  }
}

/// Takes texts apart into the words that a search compares: folded, without stop words, English ones stemmed by Porter's algorithm.
/// An identifier is there as a whole, without its separators and in lower case, and in its parts. Chinese, Japanese and Korean text
/// is there in pairs of characters, because it has no spaces.
public enum SearchTerms {
  /// Longer ones are cut: nobody searches for them, and no index should hold them.
  public static let maxBytes = 64

  /// In the order of the text, repeats included.
  public static func of(_ text: String) -> [SearchTerm] {
    var terms: [SearchTerm] = []
    var run = ""
    var pending: Character?
    for character in StreamSafeText.of(text) {
      if character.isLetter || character.isNumber || character.isMark {
        if let separator = pending { run.append(separator) }
        pending = nil
        run.append(character)
      } else if pending == nil, !run.isEmpty, character == "_" || character == "." {
        // Joins only what goes on behind it: a full stop at the end of a sentence does not.
        pending = character
      } else {
        add(run, to: &terms)
        (run, pending) = ("", nil)
      }
    }
    add(run, to: &terms)
    return terms
  }

  private static func add(_ run: String, to terms: inout [SearchTerm]) {
    guard !run.isEmpty else { return }
    if run.unicodeScalars.contains(where: isIdeograph) { return addPairs(of: run, to: &terms) }
    let parts = parts(of: run)
    guard parts.count > 1 else { return addWord(run, .word, to: &terms) }
    if run.allSatisfy({ $0.isNumber || $0 == "." }) { return append(run, .number, written: run, to: &terms) }
    append(parts.map(Fold.fold).joined(), .identifier, written: run, to: &terms)
    for part in parts { addWord(part, .identifier, to: &terms) }
  }

  private static func addWord(_ word: String, _ kind: SearchTerm.Kind, to terms: inout [SearchTerm]) {
    let isLong = word.utf8.count > maxBytes
    let folded = Fold.fold(isLong ? cut(word) : word)
    guard !StopWords.all.contains(folded) else { return }
    let hasDigit = folded.utf8.contains { (48...57).contains($0) }
    // What was cut has lost its ending.
    let text = hasDigit || isLong ? folded : PorterStemmer.stem(folded)
    append(text, hasDigit ? .number : kind, written: folded, to: &terms)
  }

  private static func addPairs(of run: String, to terms: inout [SearchTerm]) {
    let characters = Array(run)
    guard characters.count > 1 else { return append(run, .identifier, written: run, to: &terms) }
    for index in 1..<characters.count {
      let pair = String(characters[(index - 1)...index])
      append(pair, .identifier, written: pair, to: &terms)
    }
  }

  private static func append(_ text: String, _ kind: SearchTerm.Kind, written: String, to terms: inout [SearchTerm]) {
    terms.append(SearchTerm(text: cut(text), kind: kind, written: cut(written)))
  }

  /// At most ``maxBytes`` of a word, in whole characters where its first one is not longer by itself.
  private static func cut(_ text: String) -> String {
    guard text.utf8.count > maxBytes else { return text }
    var cut = ""
    for character in text {
      guard cut.utf8.count + character.utf8.count <= maxBytes else { break }
      cut.append(character)
    }
    return cut.isEmpty ? StreamSafeText.prefix(text, bytes: maxBytes) : cut
  }

  /// Split at `_`, `.` and where a capital follows a small letter.
  private static func parts(of run: String) -> [String] {
    var parts: [String] = []
    var current = ""
    var previous: Character = " "
    for character in run {
      let isSeparator = character == "_" || character == "."
      if isSeparator || (character.isUppercase && previous.isLowercase) {
        if !current.isEmpty { parts.append(current) }
        current = ""
      }
      if !isSeparator { current.append(character) }
      previous = character
    }
    if !current.isEmpty { parts.append(current) }
    return parts
  }

  private static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x3040...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xAC00...0xD7AF, 0xF900...0xFAFF: true
    default: false
    }
  }
}

extension Character {
  /// Combining marks belong to the letter before.
  fileprivate var isMark: Bool {
    unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark: true
      default: false
      }
    }
  }
}
