import Glibc
import JSON
public import Logging

/// One JSON object a line on standard error: `time`, `level`, `logger`, `message`, and what the entry carries.
public struct JSONLogHandler: LogHandler {
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
    let line = Self.line(event, label, own, at: Self.now()) + "\n"
    let bytes = Array(line.utf8)
    // One call, so that lines of several threads do not mix; nobody is left to tell when it fails.
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }

  static func line(_ event: LogEvent, _ label: String, _ own: Logger.Metadata, at time: String) -> String {
    var members = [("time", time), ("level", event.level.rawValue), ("logger", label), ("message", event.message.description)]
    let reserved = Set(members.map(\.0))
    let all = own.merging(event.metadata ?? [:]) { $1 }
    for (key, value) in all.sorted(by: { $0.key < $1.key }) {
      members.append((reserved.contains(key) ? "_" + key : key, value.description))
    }
    return JSONValue.object(members.map { JSONValue.Member($0, .string($1)) }).text()
  }

  /// RFC 3339, UTC, with microseconds.
  private static func now() -> String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    var parts = tm()
    var seconds = time.tv_sec
    gmtime_r(&seconds, &parts)
    func padded(_ number: Int, _ width: Int) -> String {
      let digits = "\(number)"
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let date = [padded(Int(parts.tm_year) + 1_900, 4), padded(Int(parts.tm_mon) + 1, 2), padded(Int(parts.tm_mday), 2)]
    let clock = [padded(Int(parts.tm_hour), 2), padded(Int(parts.tm_min), 2), padded(Int(parts.tm_sec), 2)]
    return date.joined(separator: "-") + "T" + clock.joined(separator: ":") + "." + padded(time.tv_nsec / 1_000, 6) + "Z"
  }
}

/// How a program writes its log.
public enum LogFormat: String, Sendable, CaseIterable {
  /// For people.
  case text
  /// For programs.
  case json

  /// To be called once.
  public func bootstrap() {
    switch self {
    case .text:
      LoggingSystem.bootstrap({ TextLogHandler(label: $0, metadataProvider: $1) }, metadataProvider: Tracing.logMetadata)
    case .json:
      LoggingSystem.bootstrap({ JSONLogHandler(label: $0, metadataProvider: $1) }, metadataProvider: Tracing.logMetadata)
    }
  }
}
