import Crypto
import NIOCore
import NIOPosix
import Testing
import Wire

/// A client written from docs/PROTOCOL.md alone: a TCP connection, the handshake byte by byte, and whatever bytes a test wants.
/// Of the library it takes the key file alone.
struct HandClient {
  /// What has come: a frame, its checksums verified.
  struct Received {
    let type: UInt8
    let flags: UInt16
    let streamID: UInt32
    let body: [UInt8]
  }

  static let preface: [UInt8] = [0x4b, 0x41, 0x49, 0x57, 1, 1, 0, 0]

  private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
  private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  private var bytes: [UInt8] = []
  /// How it writes: all at once, in pieces, or only so many bytes of the whole conversation.
  var manner = Manner()

  struct Manner: Sendable {
    /// Bytes of one write.
    var pieceBytes = Int.max
    /// Bytes that it may still send; then it closes.
    var bytesLeft = Int.max
  }

  /// The conversation has come to the byte at which it was to be cut.
  struct Cut: Error {}

  /// Connects, runs `body` and closes.
  /// - Throws: ``TimedOut`` when `body` is not done after `seconds`.
  static func run<Result: Sendable>(
    port: Int, within seconds: Double = 20, _ body: @escaping @Sendable (inout HandClient) async throws -> Result
  ) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
      group.addTask {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
          .connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
              try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
          }
        return try await channel.executeThenClose { inbound, outbound in
          var client = HandClient(inbound: inbound.makeAsyncIterator(), outbound: outbound)
          return try await body(&client)
        }
      }
      group.addTask {
        try await Task.sleep(for: .seconds(seconds))
        throw TimedOut(what: "the end of a conversation with kai-session")
      }
      defer { group.cancelAll() }
      guard let result = try await group.next() else { throw TimedOut(what: "anything") }
      return result
    }
  }

  private init(
    inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  ) {
    self.inbound = inbound
    self.outbound = outbound
  }

  // MARK: Bytes

  /// A peer that has closed already hears nothing; what it said before is still there to be read.
  func send(_ bytes: [UInt8]) async {
    try? await outbound.write(ByteBuffer(bytes: bytes))
  }

  func send(_ frame: HandFrame) async { await send(frame.bytes) }

  /// The same in its manner.
  /// - Throws: ``Cut``
  mutating func say(_ bytes: [UInt8]) async throws {
    let whole = bytes.prefix(manner.bytesLeft)
    var rest = whole
    while !rest.isEmpty {
      await send(Array(rest.prefix(manner.pieceBytes)))
      rest = rest.dropFirst(manner.pieceBytes)
    }
    manner.bytesLeft -= whole.count
    if whole.count < bytes.count { throw Cut() }
  }

  /// The next `count` bytes, or nil when the server closes before.
  mutating func read(_ count: Int) async throws -> [UInt8]? {
    while bytes.count < count {
      guard let more = try await next() else { return nil }
      bytes += more.readableBytesView
    }
    defer { bytes.removeFirst(count) }
    return Array(bytes.prefix(count))
  }

  /// All that comes until the server closes.
  mutating func readToTheEnd() async throws -> [UInt8] {
    while let more = try await next() { bytes += more.readableBytesView }
    defer { bytes = [] }
    return bytes
  }

  private mutating func next() async throws -> ByteBuffer? {
    do {
      return try await inbound.next(isolation: nil)
    } catch is IOError {
      // Reset, as TCP does when a server closes with bytes unread.
      return nil
    }
  }

  /// The next frame, or nil when the server closes.
  mutating func frame() async throws -> Received? {
    guard let header = try await read(HandFrame.headerBytes) else { return nil }
    #expect(Hand.crc32(header[..<20]) == Hand.number(header[20...]))
    let length = Int(Hand.number(header[0..<4]))
    #expect(header[5] == 0 && Hand.number(header[12..<16]) == length, "compressed, and nobody agreed to that")
    guard let body = try await read(length) else { return nil }
    #expect(Hand.crc32(body) == Hand.number(header[16..<20]))
    return Received(
      type: header[4], flags: UInt16(truncatingIfNeeded: Hand.number(header[6..<8])), streamID: Hand.number(header[8..<12]),
      body: body)
  }

  // MARK: The handshake

  /// Sends the preface and takes the server's.
  mutating func greet() async throws {
    try await say(Self.preface)
    let answer = try #require(try await read(8))
    #expect(answer == [0x4b, 0x41, 0x49, 0x57, 1, 1, 0, 0])
  }

  static func hello(_ key: KeyFile, nonceBytes: Int = 32, features: UInt64 = 0) -> [UInt8] {
    var hello = HandProto()
    hello.add(1, text: key.keyId)
    hello.add(2, bytes: (0..<nonceBytes).map { _ in .random(in: 0...255) })
    hello.add(3, text: "by hand")
    if features > 0 { hello.add(5, number: features) }
    return hello.bytes
  }

  /// The whole handshake, with the server's proof checked.
  /// - Returns: READY.
  @discardableResult
  mutating func shakeHands(_ key: KeyFile, features: UInt64 = 0) async throws -> HandMessage {
    try await greet()
    let hello = Self.hello(key, features: features)
    try await say(HandFrame(type: HandFrame.Kind.hello, body: hello).bytes)
    let challenge = try #require(try await frame())
    try #require(challenge.type == HandFrame.Kind.challenge && challenge.streamID == 0)
    #expect(try HandMessage(challenge.body).blobs[1]?.count == 32)

    var transcript = SHA256()
    for part in [
      Self.preface, Self.preface, Hand.big(UInt32(hello.count)), hello, Hand.big(UInt32(challenge.body.count)), challenge.body,
    ] {
      transcript.update(data: part)
    }
    let t = [UInt8](transcript.finalize())
    let secret = SymmetricKey(data: key.secret)
    var auth = HandProto()
    auth.add(1, bytes: [UInt8](HMAC<SHA256>.authenticationCode(for: [UInt8]("kaiw1 client".utf8) + t, using: secret)))
    try await say(HandFrame(type: HandFrame.Kind.auth, body: auth.bytes).bytes)

    let answer = try #require(try await frame())
    try #require(answer.type == HandFrame.Kind.ready && answer.streamID == 0)
    let ready = try HandMessage(answer.body)
    let limits = try HandMessage(ready.blobs[1] ?? [])
    let numbers = [limits.number(1), limits.number(2), limits.number(3), ready.number(3)].flatMap { Hand.big($0) }
    let proof = HMAC<SHA256>.authenticationCode(for: [UInt8]("kaiw1 server".utf8) + t + numbers, using: secret)
    #expect(ready.blobs[2] == [UInt8](proof), "the server does not know the secret")
    return ready
  }
}
