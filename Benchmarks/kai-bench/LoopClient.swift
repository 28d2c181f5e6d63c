import NIOCore
import NIOPosix
import Wire

/// A client that lives on its event loop, as the bare echo's does: what the protocol and the server cost, without the task
/// that an async call needs.
struct LoopClient {
  let service: Service
  let key: KeyFile
  let group: MultiThreadedEventLoopGroup

  /// - Returns: seconds a round trip of `server.info`, averaged over `count`, with `depth` of them under way.
  func secondsPerRoundTrip(depth: Int, count: Int) async throws -> Double {
    let opened = group.any().makePromise(of: Void.self)
    let done = group.any().makePromise(of: Void.self)
    let parameters = ClientHandshake.Parameters(
      keyId: key.keyId, secret: key.secret, nonce: (0..<32).map { _ in .random(in: 0...255) }, name: "bench", version: "bench",
      limits: .standard)
    let channel = try await ClientBootstrap(group: group)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            Caller(parameters, depth: depth, count: count, opened: opened, done: done))
        }
      }
      .connect(host: service.host, port: service.port).get()
    try await opened.futureResult.get()
    let start = ContinuousClock.now
    channel.pipeline.fireUserInboundEventTriggered(Caller.Start())
    try await done.futureResult.get()
    let elapsed = (ContinuousClock.now - start).seconds
    try await channel.close().get()
    return elapsed / Double(count)
  }

  private final class Caller: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    struct Start: Sendable {}

    private var machine: ClientConnectionMachine
    private var decoder = FrameDecoder()
    private var encoder = FrameEncoder()
    private let codec = BodyCodec()
    private var out = ByteBuffer()
    private let depth: Int
    private var toSend: Int
    private var toReceive: Int
    private let opened: EventLoopPromise<Void>
    private let done: EventLoopPromise<Void>

    init(
      _ parameters: ClientHandshake.Parameters, depth: Int, count: Int, opened: EventLoopPromise<Void>,
      done: EventLoopPromise<Void>
    ) {
      machine = ClientConnectionMachine(ClientHandshake(parameters), timings: ConnectionTimings(), now: .now())
      self.depth = depth
      toSend = count
      toReceive = count
      self.opened = opened
      self.done = done
    }

    func channelActive(context: ChannelHandlerContext) {
      out.writeBytes(machine.preface)
      flush(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      guard event is Start else { return }
      do { for _ in 0..<depth { try call() } } catch { fail(error) }
      flush(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      machine.receivedBytes(.now())
      decoder.append(unwrapInboundIn(data))
      do {
        if machine.awaitsPreface {
          guard let preface = decoder.takeBytes(Preface.byteCount) else { return }
          try encoder.encode(try machine.receive(preface: preface), codec, into: &out)
        }
        while let output = try decoder.next(codec) { try perform(try machine.receive(output)) }
      } catch {
        fail(error)
      }
    }

    func channelReadComplete(context: ChannelHandlerContext) { flush(context) }

    private func perform(_ action: ClientConnectionMachine.Action) throws {
      switch action {
      case .send(let frame):
        try encoder.encode(frame, codec, into: &out)
      case .open(let agreement):
        decoder.limits = FrameDecoder.Limits(agreed: agreement.limits)
        encoder = FrameEncoder(agreed: agreement.limits, compresses: agreement.compression)
        opened.succeed()
      case .response(_, let body, _):
        guard try !ServerInfo(decoding: body.message).serverId.isEmpty else {
          throw WireError(.internalError, "server.info came back empty")
        }
        toReceive -= 1
        if toReceive == 0 { done.succeed() }
        try call()
      case .failed(_, let error), .close(let error):
        throw error
      case .none, .item, .uploadCredit, .goAway:
        break
      }
    }

    private func call() throws {
      guard toSend > 0, let id = machine.openStream(.unary, bytes: 0, items: 0) else { return }
      toSend -= 1
      let head = RequestHead.with {
        $0.method = Method.serverInfo.rawValue
        $0.timeoutMs = 30_000
      }
      let body = OutboundFrame.Body.request(head, message: ByteBuffer(), attachment: ByteBuffer(), attachmentIsEncoded: true)
      try encoder.encode(OutboundFrame(type: .request, streamID: id, body: body), codec, into: &out)
    }

    private func flush(_ context: ChannelHandlerContext) {
      guard out.readableBytes > 0 else { return }
      let bytes = out
      out = context.channel.allocator.buffer(capacity: bytes.readableBytes)
      context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    private func fail(_ error: any Error) {
      opened.fail(error)
      done.fail(error)
    }
  }
}
