import JSON
import Logging

/// An entry of a log as a JSON object: `time`, `level`, `logger`, `message`, and what the entry carries.
enum LogJSON {
  static func line(_ event: LogEvent, _ label: String, _ metadata: Logger.Metadata, at time: String) -> String {
    var members = [("time", time), ("level", event.level.rawValue), ("logger", label), ("message", event.message.description)]
    let reserved = Set(members.map(\.0))
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      members.append((reserved.contains(key) ? "_" + key : key, value.description))
    }
    let text = JSONValue.object(members.map { JSONValue.Member($0, .string($1)) }).text()
    // JSON allows in a string what would still reach a terminal; all of it lies below U+10000.
    return LogText.escaping(text, JSONValue.escape)
  }
}
