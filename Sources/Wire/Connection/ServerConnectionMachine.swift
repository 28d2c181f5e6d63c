package import NIOCore

/// The server's side of one connection: handshake, streams, credit, budgets, keepalive and the graceful end.
///
/// It does no I/O and knows no clock: frames, time and what the service sends come in, and what is to be done comes out. A thrown error
/// is the end of the connection: send ``farewell(_:)`` and close.
package struct ServerConnectionMachine: ~Copyable {
  package enum Action {
    case none
    case send([OutboundFrame])
    /// The handshake is over: send READY and serve.
    case open(OutboundFrame, ConnectionAgreement)
    case deliver(InboundEvent)
    /// The service hears of it first.
    case deliverAndSend(InboundEvent, [OutboundFrame])
    /// The peer ended the connection.
    case close(WireError)
  }

  /// What the passing of time brought.
  package struct Tick {
    package var frames: [OutboundFrame] = []
    package var events: [InboundEvent] = []
  }

  enum Drain: Equatable {
    case no
    /// GOAWAY with the highest id of all went out; what the peer sent before it saw that is still served.
    case announced(until: NIODeadline)
    /// GOAWAY with the last id to be served went out.
    case final(lastStreamID: UInt32)
  }

  private var handshake: ServerHandshake
  private let handshakeDeadline: NIODeadline
  var agreement: ConnectionAgreement?
  var principal = Principal(keyId: "", role: .unspecified)
  var keepalive: Keepalive
  var abuse = AbuseBudget()
  var drain = Drain.no

  var streams: [UInt32: ServerStream] = [:]
  package var highestStreamID: UInt32 = 0
  /// Bytes of requests whose handlers have not ended.
  package private(set) var heldBytes = 0
  /// What all connections of the server may hold together.
  private let budget: MemoryBudget?
  /// What this one holds of it, once it is known whose it is.
  package private(set) var account: MemoryAccount?
  /// Bytes of a frame that is on its way.
  private var unfinishedBytes = 0
  var arrival = FrameArrival()
  /// Bytes of items that wait for credit.
  package var pendingBytes = 0
  /// Bytes that may still arrive for uploads whose handlers ended first.
  var lateUploadBytes = 0
  /// No stream's deadline is earlier than this.
  var nextDeadline = NIODeadline.distantFuture

  /// How long the peer has to see the first GOAWAY.
  static let drainNotice = TimeAmount.seconds(1)

  package init(
    _ handshake: consuming ServerHandshake, timings: ConnectionTimings, budget: MemoryBudget? = nil, now: NIODeadline
  ) {
    self.handshake = handshake
    self.budget = budget
    handshakeDeadline = now + .milliseconds(timings.handshakeMs)
    keepalive = Keepalive(
      idle: .milliseconds(timings.pingIdleMs), pongTimeout: .milliseconds(timings.pongTimeoutMs), now: now)
  }

  package var isOpen: Bool { agreement != nil }
  package var awaitsPreface: Bool { handshake.awaitsPreface }
  /// Who the peer says it is, proved or not.
  var claimedKeyId: String { handshake.claimedKeyId }

  /// Serves this peer no further than to tell it why; only before it is open.
  mutating func refuse(_ error: WireError) { handshake.refuse(error) }

  /// How many more bytes of requests may be held.
  package var memoryBudget: Int {
    guard isOpen else { return Limits.handshakeFrameBytes }
    let own = Limits.requestBytesPerPeer - heldBytes
    guard let account else { return own }
    return min(own, max(MemoryBudget.floorBytes - heldBytes, account.roomBytes))
  }

  /// How many bytes a chunk of an upload may have: what is held for the window of one that is open covers it.
  package var uploadBudget: Int { heldBytes >= Int(Limits.initialStreamBytes) ? .max : memoryBudget }

  mutating func hold(_ bytes: Int) {
    heldBytes += bytes
    account?.change(by: bytes)
  }

  /// A frame has begun to arrive, or is here whole.
  /// - Parameter isNew: whether another frame was received since the last call.
  mutating func wait(for bytes: Int, isNew: Bool, _ now: NIODeadline) {
    arrival.update(isUnfinished: bytes > 0, isNew: isNew, now)
    guard bytes != unfinishedBytes else { return }
    hold(bytes - unfinishedBytes)
    unfinishedBytes = bytes
  }

  /// The connection is over: what its requests hold does not count any more.
  package mutating func releaseAll() {
    hold(-heldBytes)
    unfinishedBytes = 0
    account?.close()
  }

  /// Whether the graceful end has come: everything that was to be served is.
  package var isDrained: Bool {
    if case .final = drain { streams.isEmpty } else { false }
  }

  package mutating func receive(preface: [UInt8]) throws(WireError) -> ServerHandshake.PrefaceAction {
    try handshake.receive(preface: preface)
  }

  /// Bytes came, of whatever kind.
  package mutating func receivedBytes(_ now: NIODeadline) { keepalive.received(now) }

  /// - Throws: whatever ends the connection.
  package mutating func receive(_ output: FrameDecoder.Output, _ now: NIODeadline) throws(WireError) -> Action {
    switch output {
    case .frame(let frame):
      return isOpen ? try receive(open: frame, now) : try receive(handshake: frame)
    case .ignored:
      try abuse.spend(.oddity, now)
      return .none
    case .refused(let header):
      guard isOpen else { throw WireError(.badFrame, "frame type \(header.type) is not allowed before READY") }
      guard header.type == FrameType.request.rawValue else { return try receive(refusedUpload: header) }
      try take(streamID: header.streamID)
      return refuse(
        header.streamID, WireError(.overloaded, "the requests under way hold too many bytes", retryAfterMs: 50))
    }
  }

  private mutating func receive(handshake frame: Frame) throws(WireError) -> Action {
    switch try handshake.receive(frame) {
    case .send(let frame):
      return .send([frame])
    case .ready(let frame, let agreement):
      self.agreement = agreement
      account = budget?.open(agreement.peer)
      principal = Principal(keyId: agreement.peer, role: agreement.role, limits: agreement.keyLimits)
      return .open(frame, agreement)
    }
  }

  private mutating func receive(open frame: Frame, _ now: NIODeadline) throws(WireError) -> Action {
    switch frame.type {
    case .request: return try receive(request: frame, now)
    case .upload: return try receive(upload: frame, now)
    case .credit: return try receive(credit: frame, now)
    case .cancel: return try receive(cancel: frame, now)
    case .ping, .pong, .goAway, .error:
      guard frame.streamID == 0 else {
        throw WireError(.badFrame, "frame type \(frame.type.rawValue) from a client belongs to stream 0")
      }
      return try receive(control: frame, now)
    case .hello, .challenge, .auth, .ready, .response, .item:
      throw WireError(.badFrame, "a client may not send frame type \(frame.type.rawValue) now")
    }
  }

  private mutating func receive(control frame: Frame, _ now: NIODeadline) throws(WireError) -> Action {
    switch frame.type {
    case .ping, .pong:
      guard frame.body.readableBytes == 8 else { throw WireError(.badFrame, "PING and PONG have eight bytes") }
      try abuse.spend(.control, now)
      if frame.type == .ping { return .send([.pong(frame.body)]) }
      guard case .announced = drain else { return .none }
      return .send([finishDrainNotice()])
    case .error:
      return .close(try WireError(decoding: frame.body))
    default:
      // GOAWAY: the client opens nothing more, which is its own affair.
      try abuse.spend(.control, now)
      return .none
    }
  }

  // MARK: Time

  /// When ``tick(_:)`` is next worth a call.
  package var nextTick: NIODeadline {
    guard isOpen else { return handshakeDeadline }
    var next = min(keepalive.nextTick, nextDeadline, arrival.deadline)
    if case .announced(let until) = drain { next = min(next, until) }
    return next
  }

  /// - Throws: `handshake_timeout`, or `connection_lost` when the peer is silent.
  package mutating func tick(_ now: NIODeadline) throws(WireError) -> Tick {
    var result = Tick()
    guard isOpen else {
      if now >= handshakeDeadline { throw WireError(.handshakeTimeout, "the handshake took too long") }
      return result
    }
    guard now < arrival.deadline else {
      throw WireError(.abuse, "a frame arrives more slowly than \(Limits.slowFrameBytesPerSecond) bytes a second")
    }
    switch keepalive.tick(now) {
    case .none: break
    case .ping(let number): result.frames.append(.ping(number))
    case .dead: throw WireError(.connectionLost, "the peer did not answer PING", effect: .unknown)
    }
    if case .announced(let until) = drain, now >= until { result.frames.append(finishDrainNotice()) }
    if now >= nextDeadline { expireStreams(now, &result) }
    return result
  }

  // MARK: The end

  /// Begins the graceful end: tells the peer to open nothing more, and asks for a PONG to know that it has heard.
  package mutating func beginDrain(_ now: NIODeadline) -> [OutboundFrame] {
    guard isOpen, drain == .no else { return [] }
    drain = .announced(until: now + Self.drainNotice)
    return [.goAway(lastStreamID: .max, reason: WireError(.shuttingDown, "the server is stopping")), .ping(0)]
  }

  private mutating func finishDrainNotice() -> OutboundFrame {
    drain = .final(lastStreamID: highestStreamID)
    return .goAway(lastStreamID: highestStreamID, reason: WireError(.shuttingDown, "the server is stopping"))
  }

  /// The grace is over: one terminal frame for every stream that is still open.
  package mutating func abandonStreams() -> [OutboundFrame] {
    let error = WireError(.shuttingDown, "the server stopped before the request was done", effect: .unknown)
    let frames = streams.keys.sorted().map { OutboundFrame.error(streamID: $0, error) }
    streams = [:]
    hold(unfinishedBytes - heldBytes)
    pendingBytes = 0
    return frames
  }

  /// The last frame before closing because of `error`, or nil for a peer that does not speak this protocol.
  package func farewell(_ error: WireError) -> OutboundFrame? {
    guard handshake.speaksFrames else { return nil }
    return error.errorCode == .abuse ? .goAway(lastStreamID: highestStreamID, reason: error) : .error(streamID: 0, error)
  }
}
