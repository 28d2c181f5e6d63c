import Logging
import NIOCore
import NIOSSL
import NIOTLS

/// Everything between a socket and the service, in one handler: frames, the state machine, and the hand-over in bursts.
///
/// What one read of the socket brings is handed to the service in a few large parts; what the service sends meanwhile, and
/// what it sends with one call from elsewhere, is written and flushed once.
final class ServerConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// What all connections of a server share.
  struct Shared: Sendable {
    let configuration: ServerConfiguration
    let keys: any KeyDirectory
    let service: any WireService
    let dummySecret: [UInt8]
    let registry: ConnectionRegistry
    let codecs: EventLoopCodecs
    let failures: AuthenticationFailures
  }

  /// The peer's address.
  struct Remote: Sendable, CustomStringConvertible {
    let host: String
    let port: Int

    var description: String { "\(host):\(port)" }
  }

  private enum Phase {
    case serving
    /// The last frame is written: the rest of what the peer sends is thrown away until it closes, so that it can read that frame.
    case lingering
    case closed
  }

  private let shared: Shared
  private let id: UInt64
  private let remote: Remote
  /// SHA-256 of the client's certificate, if it has one.
  private var certificate: [UInt8]?
  private var core: ServerConnectionCore
  private var burst: [InboundEvent] = []
  private var phase = Phase.serving
  private var isReading = false
  private var peer: ServerPeer?
  private var context: ChannelHandlerContext?
  /// As the server's traffic has it.
  private var waitingBytes = 0
  private var wake: (at: NIODeadline, task: Scheduled<Void>)?

  /// How long a peer may take to close after the last frame.
  private static let linger = TimeAmount.seconds(1)

  init(
    _ shared: Shared, id: UInt64, remote: Remote, refusal: WireError?, certificateHash: [UInt8], codec: BodyCodec,
    now: NIODeadline
  ) {
    self.shared = shared
    self.id = id
    self.remote = remote
    let handshake = ServerHandshake(
      .init(
        serverId: shared.configuration.serverId, limits: shared.configuration.limits, nonce: randomBytes(32),
        dummySecret: shared.dummySecret, certificateHash: certificateHash, refusal: refusal,
        hears: { [failures = shared.failures] in failures.refusal(of: remote.host, $0, .now()) },
        admits: { [registry = shared.registry] in registry.open(id, $0, $1) }),
      keys: shared.keys)
    core = ServerConnectionCore(
      ServerConnectionMachine(
        handshake, timings: shared.configuration.timings, budget: shared.configuration.memory, now: now), codec: codec)
  }

  // MARK: The channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    schedule()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
  }

  func channelInactive(context: ChannelHandlerContext) {
    phase = .closed
    core.machine.releaseAll()
    wait(for: 0)
    wake?.task.cancel()
    wake = nil
    if let peer {
      self.peer = nil
      peer.disconnect()
      shared.service.disconnected(peer)
    }
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted? = event as? TLSUserEvent {
      let peer = try? context.channel.pipeline.syncOperations.nioSSL_peerCertificate()
      certificate = peer.flatMap(TLSFiles.fingerprint)
      if isRevoked { core.machine.refuse(Self.revoked) }
    }
    context.fireUserInboundEventTriggered(event)
  }

  private static let revoked = WireError(.unauthenticated, "the client's certificate was revoked")

  private var isRevoked: Bool { certificate.map { shared.configuration.tls?.current.revoked.contains($0) ?? false } ?? false }

  /// Ends the connection if its client's certificate is not good any more.
  func checkCertificate() {
    if isRevoked { close(Self.revoked) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    shared.configuration.logger.debug("connection \(remote): \(error)")
    context.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard phase == .serving else { return }
    isReading = true
    let now = NIODeadline.now()
    let bytes = unwrapInboundIn(data)
    shared.configuration.traffic.receive(bytes.readableBytes)
    core.append(bytes, now)
    do throws(WireError) {
      try receive(now)
    } catch {
      fail(error)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    handOver()
    isReading = false
    settle()
  }

  /// A peer that does not read is not read from either. That it reads at all proves that it lives, since its PONGs go unread meanwhile.
  func channelWritabilityChanged(context: ChannelHandlerContext) {
    core.machine.receivedBytes(.now())
    let isWritable = context.channel.isWritable
    try? context.channel.syncOptions?.setOption(.autoRead, value: isWritable)
    core.machine.arrival.pause(!isWritable, .now())
    peer?.isCongested = !isWritable
    if isWritable {
      burst.append(.writable)
      handOver()
    }
    settle()
    context.fireChannelWritabilityChanged()
  }

  // MARK: What comes in

  private func receive(_ now: NIODeadline) throws(WireError) {
    while phase == .serving {
      switch try core.receive(now, into: &burst) {
      case .waits:
        return
      case .full:
        handOver()
        flushNow()
      case .opened:
        open()
      case .closed(let error):
        shared.configuration.logger.debug("connection \(remote): the peer ended it: \(error)")
        handOver()
        phase = .closed
        context?.close(promise: nil)
      }
    }
  }

  private func open() {
    guard let context else { return }
    let peer = ServerPeer(
      id: id, principal: core.machine.principal, remoteAddress: remote.description, handler: self,
      account: core.machine.account, compresses: core.compresses, eventLoop: context.eventLoop)
    core.machine.account?.closes { [weak peer] in peer?.close($0) }
    self.peer = peer
    shared.service.connected(peer)
  }

  private func handOver() {
    guard !burst.isEmpty, let peer else { return }
    let events = burst
    burst = []
    shared.service.handle(events, on: peer)
  }

  // MARK: What goes out

  func send(_ outbound: [Outbound]) {
    guard phase == .serving else { return }
    do throws(WireError) {
      for failure in try core.send(outbound) {
        shared.configuration.logger.error("stream \(failure.streamID) of \(remote): \(failure.error)")
      }
      try checkPending()
    } catch {
      fail(error)
    }
    settle()
  }

  func grantUpload(streamID: UInt32, bytes: UInt32) {
    guard phase == .serving, let frame = core.machine.grantUpload(streamID, bytes: bytes) else { return }
    do throws(WireError) { try core.write([frame]) } catch { fail(error) }
    settle()
  }

  /// The service ends the connection.
  func close(_ reason: WireError) {
    guard phase == .serving else { return }
    end(.goAway(lastStreamID: core.machine.highestStreamID, reason: reason))
    settle()
  }

  /// Begins the graceful end of the connection.
  func drain() {
    guard phase == .serving else { return }
    if core.machine.isOpen {
      do throws(WireError) { try core.write(core.machine.beginDrain(.now())) } catch { fail(error) }
      burst.append(.stopping)
      handOver()
    } else {
      end(nil)
    }
    settle()
  }

  /// Others need the place, and this peer has not said yet who it is.
  func evict() {
    guard phase == .serving, !core.machine.isOpen else { return }
    end(nil)
    settle()
  }

  /// The grace is over.
  func abandon() {
    guard phase == .serving else { return }
    do throws(WireError) { try core.write(core.machine.abandonStreams()) } catch { fail(error) }
    end(.goAway(lastStreamID: core.machine.highestStreamID, reason: WireError(.shuttingDown, "the server has stopped")))
    settle()
  }

  /// - Throws: `overloaded` when the peer does not read what it asked for.
  private func checkPending() throws(WireError) {
    guard core.out.readableBytes > 0, let context, !context.channel.isWritable else { return }
    let buffered = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    guard buffered + core.out.readableBytes <= Limits.pendingBytesPerPeer else {
      throw WireError(.overloaded, "the client does not read its replies: \(buffered + core.out.readableBytes) bytes wait for it")
    }
  }

  private func flushNow() {
    guard core.out.readableBytes > 0, let context else { return }
    let allocator = context.channel.allocator
    let bytes = core.takeOutput { allocator.buffer(capacity: $0) }
    shared.configuration.traffic.send(bytes.readableBytes)
    context.writeAndFlush(wrapOutboundOut(bytes), promise: holding(bytes.readableBytes, context))
  }

  /// Small writes to a peer that reads are not worth a promise.
  private static let heldFromBytes = 64 * 1024

  /// Counts bytes that go out as held until the network has taken them.
  private func holding(_ bytes: Int, _ context: ChannelHandlerContext) -> EventLoopPromise<Void>? {
    guard let account = core.machine.account, bytes >= Self.heldFromBytes || !context.channel.isWritable else { return nil }
    account.change(by: bytes)
    let promise = context.eventLoop.makePromise(of: Void.self)
    promise.futureResult.whenComplete { _ in account.change(by: -bytes) }
    return promise
  }

  /// Writes what has been collected, once, unless a read is under way: its end does it.
  private func settle() {
    guard !isReading, let context else { return }
    flushNow()
    wait(for: core.machine.pendingBytes)
    switch phase {
    case .serving:
      if core.machine.isDrained {
        phase = .lingering
        closeOutput(context)
      } else {
        schedule()
      }
    case .lingering:
      closeOutput(context)
    case .closed:
      break
    }
  }

  /// So many bytes of items wait for credit now.
  private func wait(for bytes: Int) {
    shared.configuration.traffic.wait(bytes - waitingBytes)
    core.machine.account?.change(by: bytes - waitingBytes)
    waitingBytes = bytes
  }

  // MARK: The end

  private func fail(_ error: WireError) {
    guard phase == .serving else { return }
    if error.errorCode == .unauthenticated, !core.machine.isOpen {
      shared.failures.note(remote.host, core.machine.claimedKeyId, .now())
    }
    shared.configuration.logger.info(
      "connection closed", metadata: ["peer": "\(remote)", "key": "\(core.machine.claimedKeyId)", "error": "\(error)"])
    handOver()
    end(core.machine.farewell(error))
  }

  private func end(_ last: OutboundFrame?) {
    guard phase == .serving else { return }
    // The last frame is small, so it can be encoded whatever was agreed.
    if let last { try? core.write([last]) }
    phase = .lingering
  }

  private func closeOutput(_ context: ChannelHandlerContext) {
    guard wake?.at != .distantPast else { return }
    wake?.task.cancel()
    context.close(mode: .output, promise: nil)
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let task = context.eventLoop.scheduleTask(in: Self.linger) {
      bound.value.context?.close(promise: nil)
      return
    }
    wake = (.distantPast, task)
  }

  // MARK: Time

  private func schedule() {
    guard phase == .serving, let context else { return }
    let next = core.machine.nextTick
    if let wake {
      if wake.at <= next { return }
      wake.task.cancel()
    }
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    wake = (next, context.eventLoop.scheduleTask(deadline: next) { bound.value.tick() })
  }

  private func tick() {
    wake = nil
    guard phase == .serving else { return }
    do throws(WireError) {
      let result = try core.machine.tick(.now())
      try core.write(result.frames)
      burst += result.events
      handOver()
    } catch {
      fail(error)
    }
    settle()
  }
}
