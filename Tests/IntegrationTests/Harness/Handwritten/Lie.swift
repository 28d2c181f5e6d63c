import NIOCore
import Wire

/// One thing that a hostile client says, and what the documented answer is.
struct Lie: Sendable, CustomStringConvertible {
  enum Stage: Sendable {
    /// In the place of HELLO.
    case beforeReady
    case afterReady
  }

  enum End: Sendable, Equatable {
    /// ERROR on stream 0 with this code, then the server closes.
    case connection(UInt32)
    /// ERROR on this stream with this code; the connection lives.
    case stream(UInt32, UInt32)
    /// Nothing at all happens; the connection lives.
    case ignored
  }

  let description: String
  let stage: Stage
  let bytes: [UInt8]
  let end: End

  // The codes of docs/ERRORS.md.
  static let badFrame: UInt32 = 102
  static let badChecksum: UInt32 = 103
  static let tooLarge: UInt32 = 104
  static let badMessage: UInt32 = 105
  static let unknownMethod: UInt32 = 106
  static let flowViolation: UInt32 = 108
  static let unauthenticated: UInt32 = 200
  static let invalidArgument: UInt32 = 300

  private init(_ what: String, _ stage: Stage, _ frame: HandFrame, _ end: End, then more: [UInt8] = []) {
    description = "\(what), \(stage == .beforeReady ? "before" : "after") READY"
    self.stage = stage
    bytes = frame.bytes + more
    self.end = end
  }

  /// `frame` with one field changed.
  private static func changed(_ frame: HandFrame, _ change: (inout HandFrame) -> Void) -> HandFrame {
    var frame = frame
    change(&frame)
    return frame
  }

  // MARK: Each field of the header

  static let ofTheHeader =
    fields(.beforeReady, of: HandFrame(type: 0x01, body: [UInt8](repeating: 0, count: 32)))
    + fields(.afterReady, of: HandFrame.ping(1))

  /// A lie in each field of `frame`, which belongs to stream 0.
  private static func fields(_ stage: Stage, of frame: HandFrame) -> [Lie] {
    let long = UInt32(frame.body.count + 8)
    return [
      Lie("a length beyond the limit", stage, changed(frame) { $0.bodyLength = .max }, .connection(tooLarge)),
      Lie(
        "a length that swallows the next frame", stage, changed(frame) { ($0.bodyLength, $0.rawLength) = (long, long) },
        .connection(badChecksum), then: frame.bytes),
      Lie(
        "a length that is too small", stage, changed(frame) { ($0.bodyLength, $0.rawLength) = (4, 4) }, .connection(badChecksum)),
      Lie("an unknown type", stage, changed(frame) { $0.type = 0x30 }, .connection(badFrame)),
      Lie("type 0", stage, changed(frame) { $0.type = 0 }, .connection(badFrame)),
      Lie("a type that may be skipped", stage, changed(frame) { $0.type = 0x9a }, .ignored),
      Lie("an unknown codec", stage, changed(frame) { $0.codec = 3 }, .connection(badFrame)),
      Lie("codec 1 over what is not zlib", stage, changed(frame) { $0.codec = 1 }, .connection(badFrame)),
      Lie("an unknown flag that must be understood", stage, changed(frame) { $0.flags = 0x0040 }, .connection(badFrame)),
      Lie("a misplaced flag", stage, changed(frame) { $0.flags = 0x0002 }, .connection(badFrame)),
      Lie("a stream of its own", stage, changed(frame) { $0.streamID = 1 }, .connection(badFrame)),
      Lie("another raw length than that of the stored body", stage, changed(frame) { $0.rawLength = 7 }, .connection(badFrame)),
      Lie("a raw length beyond the limit", stage, changed(frame) { $0.rawLength = .max }, .connection(tooLarge)),
      Lie("a wrong checksum of the body", stage, changed(frame) { $0.bodyCRC = 1 }, .connection(badChecksum)),
      Lie("a wrong checksum of the header", stage, changed(frame) { $0.headerCRCError = 1 }, .connection(badChecksum)),
    ]
  }

  // MARK: Out of turn

  static let outOfTurn = [
    Lie("a REQUEST", .beforeReady, .request(1, method: 1), .connection(badFrame)),
    Lie("an AUTH without a HELLO", .beforeReady, HandFrame(type: HandFrame.Kind.auth), .connection(badFrame)),
    Lie("a READY from a client", .beforeReady, HandFrame(type: HandFrame.Kind.ready), .connection(badFrame)),
    Lie("a HELLO with half a nonce", .beforeReady, halfNonce, .connection(badMessage)),
    Lie(
      "a HELLO that is no message", .beforeReady, HandFrame(type: HandFrame.Kind.hello, body: [0xff, 0xff]),
      .connection(badMessage)),
    Lie("a second HELLO", .afterReady, HandFrame(type: HandFrame.Kind.hello), .connection(badFrame)),
    Lie("a RESPONSE from a client", .afterReady, HandFrame(type: HandFrame.Kind.response, streamID: 1), .connection(badFrame)),
    Lie(
      "a PING of seven bytes", .afterReady, HandFrame(type: HandFrame.Kind.ping, body: [1, 2, 3, 4, 5, 6, 7]),
      .connection(badFrame)),
    Lie(
      "an UPLOAD nobody asked for", .afterReady,
      HandFrame(type: HandFrame.Kind.upload, streamID: 9, body: HandFrame.parts(head: [], message: [])), .connection(badFrame)),
    Lie(
      "a CREDIT for no stream", .afterReady, HandFrame(type: HandFrame.Kind.credit, streamID: 9, body: [0, 0, 0, 1, 0, 0, 0, 1]),
      .connection(badFrame)),
    Lie("a CANCEL of no stream", .afterReady, HandFrame(type: HandFrame.Kind.cancel, streamID: 9), .connection(badFrame)),
  ]

  private static let halfNonce: HandFrame = {
    var hello = HandProto()
    hello.add(1, text: "key_0123456789ab")
    hello.add(2, bytes: [UInt8](repeating: 7, count: 16))
    return HandFrame(type: HandFrame.Kind.hello, body: hello.bytes)
  }()

  // MARK: Requests

  static let inRequests = [
    Lie("stream 0", .afterReady, .request(0, method: 1), .connection(badFrame)),
    Lie("an even stream", .afterReady, .request(2, method: 1), .connection(badFrame)),
    Lie(
      "a stream twice", .afterReady, .request(1, method: 9_999), .connection(badFrame),
      then: HandFrame.request(1, method: 1).bytes),
    Lie(
      "a lower stream", .afterReady, .request(5, method: 9_999), .connection(badFrame),
      then: HandFrame.request(3, method: 1).bytes),
    Lie(
      "a body shorter than its lengths", .afterReady, HandFrame(type: HandFrame.Kind.request, streamID: 1, body: [0, 0]),
      .connection(badFrame)),
    Lie(
      "a head longer than the body", .afterReady,
      HandFrame(type: HandFrame.Kind.request, streamID: 1, body: [0x0f, 0xff, 0, 0, 0, 0, 0, 0]), .connection(badFrame)),
    Lie(
      "a message longer than the body", .afterReady,
      HandFrame(type: HandFrame.Kind.request, streamID: 1, body: [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]), .connection(badFrame)),
    Lie(
      "an attachment without the flag", .afterReady,
      HandFrame(
        type: HandFrame.Kind.request, streamID: 1, body: HandFrame.parts(head: [0x08, 0x01], message: [], attachment: [1])),
      .connection(badFrame)),
    Lie("an unknown method", .afterReady, .request(1, method: 9_999), .stream(1, unknownMethod)),
    Lie("a change without an idempotency key", .afterReady, .request(1, method: 10), .stream(1, invalidArgument)),
    Lie("a message that is no message", .afterReady, .request(1, method: 11, message: [0xff, 0xff]), .stream(1, badMessage)),
    Lie(
      "text that is no UTF-8", .afterReady, .request(1, method: 11, message: [0x0a, 0x02, 0xc3, 0x28]), .stream(1, badMessage)),
  ]

  // MARK: Compression

  static func compressed() throws -> [Lie] {
    let request = HandFrame.request(1, method: 1)
    func zlib(_ body: [UInt8], rawLength: Int, _ codec: UInt8 = 1) -> HandFrame {
      HandFrame(type: HandFrame.Kind.request, codec: codec, streamID: 1, body: body, rawLength: UInt32(rawLength))
    }
    let honest = Hand.zlib(request.body)
    // Four mebibytes of one letter, as the archive packs them: a real bomb of a few kilobytes.
    let letters = TranscriptEntry.with { $0.user = .with { $0.text = String(repeating: "a", count: 256 * 1024) } }
    let bomb = try CheckpointArchive.seal(.with { $0.entries = [TranscriptEntry](repeating: letters, count: 64) }).bytes
    return [
      Lie("a raw length that is too small", .afterReady, zlib(honest, rawLength: request.body.count - 1), .connection(badFrame)),
      Lie("a raw length that is too large", .afterReady, zlib(honest, rawLength: request.body.count + 1), .connection(badFrame)),
      Lie("bytes behind the zlib stream", .afterReady, zlib(honest + [0], rawLength: request.body.count), .connection(badFrame)),
      Lie(
        "half a zlib stream", .afterReady, zlib(Array(honest.dropLast(6)), rawLength: request.body.count), .connection(badFrame)),
      Lie("an announced bomb", .afterReady, zlib([UInt8](repeating: 0, count: 16), rawLength: 4 << 20), .connection(badFrame)),
      Lie("a bomb", .afterReady, zlib(Array(bomb.readableBytesView), rawLength: 4 << 20), .connection(badFrame)),
      Lie(
        "a bomb that says it is small", .afterReady, zlib(Array(bomb.readableBytesView), rawLength: bomb.readableBytes),
        .connection(badFrame)),
      Lie(
        "a zlib stream without the dictionary it names", .afterReady, zlib(honest, rawLength: request.body.count + 2, 2),
        .connection(badFrame)),
    ]
  }
}
