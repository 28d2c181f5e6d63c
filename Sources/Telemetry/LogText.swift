import Logging

/// An entry of a log as a line of text, whatever is in it.
///
/// What others send stands in logs: the key id of somebody who has no key, the words of a database. A line break in it must not make a line
/// of its own, and an escape sequence must not reach a terminal.
public enum LogText {
  static func line(_ event: LogEvent, _ label: String, _ metadata: Logger.Metadata, at time: String) -> String {
    let pairs = metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    return oneLine(
      "\(time) \(event.level.rawValue) \(label):\(pairs.isEmpty ? "" : " " + pairs) [\(event.source)] \(event.message)")
  }

  /// The text with control characters, line separators and marks that turn the direction of writing as `\u{...}`.
  public static func oneLine(_ text: String) -> String { escaping(text) { "\\u{" + String($0.value, radix: 16) + "}" } }

  /// The text with every unsafe character in the form that `escape` gives it.
  static func escaping(_ text: String, _ escape: (Unicode.Scalar) -> String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    var out = ""
    for scalar in text.unicodeScalars {
      if isUnsafe(scalar) {
        out += escape(scalar)
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
