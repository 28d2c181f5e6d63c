import Glibc
import Logging

/// How a program writes its log.
public enum LogFormat: String, Sendable, CaseIterable {
  /// For people: `time level logger: key=value [source] message`.
  case text
  /// For programs: one JSON object a line.
  case json

  /// To be called once.
  public func bootstrap() {
    LoggingSystem.bootstrap(
      { LineLogHandler(format: self, label: $0, metadataProvider: $1) }, metadataProvider: Tracing.logMetadata)
  }

  func line(_ event: LogEvent, _ label: String, _ metadata: Logger.Metadata, at time: LogTime) -> String {
    switch self {
    case .text: LogText.line(event, label, metadata, at: time.local)
    case .json: LogJSON.line(event, label, metadata, at: time.utc)
    }
  }
}

/// Writes each entry as one line on standard error.
struct LineLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info
  var metadataProvider: Logger.MetadataProvider?
  private let format: LogFormat
  private let label: String

  init(format: LogFormat, label: String, metadataProvider: Logger.MetadataProvider? = nil) {
    (self.format, self.label, self.metadataProvider) = (format, label, metadataProvider)
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let own = metadata.merging(metadataProvider?.get() ?? [:]) { own, _ in own }.merging(event.metadata ?? [:]) { $1 }
    let bytes = Array((format.line(event, label, own, at: LogTime()) + "\n").utf8)
    // One call, so that lines of several threads do not mix; nobody is left to tell when it fails.
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}

/// The moment of an entry.
struct LogTime {
  private let moment: timespec

  init() {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    moment = now
  }

  /// RFC 3339 without a colon in the offset, in the machine's time zone.
  var local: String {
    var (seconds, parts) = (moment.tv_sec, tm())
    localtime_r(&seconds, &parts)
    return Self.text(parts, "%Y-%m-%dT%H:%M:%S%z")
  }

  /// RFC 3339, UTC, with microseconds.
  var utc: String {
    var (seconds, parts) = (moment.tv_sec, tm())
    gmtime_r(&seconds, &parts)
    let microseconds = "\(moment.tv_nsec / 1_000)"
    return Self.text(parts, "%Y-%m-%dT%H:%M:%S.") + String(repeating: "0", count: max(0, 6 - microseconds.count)) + microseconds
      + "Z"
  }

  private static func text(_ parts: tm, _ format: String) -> String {
    var parts = parts
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      guard let start = buffer.baseAddress, strftime(start, buffer.count, format, &parts) > 0 else { return "?" }
      return String(cString: start)
    }
  }
}
