import Wire

/// Words of others as one line, for errors and logs.
enum OneLine {
  /// The text in which nothing but printable characters is left: a line break is `\\n`, other control characters are `\\u{…}`.
  static func text(_ text: String, maxBytes: Int = 2_048) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control where scalar == "\n": line += "\\n"
      case .control where scalar == "\r": continue
      case .control where scalar == "\t": line += " "
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse:
        line += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line.prefix(bytes: maxBytes)
  }

  /// The first line alone.
  static func first(_ text: String) -> String {
    self.text(String(text.unicodeScalars.prefix { $0 != "\n" && $0 != "\r" }))
  }
}
