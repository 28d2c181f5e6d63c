import NIOCore
import Wire

/// A peer that sends what it likes. The machine must never trap, must keep its books straight (bytes held and pending), and must end
/// each stream at most once.
public enum HostilePeerFuzzer {
  public struct Result: Sendable {
    public var events = 0
    public var connections = 0
  }

  /// - Throws: ``FuzzFailure``
  public static func run(events: Int, seed: UInt64) throws -> Result {
    var random = SeededGenerator(seed: seed)
    var result = Result()
    while result.events < events {
      result.connections += 1
      result.events +=
        random.oneIn(2) ? try attackServer(&random, seed, result.events) : try attackClient(&random, seed, result.events)
    }
    return result
  }

  private static let fromClient: [FrameType] = [
    .request, .request, .request, .request, .request, .upload, .upload, .credit, .credit, .cancel, .ping, .pong, .goAway,
  ]
  private static let fromServer: [FrameType] = [.response, .item, .item, .item, .credit, .ping, .error]

  private static func attackServer(_ random: inout SeededGenerator, _ seed: UInt64, _ event: Int) throws -> Int {
    var now = NIODeadline.uptimeNanoseconds(1)
    var pair = MachinePair(now: now)
    if !random.oneIn(10) { try pair.shakeHands(now: now) }
    var open: [UInt32: CallShape] = [:]
    var ended: Set<UInt32> = []
    var steps = 0
    func count(_ frames: [OutboundFrame]) throws {
      for frame in frames where frame.streamID != 0 && (frame.type == .response || frame.type == .error) {
        guard ended.insert(frame.streamID).inserted else {
          throw FuzzFailure("stream \(frame.streamID) ended twice", seed: seed, event: event + steps)
        }
      }
    }
    func note(_ event: InboundEvent) {
      if case .request(let request) = event { open[request.streamID] = request.method.rule.shape }
    }
    do throws(WireError) {
      while steps < 400 {
        steps += 1
        now = now + .milliseconds(Int64(random.size(upTo: 4_000)))
        var frames: [OutboundFrame] = []
        switch random.number(0...9) {
        case 0:
          let tick = try pair.server.tick(now)
          frames = tick.frames
        case 1, 2:
          guard let id = open.keys.randomElement(using: &random) else { continue }
          let body = random.bytes(random.size(upTo: 5_000))
          let kind: Outbound.Kind = random.oneIn(3) ? .response(replayed: false) : random.oneIn(8) ? .error : .item
          if let frame = try pair.server.send(Outbound(streamID: id, kind: kind, message: body)) { frames = [frame] }
        case 3:
          if let id = open.keys.randomElement(using: &random), let frame = pair.server.grantUpload(id, bytes: 1_000) {
            frames = [frame]
          }
        case 4 where random.oneIn(50):
          frames = pair.server.beginDrain(now)
        default:
          pair.server.receivedBytes(now)
          switch try pair.server.receive(.frame(frame(&random, Self.fromClient, open, highest: pair.server.highestStreamID)), now)
          {
          case .none: break
          case .send(let sent): frames = sent
          case .open: break
          case .deliver(let event): note(event)
          case .deliverAndSend(let event, let sent):
            note(event)
            frames = sent
          case .close: return steps
          }
        }
        do { try count(frames) } catch { throw WireError(.internalError, "\(error)") }
        guard pair.server.heldBytes >= 0, pair.server.pendingBytes >= 0 else {
          throw WireError(.internalError, "the books are wrong")
        }
      }
    } catch {
      if error.errorCode == .internalError { throw FuzzFailure(error.message, seed: seed, event: event + steps) }
    }
    do { try count(pair.server.abandonStreams()) }
    guard pair.server.heldBytes == 0, pair.server.pendingBytes == 0 else {
      throw FuzzFailure("bytes are left without streams", seed: seed, event: event + steps)
    }
    return steps
  }

  private static func attackClient(_ random: inout SeededGenerator, _ seed: UInt64, _ event: Int) throws -> Int {
    var now = NIODeadline.uptimeNanoseconds(1)
    var pair = MachinePair(now: now)
    if !random.oneIn(10) { try pair.shakeHands(now: now) }
    var open: [UInt32: CallShape] = [:]
    var highest: UInt32 = 0
    var steps = 0
    do throws(WireError) {
      while steps < 400 {
        steps += 1
        now = now + .milliseconds(Int64(random.size(upTo: 4_000)))
        switch random.number(0...5) {
        case 0:
          _ = try pair.client.tick(now)
        case 1:
          let shape = [CallShape.unary, .serverStream, .upload][random.number(0...2)]
          if let id = pair.client.openStream(shape, bytes: 1_000, items: 3) {
            open[id] = shape
            highest = id
          }
        case 2:
          if let id = open.keys.randomElement(using: &random) {
            _ = random.oneIn(2) ? pair.client.cancel(id, now) : pair.client.upload(id, random.bytes(9), end: random.oneIn(3))
          }
        default:
          pair.client.receivedBytes(now)
          switch try pair.client.receive(.frame(frame(&random, Self.fromServer, open, highest: highest))) {
          case .response(let id, _, _), .failed(let id, _):
            guard open.removeValue(forKey: id) != nil else { throw WireError(.internalError, "stream \(id) ended twice") }
          case .goAway(let unserved): for id in unserved { open[id] = nil }
          case .close: return steps
          case .none, .send, .open, .item, .uploadCredit: break
          }
        }
      }
    } catch {
      if error.errorCode == .internalError { throw FuzzFailure(error.message, seed: seed, event: event + steps) }
    }
    return steps
  }

  /// A frame that is at least half sensible, so that it gets past the first check.
  private static func frame(
    _ random: inout SeededGenerator, _ likely: [FrameType], _ open: [UInt32: CallShape], highest: UInt32
  ) -> Frame {
    let types = random.oneIn(40) ? FrameType.allCases : likely
    let type = types[random.number(0...types.count - 1)]
    let wanted: CallShape? =
      switch type {
      case .upload: .upload
      case .item: .serverStream
      case .credit: likely == fromClient ? .serverStream : .upload
      default: nil
      }
    let sensible = open.filter { wanted == nil || $0.value == wanted }.keys.sorted()
    if sensible.isEmpty, type != .request, !random.oneIn(20) { return Frame(type: .ping, streamID: 0, body: random.bytes(8)) }
    let near = random.oneIn(40) ? highest + 1 : sensible.randomElement(using: &random) ?? highest
    let id = random.oneIn(40) ? UInt32(truncatingIfNeeded: random.next()) : type.rawValue < 0x10 ? 0 : near
    var flags: FrameFlags = []
    if random.oneIn(9) { flags.insert(.end) }
    let body: ByteBuffer
    switch type {
    case .request:
      let methods = Method.allCases
      let head = RequestHead.with {
        $0.method = methods[random.number(0...methods.count - 1)].rawValue
        $0.idempotencyKey = random.oneIn(10) ? [] : [1]
        $0.timeoutMs = random.oneIn(2) ? UInt32(random.number(1...2_000)) : 0
        $0.initialBytes = UInt32(random.size(upTo: 100_000))
        $0.initialItems = UInt32(random.size(upTo: 40))
      }
      let id = random.oneIn(40) ? near : highest + (highest % 2 == 0 ? 1 : 2)
      return received(
        OutboundFrame(
          type: .request, streamID: id,
          body: .request(
            head, message: random.bytes(random.size(upTo: 4_000)), attachment: ByteBuffer(), attachmentIsEncoded: true)))
    case .response, .item, .upload:
      if random.oneIn(40) { fallthrough }
      return received(
        OutboundFrame(
          type: type, flags: flags, streamID: id,
          body: .message(ByteBuffer(), attachment: random.bytes(random.size(upTo: 260_000)), attachmentIsEncoded: true)))
    case .credit, .ping, .pong:
      body = random.bytes(random.oneIn(40) ? 7 : 8)
    case .cancel:
      body = random.oneIn(40) ? random.bytes(1) : ByteBuffer()
    case .hello, .challenge, .auth, .ready, .goAway, .error:
      body = random.oneIn(2) ? ByteBuffer() : random.bytes(random.size(upTo: 300))
    }
    return Frame(type: type, flags: flags, streamID: id, body: body)
  }
}
