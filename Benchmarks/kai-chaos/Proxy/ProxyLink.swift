import Glibc
import NIOCore
import NIOPosix
import WireFuzz

/// One connection through the proxy: two sockets and a plan. Everything happens on the client channel's event loop.
final class ProxyLink: @unchecked Sendable {
  // Mutable state is touched on the event loop alone; `calm` hops to it.
  private let client: any Channel
  private var server: (any Channel)?
  private var plan: LinkPlan
  private var dice: SeededGenerator
  private let counters: Counters
  private let onEnd: (ProxyLink) -> Void
  private var up = Lane()
  private var down = Lane()
  private var phase = Phase.open

  private enum Phase { case open, halfOpen, ended }

  /// What goes in one direction.
  private struct Lane {
    /// Bytes that have come in so far.
    var passed = 0
    /// Nothing is passed on before.
    var holdUntil = NIODeadline.now()
    /// What waits, in order.
    var waiting = CircularBuffer<ByteBuffer>()
  }

  private func change<T>(_ direction: LinkPlan.Direction, _ body: (inout Lane) -> T) -> T {
    switch direction {
    case .up: body(&up)
    case .down: body(&down)
    }
  }

  init(
    _ client: any Channel, plan: LinkPlan, dice: SeededGenerator, counters: Counters, onEnd: @escaping (ProxyLink) -> Void
  ) {
    self.client = client
    self.plan = plan
    self.dice = dice
    self.counters = counters
    self.onEnd = onEnd
  }

  /// Connects to kai-session; only then is the client read from.
  func begin(target: Int) -> EventLoopFuture<Void> {
    client.eventLoop.makeCompletedFuture {
      try client.pipeline.syncOperations.addHandler(LinkEnd(self, .up))
      client.closeFuture.whenComplete { [self] _ in closed() }
      ClientBootstrap(group: client.eventLoop)
        .channelOption(.autoRead, value: false)
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .connectTimeout(.seconds(2))
        .channelInitializer { [self] channel in
          channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(LinkEnd(self, .down)) }
        }
        .connect(host: "127.0.0.1", port: target)
        .whenComplete { [self] result in
          switch result {
          case .failure: end()
          case .success(let channel): connected(channel)
          }
        }
    }
  }

  /// The plan is dropped; a link that is broken is closed.
  func calm() {
    client.eventLoop.execute { [self] in
      plan = .calm
      if phase == .halfOpen { end() }
    }
  }

  private func connected(_ channel: any Channel) {
    guard phase == .open, client.isActive else {
      channel.close(promise: nil)
      return end()
    }
    server = channel
    channel.closeFuture.whenComplete { [self] _ in closed() }
    for channel in [client, channel] {
      _ = channel.setOption(.autoRead, value: true)
      channel.read()
    }
  }

  // MARK: Bytes

  fileprivate func received(_ bytes: ByteBuffer, _ direction: LinkPlan.Direction) {
    guard phase == .open else { return }
    var bytes = bytes
    let from = change(direction) { lane in
      defer { lane.passed += bytes.readableBytes }
      return lane.passed
    }
    let at = plan.at - from
    guard direction == plan.direction, at >= 0, at < bytes.readableBytes else { return forward(bytes, direction) }
    let fault = plan.fault
    switch fault {
    case .none:
      forward(bytes, direction)
    case .flip(let bit):
      counters.add(.flips)
      let index = bytes.readerIndex + at
      if let byte = bytes.getInteger(at: index, as: UInt8.self) { bytes.setInteger(byte ^ (1 << UInt8(bit)), at: index) }
      forward(bytes, direction)
    case .stall(let ms):
      counters.add(.stalls)
      hold(direction, ms)
      forward(bytes, direction)
    case .cut, .reset, .halfOpen:
      if at > 0, let prefix = bytes.readSlice(length: at) { forward(prefix, direction) }
      phase = .halfOpen
      // After what is still on its way.
      client.eventLoop.scheduleTask(deadline: change(direction) { $0.holdUntil }) { [self] in
        pass(direction)
        fail(fault)
      }
    }
  }

  private func fail(_ fault: LinkPlan.Fault) {
    guard phase == .halfOpen else { return }
    switch fault {
    case .reset:
      counters.add(.resets)
      for channel in [client, server].compactMap({ $0 }) {
        _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
      }
      end()
    case .halfOpen(let holdMs):
      counters.add(.halfOpens)
      for channel in [client, server].compactMap({ $0 }) { _ = channel.setOption(.autoRead, value: false) }
      client.eventLoop.scheduleTask(in: .milliseconds(Int64(holdMs))) { [self] in end() }
    case .cut:
      counters.add(.cuts)
      end()
    case .none, .flip, .stall:
      end()
    }
  }

  private func hold(_ direction: LinkPlan.Direction, _ ms: Int) {
    let until = NIODeadline.now() + .milliseconds(Int64(ms))
    change(direction) { $0.holdUntil = max($0.holdUntil, until) }
  }

  private func forward(_ bytes: ByteBuffer, _ direction: LinkPlan.Direction) {
    if plan.delayMs > 0, dice.oneIn(2) {
      counters.add(.delays)
      hold(direction, dice.number(1...plan.delayMs))
    }
    let due = change(direction) { lane in
      lane.waiting.append(bytes)
      return lane.holdUntil
    }
    if due <= .now() {
      pass(direction)
    } else {
      client.eventLoop.scheduleTask(deadline: due) { [self] in pass(direction) }
    }
  }

  /// Passes on what waits, unless something has held up the lane again.
  private func pass(_ direction: LinkPlan.Direction) {
    guard phase != .ended, let target = direction == .up ? server : client else { return }
    let due = change(direction) { lane -> [ByteBuffer] in
      guard lane.holdUntil <= .now() else { return [] }
      defer { lane.waiting.removeAll() }
      return Array(lane.waiting)
    }
    for bytes in due { target.writeAndFlush(bytes, promise: nil) }
  }

  // MARK: The end

  /// One of the sockets is closed. A half-open link keeps that to itself.
  private func closed() {
    if phase == .open { end() }
  }

  private func end() {
    guard phase != .ended else { return }
    phase = .ended
    client.close(promise: nil)
    server?.close(promise: nil)
    onEnd(self)
  }
}

/// One end of a link.
private final class LinkEnd: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let link: ProxyLink
  private let direction: LinkPlan.Direction

  init(_ link: ProxyLink, _ direction: LinkPlan.Direction) {
    self.link = link
    self.direction = direction
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    link.received(unwrapInboundIn(data), direction)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
