import NIOCore
import NIOPosix

/// The least that a round trip over loopback can cost with SwiftNIO: a server that sends back what it gets, and a client
/// on its event loop that keeps `depth` messages under way.
struct BareEcho {
  let group: MultiThreadedEventLoopGroup
  static let messageBytes = 128

  /// - Returns: seconds a round trip, averaged over `count`.
  func secondsPerRoundTrip(depth: Int, count: Int) async throws -> Double {
    let server = try await ServerBootstrap(group: group)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Echo()) }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let done = group.any().makePromise(of: Void.self)
    let client = try await ClientBootstrap(group: group)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Pinger(depth: depth, count: count, done: done))
        }
      }
      .connect(to: server.localAddress ?? SocketAddress(ipAddress: "127.0.0.1", port: 0)).get()
    let start = ContinuousClock.now
    let first = ByteBuffer(repeating: 1, count: Self.messageBytes * depth)
    try await client.writeAndFlush(first).get()
    try await done.futureResult.get()
    let elapsed = (ContinuousClock.now - start).seconds
    try await client.close().get()
    try await server.close().get()
    return elapsed / Double(count)
  }

  private final class Echo: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.write(data, promise: nil) }
    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }
  }

  private final class Pinger: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let done: EventLoopPromise<Void>
    private var toSend: Int
    private var toReceive: Int
    private var partial = 0

    init(depth: Int, count: Int, done: EventLoopPromise<Void>) {
      self.done = done
      toSend = count - depth
      toReceive = count
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      partial += unwrapInboundIn(data).readableBytes
      let whole = partial / BareEcho.messageBytes
      partial %= BareEcho.messageBytes
      toReceive -= whole
      let next = min(whole, toSend)
      toSend -= next
      if next > 0 {
        context.write(wrapOutboundOut(ByteBuffer(repeating: 1, count: BareEcho.messageBytes * next)), promise: nil)
      }
      if toReceive <= 0 { done.succeed(()) }
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }
  }
}
