import Logging
import NIOCore

/// Everything between a socket and the service, in one handler: frames, the state machine, and the hand-over in bursts.
///
/// What one read of the socket brings is collected and handed to the service once; what the service sends meanwhile, and what it sends
/// with one call from elsewhere, is written and flushed once.
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
  }

  private enum Phase {
    case serving
    /// The last frame is written: the rest of what the peer sends is thrown away until it closes, so that it can read that frame.
    case lingering
    case closed
  }

  private let shared: Shared
  private let id: UInt64
  private let remoteAddress: String
  private let codec: BodyCodec
  private var machine: ServerConnectionMachine
  private var decoder = FrameDecoder()
  private var encoder = FrameEncoder()
  private var out = ByteBuffer()
  private var burst: [InboundEvent] = []
  private var phase = Phase.serving
  private var isReading = false
  private var peer: ServerPeer?
  private var context: ChannelHandlerContext?
  private var wake: (at: NIODeadline, task: Scheduled<Void>)?

  /// How long a peer may take to close after the last frame.
  private static let linger = TimeAmount.seconds(1)

  init(_ shared: Shared, id: UInt64, remoteAddress: String, refusal: WireError?, codec: BodyCodec, now: NIODeadline) {
    self.shared = shared
    self.id = id
    self.remoteAddress = remoteAddress
    self.codec = codec
    let handshake = ServerHandshake(
      .init(
        serverId: shared.configuration.serverId, limits: shared.configuration.limits, nonce: randomBytes(32),
        dummySecret: shared.dummySecret, refusal: refusal),
      keys: shared.keys)
    machine = ServerConnectionMachine(handshake, timings: shared.configuration.timings, now: now)
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
    wake?.task.cancel()
    wake = nil
    if let peer {
      self.peer = nil
      peer.disconnect()
      shared.service.disconnected(peer)
    }
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    shared.configuration.logger.debug("connection \(remoteAddress): \(error)")
    context.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard phase == .serving else { return }
    isReading = true
    let now = NIODeadline.now()
    machine.receivedBytes(now)
    decoder.append(unwrapInboundIn(data))
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
    machine.receivedBytes(.now())
    try? context.channel.syncOptions?.setOption(.autoRead, value: context.channel.isWritable)
    context.fireChannelWritabilityChanged()
  }

  // MARK: What comes in

  private func receive(_ now: NIODeadline) throws(WireError) {
    if machine.awaitsPreface {
      guard let preface = decoder.takeBytes(Preface.byteCount) else { return }
      switch try machine.receive(preface: preface) {
      case .reply(let bytes):
        out.writeBytes(bytes)
      case .refuse(let bytes, let error):
        out.writeBytes(bytes)
        throw error
      }
    }
    while phase == .serving {
      decoder.memoryBudget = machine.memoryBudget
      guard let output = try decoder.next(codec) else { return }
      try perform(try machine.receive(output, now))
    }
  }

  private func perform(_ action: ServerConnectionMachine.Action) throws(WireError) {
    switch action {
    case .none:
      break
    case .send(let frames):
      try write(frames)
    case .open(let ready, let agreement):
      try write([ready])
      open(agreement)
    case .deliver(let event):
      burst.append(event)
    case .deliverAndSend(let event, let frames):
      burst.append(event)
      try write(frames)
    case .close(let error):
      shared.configuration.logger.debug("connection \(remoteAddress): the peer ended it: \(error)")
      handOver()
      phase = .closed
      context?.close(promise: nil)
    }
  }

  private func open(_ agreement: ConnectionAgreement) {
    guard let context else { return }
    decoder.limits = FrameDecoder.Limits(agreed: agreement.limits)
    encoder = FrameEncoder(agreed: agreement.limits, compresses: agreement.compression)
    let peer = ServerPeer(
      id: id, principal: machine.principal, remoteAddress: remoteAddress, handler: self, eventLoop: context.eventLoop)
    self.peer = peer
    shared.registry.opened(id)
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
      for reply in outbound {
        if let frame = try machine.send(reply) { try write(reply: frame) }
      }
      try checkPending()
    } catch {
      fail(error)
    }
    settle()
  }

  func grantUpload(streamID: UInt32, bytes: UInt32) {
    guard phase == .serving, let frame = machine.grantUpload(streamID, bytes: bytes) else { return }
    do throws(WireError) { try write([frame]) } catch { fail(error) }
    settle()
  }

  /// The service ends the connection.
  func close(_ reason: WireError) {
    guard phase == .serving else { return }
    end(.goAway(lastStreamID: machine.highestStreamID, reason: reason))
    settle()
  }

  /// Begins the graceful end of the connection.
  func drain() {
    guard phase == .serving else { return }
    if machine.isOpen {
      do throws(WireError) { try write(machine.beginDrain(.now())) } catch { fail(error) }
    } else {
      end(nil)
    }
    settle()
  }

  /// The grace is over.
  func abandon() {
    guard phase == .serving else { return }
    do throws(WireError) { try write(machine.abandonStreams()) } catch { fail(error) }
    end(.goAway(lastStreamID: machine.highestStreamID, reason: WireError(.shuttingDown, "the server has stopped")))
    settle()
  }

  private func write(_ frames: [OutboundFrame]) throws(WireError) {
    for frame in frames { try encoder.encode(frame, codec, into: &out) }
  }

  /// A reply that is too large for the connection becomes its stream's error.
  private func write(reply frame: OutboundFrame) throws(WireError) {
    do throws(WireError) {
      try encoder.encode(frame, codec, into: &out)
    } catch {
      shared.configuration.logger.error("stream \(frame.streamID) of \(remoteAddress): \(error)")
      if frame.type == .item {
        let end = Outbound.error(frame.streamID, error)
        guard let frame = try machine.send(end) else { return }
        try encoder.encode(frame, codec, into: &out)
      } else {
        try encoder.encode(.error(streamID: frame.streamID, error), codec, into: &out)
      }
    }
  }

  /// - Throws: `overloaded` when the peer does not read what it asked for.
  private func checkPending() throws(WireError) {
    guard out.readableBytes > 0, let context, !context.channel.isWritable else { return }
    let buffered = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    guard buffered + out.readableBytes <= Limits.pendingBytesPerPeer else {
      throw WireError(.overloaded, "the client does not read its replies: \(buffered + out.readableBytes) bytes wait for it")
    }
  }

  /// Writes what has been collected, once, unless a read is under way: its end does it.
  private func settle() {
    guard !isReading, let context else { return }
    if out.readableBytes > 0 {
      let bytes = out
      // The next burst will be much like this one.
      out = context.channel.allocator.buffer(capacity: min(bytes.readableBytes, 64 * 1_024))
      context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }
    switch phase {
    case .serving:
      if machine.isDrained {
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

  // MARK: The end

  private func fail(_ error: WireError) {
    guard phase == .serving else { return }
    shared.configuration.logger.info(
      "connection closed", metadata: ["peer": "\(remoteAddress)", "key": "\(machine.principal.keyId)", "error": "\(error)"])
    handOver()
    end(machine.farewell(error))
  }

  private func end(_ last: OutboundFrame?) {
    guard phase == .serving else { return }
    // The last frame is small, so it can be encoded whatever was agreed.
    if let last { try? encoder.encode(last, codec, into: &out) }
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
    let next = machine.nextTick
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
      let result = try machine.tick(.now())
      try write(result.frames)
      burst += result.events
      handOver()
    } catch {
      fail(error)
    }
    settle()
  }
}
