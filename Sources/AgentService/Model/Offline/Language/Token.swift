import Words

extension Analyst {
  /// A piece of the question.
  struct Token: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
      case word
      case number(Double)
      /// `2024-03-01`, or `2024-03`.
      case date
      case quoted
      /// `>`, `<=`, `=` and the like.
      case symbol
    }

    /// As written.
    let text: String
    let folded: String
    let kind: Kind
    /// It stands at the start of a sentence, so that its capital says nothing.
    let isFirst: Bool

    var isCapitalised: Bool { !isFirst && (text.first?.isUppercase ?? false) }

    var number: Double? {
      if case .number(let value) = kind { value } else { nil }
    }
  }

  /// Cuts a question into tokens.
  enum Tokenizer {
    static let maxTokens = 200

    static func tokens(of text: String) -> [Token] {
      var cutter = Cutter(rest: text[...])
      var tokens: [Token] = []
      var isFirst = true
      while tokens.count < maxTokens, let (piece, kind) = cutter.next() {
        if kind == nil {
          isFirst = ".?!;".contains(piece)
          continue
        }
        guard let kind else { continue }
        tokens.append(Token(text: piece, folded: Fold.fold(piece), kind: kind, isFirst: isFirst))
        isFirst = false
      }
      return tokens
    }
  }

  private struct Cutter {
    var rest: Substring

    /// The next piece; its kind is nil for punctuation.
    mutating func next() -> (String, Token.Kind?)? {
      rest = rest.drop { $0.isWhitespace }
      guard let first = rest.first else { return nil }
      if "\"“'‘`".contains(first), let quoted = takeQuoted(first) { return (quoted, .quoted) }
      if first.isASCII, first.isNumber { return takeNumber() }
      if first.isLetter || first.isNumber { return (takeWord(), .word) }
      if "<>=!≥≤".contains(first) {
        let symbol = String(rest.prefix { "<>=!≥≤".contains($0) })
        rest = rest.dropFirst(symbol.count)
        return symbol.contains { $0 != "!" } ? (symbol, .symbol) : (symbol, nil)
      }
      rest.removeFirst()
      return (String(first), nil)
    }

    private mutating func takeQuoted(_ open: Character) -> String? {
      let closers: [Character: Character] = ["“": "”", "‘": "’"]
      let close = closers[open] ?? open
      let inside = rest.dropFirst()
      guard let end = inside.firstIndex(of: close), end > inside.startIndex else { return nil }
      // An apostrophe inside a word closes nothing: 'O'Hare'.
      let after = inside[inside.index(after: end)...]
      guard !(after.first?.isLetter ?? false) else { return nil }
      let text = String(inside[..<end])
      guard text.contains(where: { $0.isLetter || $0.isNumber }) else { return nil }
      rest = after
      return text
    }

    /// Letters and digits; `'s` at its end is dropped, other marks end the word.
    private mutating func takeWord() -> String {
      let word = String(rest.prefix { $0.isLetter || $0.isNumber })
      rest = rest.dropFirst(word.count)
      for ending in ["'s", "’s"] where rest.hasPrefix(ending) && !(rest.dropFirst(2).first?.isLetter ?? false) {
        rest = rest.dropFirst(2)
      }
      return word
    }

    private mutating func takeNumber() -> (String, Token.Kind?) {
      let run = rest.prefix { $0.isLetter || $0.isNumber || $0 == "." || $0 == "," || $0 == "-" }
      let trimmed = String(run.prefix(run.count - run.reversed().prefix { ".,-".contains($0) }.count))
      if Self.isDate(trimmed) {
        rest = rest.dropFirst(trimmed.count)
        return (trimmed, .date)
      }
      let digits = String(trimmed.prefix { ($0.isASCII && $0.isNumber) || $0 == "." || $0 == "," })
      let cleaned = String(digits.prefix(digits.count - digits.reversed().prefix { ".,".contains($0) }.count))
      let suffix = trimmed.dropFirst(digits.count)
      if let value = Self.value(of: cleaned) {
        let scales: [String: Double] = ["k": 1_000, "m": 1_000_000]
        if suffix.isEmpty || suffix.hasPrefix("-") || digits.count > cleaned.count {
          rest = rest.dropFirst(cleaned.count)
          return (cleaned, .number(value))
        }
        if let scale = scales[suffix.lowercased()] {
          rest = rest.dropFirst(digits.count + suffix.count)
          return (cleaned + suffix, .number(value * scale))
        }
        if ["st", "nd", "rd", "th"].contains(suffix.lowercased()) {
          rest = rest.dropFirst(digits.count + suffix.count)
          return (cleaned, .number(value))
        }
      }
      let word = String(rest.prefix { $0.isLetter || $0.isNumber })
      rest = rest.dropFirst(word.count)
      return (word, .word)
    }

    private static func value(of text: String) -> Double? {
      let groups = text.split(separator: ",", omittingEmptySubsequences: false)
      if groups.count > 1 {
        let whole = groups.dropFirst().dropLast().allSatisfy { $0.count == 3 }
        let last = groups.last?.split(separator: ".").first?.count ?? 0
        guard whole, last == 3, (1...3).contains(groups[0].count) else { return nil }
      }
      let value = Double(groups.joined())
      return value.flatMap { $0.isFinite ? $0 : nil }
    }

    private static func isDate(_ text: String) -> Bool {
      let parts = text.split(separator: "-", omittingEmptySubsequences: false)
      guard parts.count == 2 || parts.count == 3, parts[0].count == 4, parts.dropFirst().allSatisfy({ $0.count == 2 }),
        let month = Int(parts[1]), (1...12).contains(month), Int(parts[0]) != nil
      else { return false }
      guard parts.count == 3 else { return true }
      return Int(parts[2]).map { (1...31).contains($0) } ?? false
    }
  }
}
