import Wire

/// The kinds of ids there are, and their form: a prefix and 12 lowercase hex digits.
enum Identifier: String, CaseIterable {
  case session = "sess_"
  case task = "task_"
  case memory = "mem_"
  case knowledge = "know_"
  case node = "node_"
  case artifact = "art_"
  case key = "key_"

  var prefix: String { rawValue }

  /// Whether `text` has the form of such an id.
  func matches(_ text: String) -> Bool {
    let bytes = text.utf8
    return bytes.count == prefix.utf8.count + 12 && text.hasPrefix(prefix)
      && bytes.dropFirst(prefix.utf8.count).allSatisfy(isLowercaseHex)
  }

  /// - Throws: `invalid_argument` that names the form, so that a mistyped id is not taken for one that is gone.
  func require(_ text: String) throws(WireError) {
    guard matches(text) else {
      throw WireError(
        .invalidArgument, "\(quoted(text)) is not the id of a \(self): it must be '\(prefix)' and 12 lowercase hex digits")
    }
  }
}

private func isLowercaseHex(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
}

/// What somebody sent, in quotes and short enough for a message; control characters are replaced.
func quoted(_ text: String) -> String {
  let limit = 80
  var out = ""
  for scalar in text.unicodeScalars.prefix(limit) {
    out.unicodeScalars.append(scalar.properties.generalCategory == .control ? "\u{fffd}" : scalar)
  }
  return "'" + out + (text.unicodeScalars.count > limit ? "…" : "") + "'"
}
