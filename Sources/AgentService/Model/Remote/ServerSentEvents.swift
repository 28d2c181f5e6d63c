/// One event of a `text/event-stream`.
struct ServerSentEvent: Sendable, Equatable {
  /// `message` unless the server says otherwise.
  var name = "message"
  /// The data lines, joined by line feeds.
  var data = ""
}

/// A stream that does not stay inside the parser's limits.
struct ServerSentEventsOverflow: Error, Sendable, Equatable {
  let limitBytes: Int
}

/// An incremental parser of server-sent events (WHATWG HTML, "Server-sent events"): bytes in, in pieces of any size, whole
/// events out. Line ends may be LF, CR LF or CR; comments, ids and retry times are skipped.
struct ServerSentEvents {
  /// The largest event, its field names included.
  static let maxEventBytes = 1024 * 1024

  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  private let maxEventBytes: Int
  private var line: [UInt8] = []
  private var name = ""
  private var data: [UInt8]?
  private var eventBytes = 0
  private var lastWasCarriageReturn = false
  private var isFirstLine = true

  init(maxEventBytes: Int = Self.maxEventBytes) {
    self.maxEventBytes = maxEventBytes
  }

  /// Takes the next bytes and returns the events that they complete.
  mutating func feed(_ bytes: some Sequence<UInt8>) throws(ServerSentEventsOverflow) -> [ServerSentEvent] {
    var events: [ServerSentEvent] = []
    for byte in bytes {
      let endsCRLF = lastWasCarriageReturn && byte == Self.lineFeed
      lastWasCarriageReturn = byte == Self.carriageReturn
      if endsCRLF { continue }
      if byte == Self.lineFeed || byte == Self.carriageReturn {
        if let event = endLine() { events.append(event) }
      } else {
        eventBytes += 1
        guard eventBytes <= maxEventBytes else { throw ServerSentEventsOverflow(limitBytes: maxEventBytes) }
        line.append(byte)
      }
    }
    return events
  }

  /// The event that the end of the stream cut off before its blank line. The standard drops it; servers that forget the
  /// last blank line are common, and what is half an event is no JSON.
  mutating func finish() -> ServerSentEvent? {
    if !line.isEmpty { _ = endLine() }
    return endEvent()
  }

  private mutating func endLine() -> ServerSentEvent? {
    defer { line.removeAll(keepingCapacity: true) }
    if isFirstLine {
      isFirstLine = false
      if line.starts(with: [0xef, 0xbb, 0xbf]) { line.removeFirst(3) }
    }
    guard !line.isEmpty else { return endEvent() }
    let colon = line.firstIndex(of: UInt8(ascii: ":"))
    let field = line[..<(colon ?? line.endIndex)]
    var value = colon.map { line[($0 + 1)...] } ?? []
    if value.first == UInt8(ascii: " ") { value.removeFirst() }
    if field.elementsEqual("data".utf8) {
      if data == nil { data = Array(value) } else { data?.append(contentsOf: [Self.lineFeed] + value) }
    } else if field.elementsEqual("event".utf8) {
      name = String(decoding: value, as: UTF8.self)
    } else if data == nil {
      // A comment or a field nobody needs: a stream of keep-alives is no large event.
      eventBytes = 0
    }
    return nil
  }

  private mutating func endEvent() -> ServerSentEvent? {
    defer {
      name = ""
      data = nil
      eventBytes = 0
    }
    guard let data else { return nil }
    return ServerSentEvent(name: name.isEmpty ? "message" : name, data: String(decoding: data, as: UTF8.self))
  }
}
