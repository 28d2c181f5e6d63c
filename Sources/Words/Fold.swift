/// How words are made comparable.
public enum Fold {
  private static let accents: [Character: String] = {
    var map: [Character: String] = ["ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"]
    let rows: [(String, String)] = [
      ("àáâãäåāăą", "a"), ("çćčĉ", "c"), ("ďð", "d"), ("èéêëēėęě", "e"), ("ğĝ", "g"), ("ìíîïīį", "i"), ("ñńň", "n"),
      ("òóôõöōő", "o"), ("řŕ", "r"), ("śšşș", "s"), ("ťţț", "t"), ("ùúûüūůű", "u"), ("ýÿ", "y"), ("źżž", "z"),
    ]
    for (letters, plain) in rows { for letter in letters { map[letter] = plain } }
    return map
  }()

  /// Lower case, without the accents of European letters.
  public static func fold(_ text: String) -> String {
    let lower = text.lowercased()
    if lower.utf8.allSatisfy({ $0 < 128 }) { return lower }
    var out = ""
    for character in lower { out += accents[character] ?? String(character) }
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
    for character in name {
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
