import Words

/// Finds sentences of a person that correct or define something, in English and Indonesian.
///
/// It would rather miss one than take a question for one: only statements count, of a few forms. "No, use net_revenue", "bukan,
/// pakai net_revenue", "use orders instead of invoices", "Java includes Jakarta", "revenue means price * quantity".
enum CorrectionDetector {
  private static let mostWords = 60
  private static let subjectWords = 4

  /// What begins a question or an order, which teaches nothing.
  private static let asking: Set<String> = [
    "how", "what", "which", "who", "whose", "whom", "when", "where", "why", "is", "are", "was", "were", "do", "does", "did",
    "can",
    "could", "would", "will", "should", "may", "show", "list", "give", "find", "count", "compute", "calculate", "tell", "get",
    "compare", "draw", "plot", "make", "create", "write", "export", "please", "describe", "explain", "summarise", "summarize",
    "if",
    "berapa", "apa", "apakah", "siapa", "kapan", "dimana", "mana", "mengapa", "kenapa", "bagaimana", "tampilkan", "tunjukkan",
    "sebutkan", "hitung", "buat", "buatkan", "beri", "berikan", "cari", "carikan", "tolong", "jelaskan", "bandingkan", "jika",
    "kalau",
  ]
  /// What stands for something said before, of which nothing would be known later.
  private static let pronouns: Set<String> = [
    "it", "this", "that", "these", "those", "he", "she", "they", "we", "i", "you", "there", "ini", "itu", "dia", "mereka", "kami",
    "kita", "saya", "anda",
  ]
  private static let openers = [
    "no", "nope", "wrong", "not quite", "that is wrong", "that's wrong", "that is not right", "that's not right", "incorrect",
    "actually", "correction", "bukan begitu", "bukan", "salah", "keliru", "kurang tepat", "tidak", "sebenarnya", "koreksi",
  ]
  private static let directives: Set<String> = [
    "use", "take", "should", "means", "mean", "meant", "includes", "excludes", "instead", "pakai", "gunakan", "pakailah",
    "gunakanlah",
    "seharusnya", "harusnya", "maksud", "maksudnya", "benar", "melainkan", "berarti", "termasuk", "mencakup",
  ]
  private static let definitions = [
    " means ", " refers to ", " is defined as ", " is computed as ", " includes ", " excludes ", " berarti ", " artinya ",
    " didefinisikan sebagai ", " mencakup ", " meliputi ", " termasuk ", " tidak termasuk ",
  ]
  private static let replacing = [
    (["use ", "take "], [" instead of ", " rather than ", ", not "]),
    (["pakai ", "gunakan "], [", bukan ", " bukan ", " daripada "]),
  ]

  /// The corrections, each as a sentence that can be understood by itself.
  /// - Parameter previous: the question before, which a correction without a subject is about.
  static func corrections(in text: String, after previous: String?) -> [String] {
    var found: [String] = []
    for sentence in sentences(text) {
      guard let correction = correction(sentence, previous), !found.contains(correction) else { continue }
      found.append(correction)
    }
    return found
  }

  private static func correction(_ sentence: String, _ previous: String?) -> String? {
    let words = self.words(sentence)
    guard !sentence.hasSuffix("?"), (3...mostWords).contains(words.count) || opener(sentence) != nil, words.count <= mostWords
    else {
      return nil
    }
    if let rest = opener(sentence) {
      guard let said = body(rest) else { return nil }
      return isDefinition(said) ? said : about(previous, said)
    }
    if isReplacement(sentence) { return about(previous, sentence) }
    return isDefinition(sentence) ? sentence : nil
  }

  /// What follows "no, " and its like; nil for a sentence that does not begin so.
  private static func opener(_ sentence: String) -> String? {
    let lower = sentence.lowercased()
    for opener in openers where lower.hasPrefix(opener) {
      let rest = sentence.dropFirst(opener.count)
      // "No orders were found" begins with the same word and says something else.
      guard let mark = rest.first(where: { !$0.isWhitespace }), ",:–—-".contains(mark) || opener.contains(" ") else { continue }
      return String(rest.drop { $0.isWhitespace || ",:–—-".contains($0) })
    }
    return nil
  }

  /// What is to be done, if that is said.
  private static func body(_ rest: String) -> String? {
    let words = self.words(rest)
    guard let first = words.first, !asking.contains(first), words.count >= 2 else { return nil }
    let isDirective =
      words.prefix(6).contains(where: directives.contains) || ["it's", "it", "yang"].contains(first) && words.count >= 3
    return isDirective ? rest : nil
  }

  /// "use X instead of Y", "pakai X, bukan Y".
  private static func isReplacement(_ sentence: String) -> Bool {
    let lower = sentence.lowercased()
    return replacing.contains { begins, joins in begins.contains(where: lower.hasPrefix) && joins.contains(where: lower.contains)
    }
  }

  /// "X means Y", with a subject of few words that says what it is about.
  private static func isDefinition(_ sentence: String) -> Bool {
    let lower = sentence.lowercased()
    for verb in definitions {
      guard let range = lower.firstRange(of: verb) else { continue }
      let subject = words(String(lower[..<range.lowerBound]))
      let object = words(String(lower[range.upperBound...]))
      guard let first = subject.first, (1...subjectWords).contains(subject.count), !object.isEmpty else { continue }
      let isOrder = first == "remember" || first == "note" || first == "ingat" || first == "catat"
      if asking.contains(first) || subject.contains(where: pronouns.contains) && !isOrder { continue }
      return true
    }
    return false
  }

  /// A correction that says nothing of its subject is kept with the question that it is about.
  private static func about(_ previous: String?, _ said: String) -> String {
    guard let previous, !previous.isEmpty else { return said }
    return "For “\(previous.prefix(300))”: \(said)"
  }

  private static func words(_ text: String) -> [String] {
    text.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "'") }.map { String($0) }
  }

  /// Sentences without a full stop behind them; a question keeps its mark.
  private static func sentences(_ text: String) -> [String] {
    var sentences: [String] = []
    var current = ""
    func end() {
      let trimmed = current.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace || $0 == "." || $0 == "!" || $0 == ";" }
      if !trimmed.isEmpty { sentences.append(String(trimmed.reversed())) }
      current = ""
    }
    let characters = Array(text)
    for (index, character) in characters.enumerated() {
      current.append(character)
      let next = index + 1 < characters.count ? characters[index + 1] : " "
      // A full stop within `t.amount` or `3.14` ends nothing.
      if character.isNewline || (".!?;".contains(character) && next.isWhitespace) { end() }
    }
    end()
    return sentences
  }
}
