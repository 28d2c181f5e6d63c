import Guards
import NIOCore

/// The server's side of one connection from bytes to events and back: the frame decoder, the state machine and the frame
/// encoder, in one value without I/O.
struct ServerConnectionCore: ~Copyable {
  /// Why ``receive(_:into:)`` returned.
  enum Progress {
    /// More bytes are needed.
    case waits
    /// There are enough events to be handed over; call again for the rest.
    case full
    /// The handshake is over. There may be more to receive.
    case opened(ConnectionAgreement)
    /// The peer ended the connection.
    case closed(WireError)
  }

  var machine: ServerConnectionMachine
  /// What is to be written to the peer.
  private(set) var out = ByteBuffer()
  private var decoder = FrameDecoder()
  private var encoder = FrameEncoder()
  private let codec: BodyCodec

  /// Whether the peer agreed to compressed bodies.
  var compresses: Bool { encoder.compresses }

  init(_ machine: consuming ServerConnectionMachine, codec: BodyCodec) {
    self.machine = machine
    self.codec = codec
  }

  // MARK: What comes in

  /// Takes bytes as they came from the network; ``receive(_:into:)`` makes events of them.
  mutating func append(_ bytes: ByteBuffer, _ now: NIODeadline) {
    machine.receivedBytes(now)
    machine.arrival.received(bytes.readableBytes)
    decoder.append(bytes)
  }

  /// Appends to `events` what the appended bytes hold, until something else has to be done.
  /// - Throws: whatever ends the connection.
  mutating func receive(_ now: NIODeadline, into events: inout [InboundEvent]) throws(WireError) -> Progress {
    if machine.awaitsPreface {
      guard let preface = decoder.takeBytes(Preface.byteCount) else { return .waits }
      switch try machine.receive(preface: preface) {
      case .reply(let bytes):
        out.writeBytes(bytes)
      case .refuse(let bytes, let error):
        out.writeBytes(bytes)
        throw error
      }
    }
    var isNew = false
    while true {
      decoder.memoryBudget = machine.memoryBudget
      decoder.uploadBudget = machine.uploadBudget
      guard events.count < Limits.burstEvents else { return .full }
      guard let output = try decoder.next(codec) else {
        machine.wait(for: decoder.unfinishedBytes, isNew: isNew, now)
        return .waits
      }
      isNew = true
      switch try machine.receive(output, now) {
      case .none:
        break
      case .deliver(let event):
        events.append(event)
      case .deliverAndSend(let event, let frames):
        events.append(event)
        try write(frames)
      case .send(let frames):
        try write(frames)
      case .open(let ready, let agreement):
        try write([ready])
        // What else a client has to say is short, and would be held without a budget's asking.
        decoder.limits = FrameDecoder.Limits(
          agreed: agreement.limits, maxOtherBytes: Guard.memory.isOff ? nil : Limits.handshakeFrameBytes)
        encoder = FrameEncoder(agreed: agreement.limits, compresses: agreement.compression)
        return .opened(agreement)
      case .close(let error):
        return .closed(error)
      }
    }
  }

  // MARK: What goes out

  /// - Returns: what went wrong with single streams, which were told.
  /// - Throws: whatever ends the connection.
  mutating func send(_ outbound: [Outbound]) throws(WireError) -> [(streamID: UInt32, error: WireError)] {
    var failures: [(streamID: UInt32, error: WireError)] = []
    for reply in outbound {
      guard let frame = try machine.send(reply) else { continue }
      do throws(WireError) {
        try encoder.encode(frame, codec, into: &out)
      } catch {
        failures.append((frame.streamID, error))
        try refuse(frame, error)
      }
    }
    return failures
  }

  /// A reply that is too large for the connection becomes its stream's error.
  private mutating func refuse(_ frame: OutboundFrame, _ error: WireError) throws(WireError) {
    guard frame.type == .item else {
      return try encoder.encode(.error(streamID: frame.streamID, error), codec, into: &out)
    }
    guard let end = try machine.send(.error(frame.streamID, error)) else { return }
    try encoder.encode(end, codec, into: &out)
  }

  mutating func write(_ frames: [OutboundFrame]) throws(WireError) {
    for frame in frames { try encoder.encode(frame, codec, into: &out) }
  }

  /// Takes what has been collected, to be written at once; `allocate` makes the buffer for what follows.
  mutating func takeOutput(_ allocate: (_ capacity: Int) -> ByteBuffer) -> ByteBuffer {
    let bytes = out
    // The next burst will be much like this one.
    out = allocate(min(bytes.readableBytes, 64 * 1_024))
    return bytes
  }
}
