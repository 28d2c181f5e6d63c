/// Words of the commands that people are shown, to be typed into a shell as they stand there.
enum ShellWord {
  /// One word, whatever is in it. What a line of talk would escape is written as the shell's own escapes, so that it is meant and not done.
  static func quoted(_ word: String) -> String {
    let plain = word.unicodeScalars.allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil || "/._-+:@%".unicodeScalars.contains($0))
    }
    if plain, !word.isEmpty { return word }
    guard Escaping.line(word) == word else { return "$'" + word.unicodeScalars.map(escaped).joined() + "'" }
    return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  /// A path that nothing takes for an option.
  static func path(_ path: String) -> String { quoted(path.hasPrefix("-") ? "./" + path : path) }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    case "'", "\\": return "\\" + String(scalar)
    default:
      let text = String(scalar)
      if Escaping.line(text) == text { return text }
      let hex = String(scalar.value, radix: 16)
      return "\\u" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
    }
  }
}
