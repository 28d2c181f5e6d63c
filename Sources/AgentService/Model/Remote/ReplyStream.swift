import JSON
import Wire

/// Puts a reply together from the JSON values of one server's dialect.
protocol ReplyAssembler: Sendable {
  /// Whether the server said that the model is done.
  var isFinished: Bool { get }
  /// Whether nothing more will come.
  var isOver: Bool { get }
  /// Takes the data of one event, or one whole answer.
  /// - Returns: the piece of the answer's text in it, for people who watch; often empty.
  /// - Throws: `model_protocol` when it is not what it should be; `model_unavailable` when it carries the server's error.
  mutating func take(_ value: JSONValue) throws(WireError) -> String
  /// The whole reply, when the stream is over.
  /// - Throws: `model_protocol` when there was no answer in it.
  func reply() throws(WireError) -> ModelReply
}

/// The body of a 200 answer, as it arrives: a stream of events, or one JSON document from servers that do not stream.
struct ReplyStream<Assembler: ReplyAssembler> {
  private var assembler: Assembler
  private var events = ServerSentEvents()
  /// The bytes so far, when the answer is one document.
  private var document: [UInt8]?
  private let type: String
  private var hasEvents = false
  /// Nothing more will come: `[DONE]`, or the dialect's own last event.
  private(set) var isDone = false

  /// - Parameter contentType: the answer's media type, with its parameters.
  init(_ assembler: Assembler, contentType: String?) {
    self.assembler = assembler
    type = (contentType ?? "").prefix { $0 != ";" }.lowercased()
    document = type.contains("json") ? [] : nil
  }

  /// Takes the next bytes and returns the pieces of the answer's text in them.
  /// - Throws: `model_protocol`, `model_unavailable`.
  mutating func feed(_ bytes: [UInt8]) throws(WireError) -> [String] {
    if document != nil {
      document?.append(contentsOf: bytes)
      return []
    }
    let found: [ServerSentEvent]
    do throws(ServerSentEventsOverflow) {
      found = try events.feed(bytes)
    } catch {
      throw ModelFailure.malformed("an event of more than \(error.limitBytes) bytes")
    }
    var pieces: [String] = []
    for event in found where !isDone { pieces.append(try take(event)) }
    return pieces
  }

  /// The reply, when the body has ended.
  /// - Throws: `model_protocol` for what is no answer, `model_unavailable` for half of one.
  mutating func reply() throws(WireError) -> ModelReply {
    if let document {
      _ = try assembler.take(try Self.json(String(decoding: document, as: UTF8.self)))
      return try assembler.reply()
    }
    if !isDone, let last = events.finish() { _ = try take(last) }
    guard hasEvents || type.contains("event-stream") else {
      throw ModelFailure.malformed("something of the type '\(type.prefix(80))', with no answer in it")
    }
    guard isDone || assembler.isFinished else {
      throw WireError(.modelUnavailable, "The model's server ended its answer in the middle.")
    }
    return try assembler.reply()
  }

  private mutating func take(_ event: ServerSentEvent) throws(WireError) -> String {
    hasEvents = true
    if event.data == "[DONE]" {
      isDone = true
      return ""
    }
    if event.data.isEmpty { return "" }
    let piece = try assembler.take(try Self.json(event.data))
    isDone = assembler.isOver
    return piece
  }

  private static func json(_ text: String) throws(WireError) -> JSONValue {
    do throws(JSONError) {
      return try JSONValue(parsing: text)
    } catch {
      throw ModelFailure.malformed("something that is not JSON (\(error.description))")
    }
  }
}
