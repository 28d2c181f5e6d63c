import Glibc
public import Logging

/// One line of text on standard error for each entry, whatever is in it: `time level logger: key=value [source] message`.
///
/// What others send stands in logs: the key id of somebody who has no key, the words of a database. A line break in it must not make a line
/// of its own, and an escape sequence must not reach a terminal.
public struct TextLogHandler: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var logLevel = Logger.Level.info
  public var metadataProvider: Logger.MetadataProvider?
  private let label: String

  public init(label: String, metadataProvider: Logger.MetadataProvider? = nil) {
    (self.label, self.metadataProvider) = (label, metadataProvider)
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    let own = metadata.merging(metadataProvider?.get() ?? [:]) { own, _ in own }
    let bytes = Array((Self.line(event, label, own, at: Self.now()) + "\n").utf8)
    // One call, so that lines of several threads do not mix; nobody is left to tell when it fails.
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }

  static func line(_ event: LogEvent, _ label: String, _ own: Logger.Metadata, at time: String) -> String {
    let all = own.merging(event.metadata ?? [:]) { $1 }
    let pairs = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    let text = "\(time) \(event.level.rawValue) \(label):\(pairs.isEmpty ? "" : " " + pairs) [\(event.source)] \(event.message)"
    return LogText.oneLine(text)
  }

  /// RFC 3339, in the machine's time zone.
  private static func now() -> String {
    var seconds = time(nil)
    var parts = tm()
    localtime_r(&seconds, &parts)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      guard let start = buffer.baseAddress, strftime(start, buffer.count, "%Y-%m-%dT%H:%M:%S%z", &parts) > 0 else { return "?" }
      return String(cString: start)
    }
  }
}

/// Makes any text safe to stand in a line of a log.
enum LogText {
  /// The text with control characters, line separators and marks that turn the direction of writing as `\u{...}`.
  static func oneLine(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    var out = ""
    for scalar in text.unicodeScalars {
      if isUnsafe(scalar) {
        out += "\\u{" + String(scalar.value, radix: 16) + "}"
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
