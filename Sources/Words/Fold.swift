/// How words are made comparable.
public enum Fold {
  /// The plain form of a letter with an accent, by ``key(_:)``: both of the one code point that it may be, and of letter and mark.
  private static let accents: [UInt64: String] = {
    var map: [UInt64: String] = [:]
    for (letter, plain) in [("ß", "ss"), ("æ", "ae"), ("œ", "oe"), ("ø", "o"), ("ł", "l"), ("đ", "d"), ("ı", "i"), ("ð", "d")] {
      for scalar in letter.unicodeScalars { map[UInt64(scalar.value)] = plain }
    }
    // Letter, its forms in one code point, and the marks that make each of them.
    let rows: [(String, String, [UInt32])] = [
      ("a", "àáâãäåāăą", [0x300, 0x301, 0x302, 0x303, 0x308, 0x30A, 0x304, 0x306, 0x328]),
      ("c", "çćčĉ", [0x327, 0x301, 0x30C, 0x302]), ("d", "ď", [0x30C]),
      ("e", "èéêëēėęě", [0x300, 0x301, 0x302, 0x308, 0x304, 0x307, 0x328, 0x30C]), ("g", "ğĝ", [0x306, 0x302]),
      ("i", "ìíîïīį", [0x300, 0x301, 0x302, 0x308, 0x304, 0x328]), ("n", "ñńň", [0x303, 0x301, 0x30C]),
      ("o", "òóôõöōő", [0x300, 0x301, 0x302, 0x303, 0x308, 0x304, 0x30B]), ("r", "řŕ", [0x30C, 0x301]),
      ("s", "śšşș", [0x301, 0x30C, 0x327, 0x326]), ("t", "ťţț", [0x30C, 0x327, 0x326]),
      ("u", "ùúûüūůű", [0x300, 0x301, 0x302, 0x308, 0x304, 0x30A, 0x30B]), ("y", "ýÿ", [0x301, 0x308]),
      ("z", "źżž", [0x301, 0x307, 0x30C]),
    ]
    for (plain, letters, marks) in rows {
      for scalar in letters.unicodeScalars { map[UInt64(scalar.value)] = plain }
      for letter in plain.unicodeScalars { for mark in marks { map[UInt64(letter.value) << 32 | UInt64(mark)] = plain } }
    }
    return map
  }()

  /// Names a character of one or two code points; nil for longer ones. Hashing the character itself would normalise it each time.
  private static func key(_ character: Character) -> UInt64? {
    let scalars = character.unicodeScalars
    var rest = scalars.dropFirst()
    guard let first = scalars.first else { return nil }
    guard let second = rest.popFirst() else { return UInt64(first.value) }
    return rest.isEmpty ? UInt64(first.value) << 32 | UInt64(second.value) : nil
  }

  /// Lower case, without the accents of European letters.
  public static func fold(_ text: String) -> String {
    let lower = StreamSafeText.of(text).lowercased()
    if lower.utf8.allSatisfy({ $0 < 128 }) { return lower }
    var out = ""
    for character in lower { out += key(character).flatMap { accents[$0] } ?? String(character) }
    return out
  }

  /// The singular, without common endings of verbs: `flights` → `flight`, `delayed` → `delay`.
  public static func stem(_ word: String) -> String {
    var word = word
    if word.count > 4, word.hasSuffix("ies") {
      word = word.dropLast(3) + "y"
    } else if word.count > 4, ["sses", "xes", "zes", "ches", "shes"].contains(where: word.hasSuffix) {
      word.removeLast(2)
    } else if word.count > 3, word.hasSuffix("s"), !["ss", "us", "is"].contains(where: word.hasSuffix) {
      word.removeLast()
    }
    for ending in ["ing", "ed"] where word.count >= ending.count + 4 && word.hasSuffix(ending) {
      return String(word.dropLast(ending.count))
    }
    return word
  }

  /// The plural of an English noun.
  public static func plural(_ noun: String) -> String {
    if noun.hasSuffix("s") || !(noun.last?.isLetter ?? false) { return noun }
    if noun.hasSuffix("y"), !["ay", "ey", "oy", "uy"].contains(where: noun.hasSuffix) { return noun.dropLast() + "ies" }
    return noun + (["x", "z", "ch", "sh"].contains(where: noun.hasSuffix) ? "es" : "s")
  }

  /// The words of a name: `dep_delay`, `depDelay`, `Dep Delay` → `dep`, `delay`.
  public static func words(ofName name: String) -> [String] {
    var words: [String] = []
    var current = ""
    var previous: Character = " "
    for character in StreamSafeText.of(name) {
      let startsWord =
        (character.isUppercase && previous.isLowercase) || (character.isNumber != previous.isNumber && !current.isEmpty)
      if startsWord || !(character.isLetter || character.isNumber) {
        if !current.isEmpty { words.append(fold(current)) }
        current = ""
      }
      if character.isLetter || character.isNumber { current.append(character) }
      previous = character
    }
    if !current.isEmpty { words.append(fold(current)) }
    return words
  }
}
