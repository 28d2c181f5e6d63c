import NIOCore
import NIOPosix
import Synchronization

@testable import Wire

/// A client that is written for the test: it sends whatever bytes it likes, and decodes what comes back.
final class RawPeer: Sendable {
  private struct State {
    var bytes = ByteBuffer()
    var isClosed = false
  }

  private final class Collector: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let peer: RawPeer
    init(_ peer: RawPeer) { self.peer = peer }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      peer.state.withLock { state in _ = state.bytes.writeImmutableBuffer(unwrapInboundIn(data)) }
    }
    func channelInactive(context: ChannelHandlerContext) { peer.state.withLock { $0.isClosed = true } }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }

  private let state = Mutex(State())
  private let channelBox = Mutex<(any Channel)?>(nil)

  static func connect(_ port: Int) async throws -> RawPeer {
    let peer = RawPeer()
    let channel = try await ClientBootstrap(group: TestServer.group)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Collector(peer)) }
      }
      .connect(host: "127.0.0.1", port: port).get()
    peer.channelBox.withLock { $0 = channel }
    return peer
  }

  /// Connects and shakes hands.
  static func authenticated(_ port: Int, key: String = "admin") async throws -> RawPeer {
    let peer = try await connect(port)
    var client = ClientHandshake(
      .init(
        keyId: key, secret: KeyDerivation.secret(master: TestKeys.master, keyId: key), nonce: randomBytes(32), name: "raw",
        version: "1",
        limits: .standard))
    peer.send(client.preface)
    guard try await eventually({ peer.state.withLock { $0.bytes.readableBytes >= 8 } }),
      let preface = peer.state.withLock({ $0.bytes.readBytes(length: 8) })
    else { throw WireError(.badPreface, "no preface came") }
    try peer.send(try client.receive(preface: preface))
    guard let challenge = try await peer.nextFrame(), case .send(let auth) = try client.receive(challenge) else {
      throw WireError(.badFrame, "no CHALLENGE came")
    }
    try peer.send(auth)
    guard let ready = try await peer.nextFrame(), case .ready = try client.receive(ready) else {
      throw WireError(.badFrame, "no READY came")
    }
    return peer
  }

  func send(_ bytes: [UInt8]) { send(ByteBuffer(bytes: bytes)) }

  func send(_ bytes: ByteBuffer) {
    channelBox.withLock { $0 }?.writeAndFlush(bytes, promise: nil)
  }

  func send(_ frame: OutboundFrame) throws {
    send(try Self.bytes(frame))
  }

  static func bytes(_ frame: OutboundFrame) throws -> ByteBuffer {
    var encoder = FrameEncoder()
    encoder.maxFrameBytes = Limits.hardFrameBytes
    encoder.maxMessageBytes = Limits.hardMessageBytes
    var out = ByteBuffer()
    try encoder.encode(frame, BodyCodec(), into: &out)
    return out
  }

  /// Whether the server has closed the connection, at most ten seconds from now.
  func isClosedByServer() async throws -> Bool {
    try await eventually { state.withLock { $0.isClosed } }
  }

  /// The bytes that have come and were not taken.
  var received: [UInt8] { state.withLock { Array($0.bytes.readableBytesView) } }

  /// The next frame, or nil when the server closes first.
  func nextFrame() async throws -> Frame? {
    var found: Frame?
    _ = try await eventually {
      let (frame, isClosed) = try state.withLock { state in (try Self.take(&state.bytes), state.isClosed) }
      found = frame
      return frame != nil || isClosed
    }
    return found
  }

  private static func take(_ bytes: inout ByteBuffer) throws -> Frame? {
    var copy = bytes
    guard let header = try FrameHeader.read(from: &copy), copy.readableBytes >= Int(header.bodyLength) else { return nil }
    let whole = bytes.readSlice(length: Limits.frameHeaderBytes + Int(header.bodyLength)) ?? ByteBuffer()
    var decoder = FrameDecoder()
    decoder.limits = .init(maxFrameBytes: Limits.hardFrameBytes, maxMessageBytes: Limits.hardMessageBytes, compression: true)
    decoder.append(whole)
    guard case .frame(let frame)? = try decoder.next(BodyCodec()) else { return nil }
    return frame
  }

  func close() async throws {
    try await channelBox.withLock { $0 }?.close().get()
  }
}
