/// Makes text from a database, a model or a peer harmless on a terminal.
enum Escaping {
  /// One line: control characters, line breaks and the characters that turn the writing direction are written as
  /// escapes, so that data can neither move the cursor nor pretend to be something else.
  static func line(_ text: some StringProtocol) -> String { escaped(text) { _ in false } }

  /// Like ``line(_:)``, but line feeds and tabs stay.
  static func paragraph(_ text: some StringProtocol) -> String { escaped(text) { $0 == "\n" || $0 == "\t" } }

  /// JSON text whose strings hold no raw control character that a terminal might obey. The JSON means the same.
  static func json(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafeInJSON) else { return text }
    var out = ""
    for scalar in text.unicodeScalars {
      if isUnsafeInJSON(scalar) {
        let hex = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  private static func escaped(_ text: some StringProtocol, keep: (Unicode.Scalar) -> Bool) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      if keep(scalar) || !isUnsafe(scalar) {
        out.unicodeScalars.append(scalar)
        continue
      }
      switch scalar {
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      default: out += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return out
  }

  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control || turnsDirection(scalar)
  }

  /// Below 0x20 only the line breaks of the layout are left: the JSON writer escapes the rest itself.
  private static func isUnsafeInJSON(_ scalar: Unicode.Scalar) -> Bool {
    (0x7f...0x9f).contains(scalar.value) || turnsDirection(scalar)
  }

  private static func turnsDirection(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x200e, 0x200f, 0x061c, 0x2028, 0x2029, 0x202a...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
