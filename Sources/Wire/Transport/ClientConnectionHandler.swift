import NIOCore
import NIOSSL
import NIOTLS

/// What a ``ClientConnectionHandler`` tells its client, on the event loop.
protocol ClientConnectionDelegate: AnyObject {
  func connectionOpened(_ connection: ClientConnectionHandler, _ agreement: ConnectionAgreement)
  func connection(_ connection: ClientConnectionHandler, replied call: UInt64, _ reply: RawReply)
  func connection(_ connection: ClientConnectionHandler, failed call: UInt64, _ error: WireError)
  func connection(_ connection: ClientConnectionHandler, item: MessageBody, of call: UInt64)
  func connection(_ connection: ClientConnectionHandler, mayUpload call: UInt64)
  /// It takes no new calls; these it never served.
  func connectionIsGoingAway(_ connection: ClientConnectionHandler, unserved: [UInt64])
  /// It is gone, with these calls under way.
  func connectionLost(_ connection: ClientConnectionHandler, _ error: WireError, calls: [UInt64])
}

/// One connection of a client: frames and the state machine around a socket. All on the event loop.
final class ClientConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private weak var delegate: (any ClientConnectionDelegate)?
  private let codec: BodyCodec
  private var machine: ClientConnectionMachine
  private var decoder = FrameDecoder()
  private var encoder = FrameEncoder()
  private var out = ByteBuffer()
  private var calls: [UInt32: UInt64] = [:]
  private var context: ChannelHandlerContext?
  private var isReading = false
  private var ended = false
  private var wake: (at: NIODeadline, task: Scheduled<Void>)?
  private(set) var isGoingAway = false
  /// Why the server takes nothing more on this connection.
  var farewell: WireError { machine.farewell ?? WireError(.shuttingDown, "the server is stopping") }

  private let tls: ClientTLS?

  init(
    _ parameters: ClientHandshake.Parameters, timings: ConnectionTimings, tls: ClientTLS?, codec: BodyCodec,
    delegate: any ClientConnectionDelegate
  ) {
    self.tls = tls
    machine = ClientConnectionMachine(ClientHandshake(parameters), timings: timings, now: .now())
    self.codec = codec
    self.delegate = delegate
  }

  // MARK: The channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if context.channel.isActive, tls == nil { begin() }
  }

  func channelActive(context: ChannelHandlerContext) {
    if tls == nil { begin() }
    context.fireChannelActive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(machine.farewell ?? WireError(.connectionLost, "the server closed the connection", effect: .unknown))
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted? = event as? TLSUserEvent { secured(context) }
    context.fireUserInboundEventTriggered(event)
  }

  /// TLS stands: nothing has been said yet that another than the right server may hear.
  private func secured(_ context: ChannelHandlerContext) {
    let certificate = try? context.channel.pipeline.syncOperations.nioSSL_peerCertificate()
    guard let fingerprint = certificate.flatMap(TLSFiles.fingerprint) else {
      return end(WireError(.tlsFailed, "the server has no certificate"))
    }
    if let pin = tls?.pin, pin != fingerprint {
      return end(
        WireError(
          .tlsFailed, "the server's certificate is not the one that is pinned",
          hint: "If it was renewed on purpose, set the new pin."))
    }
    machine.bind(certificateHash: fingerprint)
    begin()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if TLSFailure.isOne(error) { return end(TLSFailure.error(error)) }
    end(WireError(.connectionLost, "the connection broke: \(error)", effect: .unknown))
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !ended else { return }
    isReading = true
    machine.receivedBytes(.now())
    decoder.append(unwrapInboundIn(data))
    do throws(WireError) {
      try receive()
    } catch {
      end(error)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isReading = false
    flush()
  }

  private func begin() {
    guard out.readableBytes == 0, machine.awaitsPreface else { return }
    out.writeBytes(machine.preface)
    flush()
  }

  private func receive() throws(WireError) {
    if machine.awaitsPreface {
      guard let preface = decoder.takeBytes(Preface.byteCount) else { return }
      try write(try machine.receive(preface: preface))
    }
    while !ended, let output = try decoder.next(codec) {
      try perform(try machine.receive(output))
    }
  }

  private func perform(_ action: ClientConnectionMachine.Action) throws(WireError) {
    switch action {
    case .none:
      break
    case .send(let frame):
      try write(frame)
    case .open(let agreement):
      decoder.limits = FrameDecoder.Limits(agreed: agreement.limits)
      encoder = FrameEncoder(agreed: agreement.limits, compresses: agreement.compression)
      delegate?.connectionOpened(self, agreement)
    case .response(let streamID, let body, let replayed):
      guard let call = calls.removeValue(forKey: streamID) else { return }
      delegate?.connection(
        self, replied: call, RawReply(message: body.message, attachment: body.attachment, replayed: replayed))
    case .failed(let streamID, let error):
      guard let call = calls.removeValue(forKey: streamID) else { return }
      delegate?.connection(self, failed: call, error)
    case .item(let streamID, let body):
      if let call = calls[streamID] { delegate?.connection(self, item: body, of: call) }
    case .uploadCredit(let streamID):
      if let call = calls[streamID] { delegate?.connection(self, mayUpload: call) }
    case .goAway(let unserved):
      isGoingAway = true
      delegate?.connectionIsGoingAway(self, unserved: unserved.compactMap { calls.removeValue(forKey: $0) })
    case .close(let error):
      throw error
    }
  }

  // MARK: Calls

  /// Sends the call's REQUEST with the next flush and returns its stream; nil when there is no room for it now.
  /// - Throws: `frame_too_large`.
  func open(_ call: ClientCall, now: NIODeadline) throws(WireError) -> UInt32? {
    let window = call.window
    guard !ended,
      let streamID = machine.openStream(
        call.entry.shape, bytes: UInt32(clamping: window.bytes), items: UInt32(clamping: window.items))
    else { return nil }
    let head = RequestHead.with {
      $0.method = call.entry.method.rawValue
      $0.idempotencyKey = call.idempotencyKey
      $0.initialBytes = UInt32(clamping: window.bytes)
      $0.initialItems = UInt32(clamping: window.items)
      if let trace = call.trace {
        ($0.traceId, $0.spanId, $0.traceFlags) = (trace.traceId, trace.spanId, trace.isSampled ? 1 : 0)
      }
      if let deadline = call.deadline {
        $0.timeoutMs = UInt32(clamping: max(1, (deadline - now).nanoseconds / 1_000_000))
      }
    }
    let body = OutboundFrame.Body.request(
      head, message: call.message, attachment: call.attachment, attachmentIsEncoded: true)
    do throws(WireError) {
      try write(OutboundFrame(type: .request, streamID: streamID, body: body))
    } catch {
      machine.forgetStream(streamID)
      throw error
    }
    calls[streamID] = call.id
    return streamID
  }

  func grant(_ streamID: UInt32, bytes: UInt32, items: UInt32) {
    if let frame = machine.grant(streamID, bytes: bytes, items: items) { send(frame) }
  }

  /// Nobody waits for the stream any more; the server is told.
  func cancel(_ streamID: UInt32) {
    guard calls.removeValue(forKey: streamID) != nil, let frame = machine.cancel(streamID, .now()) else { return }
    send(frame)
  }

  /// Nobody waits for the stream any more, which the server finds out by itself.
  func abandon(_ streamID: UInt32) {
    calls[streamID] = nil
    machine.abandon(streamID)
  }

  /// Sends a chunk; false when it must wait for credit.
  func upload(_ streamID: UInt32, _ chunk: ByteBuffer, end: Bool) -> Bool {
    guard let frame = machine.upload(streamID, chunk, end: end) else { return false }
    send(frame)
    return true
  }

  /// Control frames and chunks fit every limit that can be agreed, so encoding them cannot fail.
  private func send(_ frame: OutboundFrame) {
    do throws(WireError) { try write(frame) } catch { end(error) }
  }

  private func write(_ frame: OutboundFrame) throws(WireError) {
    try encoder.encode(frame, codec, into: &out)
  }

  /// Writes what has been collected, unless a read is under way: its end does it.
  func flush() {
    guard !isReading, !ended, let context else { return }
    if out.readableBytes > 0 {
      let bytes = out
      // The next burst will be much like this one.
      out = context.channel.allocator.buffer(capacity: min(bytes.readableBytes, 64 * 1_024))
      context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }
    if machine.isDone {
      end(farewell)
    } else {
      schedule()
    }
  }

  // MARK: The end

  /// Closes the connection; calls under way get `error`.
  func end(_ error: WireError) {
    guard !ended else { return }
    ended = true
    wake?.task.cancel()
    wake = nil
    context?.close(promise: nil)
    let lost = calls.sorted { $0.key < $1.key }.map(\.value)
    calls = [:]
    delegate?.connectionLost(self, error, calls: lost)
  }

  // MARK: Time

  private func schedule() {
    guard !ended, let context else { return }
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
    guard !ended else { return }
    do throws(WireError) {
      if let frame = try machine.tick(.now()) { try write(frame) }
    } catch {
      return end(error)
    }
    flush()
  }
}
