package import NIOCore

/// The client's side of one connection. It does no I/O and knows no clock; a thrown error is the end of the connection.
package struct ClientConnectionMachine: ~Copyable {
  package enum Action {
    case none
    case send(OutboundFrame)
    case open(ConnectionAgreement)
    case response(streamID: UInt32, MessageBody, replayed: Bool)
    case item(streamID: UInt32, MessageBody)
    case failed(streamID: UInt32, WireError)
    /// The stream may upload more.
    case uploadCredit(streamID: UInt32)
    /// The server takes no new streams; these were never served.
    case goAway(unserved: [UInt32])
    /// The server ended the connection.
    case close(WireError)
  }

  private struct Stream {
    let shape: CallShape
    /// What the server may still send.
    var granted: Credit
    /// What may still be uploaded, in bytes.
    var uploadCredit = Int(Limits.initialStreamBytes)
    /// Nobody listens any more; the terminal frame is still to come.
    var isCancelled = false
  }

  private var handshake: ClientHandshake
  private let handshakeDeadline: NIODeadline
  private(set) var agreement: ConnectionAgreement?
  private var keepalive: Keepalive
  private var streams: [UInt32: Stream] = [:]
  private var nextStreamID: UInt32 = 1
  private var cancels = 0
  private var cancelWindowEnd = NIODeadline.uptimeNanoseconds(0)
  private var isGoingAway = false
  private var goAwayReason: WireError?

  package init(_ handshake: consuming ClientHandshake, timings: ConnectionTimings, now: NIODeadline) {
    self.handshake = handshake
    handshakeDeadline = now + .milliseconds(timings.handshakeMs)
    keepalive = Keepalive(
      idle: .milliseconds(timings.pingIdleMs), pongTimeout: .milliseconds(timings.pongTimeoutMs), now: now)
  }

  package var isOpen: Bool { agreement != nil }
  package var awaitsPreface: Bool { handshake.awaitsPreface }
  package var preface: [UInt8] { handshake.preface }

  /// See ``ClientHandshake/bind(certificateHash:)``.
  mutating func bind(certificateHash: [UInt8]) { handshake.bind(certificateHash: certificateHash) }

  package var streamCount: Int { streams.count }
  /// Everything the server still owed has come after its GOAWAY.
  package var isDone: Bool { isGoingAway && streams.isEmpty }
  /// What the server said in its GOAWAY.
  package var farewell: WireError? { goAwayReason }

  /// The server's preface came; send HELLO.
  package mutating func receive(preface: [UInt8]) throws(WireError) -> OutboundFrame {
    try handshake.receive(preface: preface)
  }

  package mutating func receivedBytes(_ now: NIODeadline) { keepalive.received(now) }

  // MARK: Calls

  /// The id of a new stream, or nil when there can be none now.
  package mutating func openStream(_ shape: CallShape, bytes: UInt32, items: UInt32) -> UInt32? {
    guard let agreement, !isGoingAway, streams.count < agreement.limits.maxStreams, nextStreamID <= UInt32.max - 2 else {
      return nil
    }
    let id = nextStreamID
    nextStreamID += 2
    streams[id] = Stream(shape: shape, granted: Credit(bytes: bytes, items: items))
    return id
  }

  /// The stream's REQUEST was never sent.
  package mutating func forgetStream(_ streamID: UInt32) { streams[streamID] = nil }

  /// CREDIT for the server, or nil when the stream takes no more items.
  package mutating func grant(_ streamID: UInt32, bytes: UInt32, items: UInt32) -> OutboundFrame? {
    guard let stream = streams[streamID], stream.shape == .serverStream, !stream.isCancelled, bytes > 0 || items > 0 else {
      return nil
    }
    streams[streamID]?.granted.grant(bytes: bytes, items: items)
    return .credit(streamID: streamID, bytes: bytes, items: items)
  }

  /// Listens to the stream no more. CANCEL, or nil when there is nothing to tell, or when another CANCEL would be taken for abuse.
  package mutating func cancel(_ streamID: UInt32, _ now: NIODeadline) -> OutboundFrame? {
    guard let stream = streams[streamID], !stream.isCancelled else { return nil }
    abandon(streamID)
    if now >= cancelWindowEnd {
      cancelWindowEnd = now + .milliseconds(Limits.abuseWindowMs)
      cancels = 0
    }
    cancels += 1
    // Half the budget, because the server's window may overlap two of these.
    return cancels <= Limits.abuseCancels / 2 ? .cancel(streamID: streamID) : nil
  }

  /// Listens to the stream no more, which goes on until its terminal frame.
  package mutating func abandon(_ streamID: UInt32) {
    streams[streamID]?.isCancelled = true
  }

  /// UPLOAD with a chunk of at most 256 KiB, or nil when it must wait for credit.
  package mutating func upload(_ streamID: UInt32, _ chunk: ByteBuffer, end: Bool) -> OutboundFrame? {
    guard let stream = streams[streamID], stream.uploadCredit > 0 || chunk.readableBytes == 0 else { return nil }
    streams[streamID]?.uploadCredit -= chunk.readableBytes
    return OutboundFrame(
      type: .upload, flags: end ? .end : [], streamID: streamID,
      body: .message(ByteBuffer(), attachment: chunk, attachmentIsEncoded: true))
  }

  // MARK: What the server sends

  /// - Throws: whatever ends the connection.
  package mutating func receive(_ output: FrameDecoder.Output) throws(WireError) -> Action {
    guard case .frame(let frame) = output else { return .none }
    guard isOpen else {
      switch try handshake.receive(frame) {
      case .send(let frame): return .send(frame)
      case .ready(let agreement):
        self.agreement = agreement
        return .open(agreement)
      }
    }
    switch frame.type {
    case .response:
      let body = try MessageBody(parsing: frame)
      let stream = try end(frame)
      return stream.isCancelled ? .none : .response(streamID: frame.streamID, body, replayed: frame.flags.contains(.replayed))
    case .error where frame.streamID != 0:
      let error = try WireError(decoding: frame.body)
      let stream = try end(frame)
      return stream.isCancelled ? .none : .failed(streamID: frame.streamID, error)
    case .item: return try receive(item: frame)
    case .credit: return try receive(credit: frame)
    case .goAway, .ping, .pong, .error:
      guard frame.streamID == 0 else { throw WireError(.badFrame, "frame type \(frame.type.rawValue) belongs to stream 0") }
      return try receive(control: frame)
    case .hello, .challenge, .auth, .ready, .request, .upload, .cancel:
      throw WireError(.badFrame, "a server may not send frame type \(frame.type.rawValue) now")
    }
  }

  private mutating func end(_ frame: Frame) throws(WireError) -> Stream {
    guard let stream = streams.removeValue(forKey: frame.streamID) else {
      throw WireError(.badFrame, "the server ended stream \(frame.streamID), which is not open")
    }
    return stream
  }

  private mutating func receive(item frame: Frame) throws(WireError) -> Action {
    let body = try MessageBody(parsing: frame)
    guard var stream = streams[frame.streamID], stream.shape == .serverStream else {
      throw WireError(.badFrame, "the server sent an item on stream \(frame.streamID), which takes none")
    }
    guard stream.granted.isOpen else {
      throw WireError(.flowViolation, "the server sent more on stream \(frame.streamID) than it had credit for")
    }
    stream.granted.spend(bytes: body.creditBytes)
    streams[frame.streamID] = stream
    return stream.isCancelled ? .none : .item(streamID: frame.streamID, body)
  }

  private mutating func receive(credit frame: Frame) throws(WireError) -> Action {
    var body = frame.body
    guard let (bytes, _) = body.readMultipleIntegers(as: (UInt32, UInt32).self), body.readableBytes == 0 else {
      throw WireError(.badFrame, "CREDIT has eight bytes")
    }
    guard let stream = streams[frame.streamID] else {
      guard frame.streamID % 2 == 1, frame.streamID < nextStreamID else {
        throw WireError(.badFrame, "CREDIT for stream \(frame.streamID), which was never opened")
      }
      return .none
    }
    guard stream.shape == .upload else {
      throw WireError(.badFrame, "CREDIT for stream \(frame.streamID), which uploads nothing")
    }
    streams[frame.streamID]?.uploadCredit = min(stream.uploadCredit + Int(bytes), Int(UInt32.max))
    return .uploadCredit(streamID: frame.streamID)
  }

  private mutating func receive(control frame: Frame) throws(WireError) -> Action {
    switch frame.type {
    case .ping, .pong:
      guard frame.body.readableBytes == 8 else { throw WireError(.badFrame, "PING and PONG have eight bytes") }
      return frame.type == .ping ? .send(.pong(frame.body)) : .none
    case .error:
      return .close(try WireError(decoding: frame.body))
    default:
      let goAway = try GoAway(decoding: frame.body)
      isGoingAway = true
      goAwayReason = goAway.reason
      let unserved = streams.keys.filter { $0 > goAway.lastStreamId }.sorted()
      for id in unserved { streams[id] = nil }
      return .goAway(unserved: unserved)
    }
  }

  // MARK: Time

  package var nextTick: NIODeadline { isOpen ? keepalive.nextTick : handshakeDeadline }

  /// - Throws: `handshake_timeout`, or `connection_lost` when the server is silent.
  package mutating func tick(_ now: NIODeadline) throws(WireError) -> OutboundFrame? {
    guard isOpen else {
      if now >= handshakeDeadline { throw WireError(.handshakeTimeout, "the server did not finish the handshake in time") }
      return nil
    }
    switch keepalive.tick(now) {
    case .none: return nil
    case .ping(let number): return .ping(number)
    case .dead: throw WireError(.connectionLost, "the server did not answer PING", effect: .unknown)
    }
  }
}
