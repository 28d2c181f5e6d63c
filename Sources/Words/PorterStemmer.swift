/// The stem of an English word.
///
/// M. F. Porter, "An algorithm for suffix stripping", Program 14 (3), 1980, pages 130–137, with the two departures of his own later
/// implementation: `bli` → `ble` in place of `abli` → `able`, and `logi` → `log`.
public enum PorterStemmer {
  /// The longest word that is stemmed, in letters: whether a `y` is a vowel depends on all letters before it.
  public static let longestWord = 64

  /// - Parameter word: in lower case. What is not made of `a`–`z` comes back as it is, and so do words of one or two letters and
  ///   words of more than ``longestWord``.
  public static func stem(_ word: String) -> String {
    guard word.utf8.count > 2, word.utf8.count <= longestWord,
      word.utf8.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) })
    else { return word }
    var stemmer = Stemming(letters: Array(word.utf8))
    stemmer.run()
    return String(decoding: stemmer.letters, as: UTF8.self)
  }
}

private struct Stemming {
  var letters: [UInt8]

  mutating func run() {
    plurals()
    pastAndGerund()
    finalY()
    for (ending, new) in Self.step2 where has(ending) {
      if measure(without: ending) > 0 { replace(ending, new) }
      break
    }
    for (ending, new) in Self.step3 where has(ending) {
      if measure(without: ending) > 0 { replace(ending, new) }
      break
    }
    residues()
    finalE()
  }

  private static let step2: [(String, String)] = [
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"), ("alli", "al"),
    ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"),
    ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"),
    ("logi", "log"),
  ]

  private static let step3: [(String, String)] = [
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
  ]

  private static let step4 = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous",
    "ive", "ize",
  ]

  /// Step 1a.
  private mutating func plurals() {
    if has("sses") {
      letters.removeLast(2)
    } else if has("ies") {
      letters.removeLast(2)
    } else if has("s"), !has("ss") {
      letters.removeLast()
    }
  }

  /// Step 1b.
  private mutating func pastAndGerund() {
    if has("eed") {
      if measure(without: "eed") > 0 { letters.removeLast() }
      return
    }
    guard let ending = ["ed", "ing"].first(where: { has($0) && hasVowel(without: $0) }) else { return }
    letters.removeLast(ending.utf8.count)
    if has("at") || has("bl") || has("iz") {
      letters.append(UInt8(ascii: "e"))
    } else if endsInDoubleConsonant, !has("l"), !has("s"), !has("z") {
      letters.removeLast()
    } else if measure(of: letters.count) == 1, endsInShortSyllable(letters.count) {
      letters.append(UInt8(ascii: "e"))
    }
  }

  /// Step 1c.
  private mutating func finalY() {
    if has("y"), hasVowel(without: "y") { letters[letters.count - 1] = UInt8(ascii: "i") }
  }

  /// Step 4: of the endings that fit the longest counts, and no other is tried.
  private mutating func residues() {
    let fitting = Self.step4.filter(has)
    guard let ending = fitting.max(by: { $0.utf8.count < $1.utf8.count }), measure(without: ending) > 1 else { return }
    if ending == "ion" {
      let before = letters.dropLast(3).last
      guard before == UInt8(ascii: "s") || before == UInt8(ascii: "t") else { return }
    }
    letters.removeLast(ending.utf8.count)
  }

  /// Step 5.
  private mutating func finalE() {
    if has("e") {
      let rest = measure(without: "e")
      if rest > 1 || (rest == 1 && !endsInShortSyllable(letters.count - 1)) { letters.removeLast() }
    }
    if has("ll"), measure(of: letters.count) > 1 { letters.removeLast() }
  }

  // MARK: Conditions

  private func has(_ ending: String) -> Bool {
    letters.count > ending.utf8.count && letters.suffix(ending.utf8.count).elementsEqual(ending.utf8)
  }

  private mutating func replace(_ ending: String, _ new: String) {
    letters.removeLast(ending.utf8.count)
    letters.append(contentsOf: new.utf8)
  }

  private func isConsonant(_ index: Int) -> Bool {
    switch letters[index] {
    case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"), UInt8(ascii: "u"): false
    case UInt8(ascii: "y"): index == 0 || !isConsonant(index - 1)
    default: true
    }
  }

  private func measure(without ending: String) -> Int { measure(of: letters.count - ending.utf8.count) }

  /// m of `[C](VC){m}[V]`, of the first `count` letters.
  private func measure(of count: Int) -> Int {
    var m = 0
    var wasVowel = false
    for index in 0..<count {
      let consonant = isConsonant(index)
      if consonant, wasVowel { m += 1 }
      wasVowel = !consonant
    }
    return m
  }

  private func hasVowel(without ending: String) -> Bool {
    (0..<(letters.count - ending.utf8.count)).contains { !isConsonant($0) }
  }

  private var endsInDoubleConsonant: Bool {
    letters.count > 1 && letters[letters.count - 1] == letters[letters.count - 2] && isConsonant(letters.count - 1)
  }

  /// Consonant, vowel, consonant other than w, x and y, of the first `count` letters.
  private func endsInShortSyllable(_ count: Int) -> Bool {
    guard count > 2, isConsonant(count - 3), !isConsonant(count - 2), isConsonant(count - 1) else { return false }
    return ![UInt8(ascii: "w"), UInt8(ascii: "x"), UInt8(ascii: "y")].contains(letters[count - 1])
  }
}
