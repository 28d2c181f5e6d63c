import NIOCore
import Wire

/// Both machines, each well behaved, over a network that delivers in order but when it likes. Nothing may ever be an error, no item may
/// be lost, and every call that was opened must end.
public enum PairFuzzer {
  public struct Result: Sendable {
    public var events = 0
    public var calls = 0
  }

  /// - Throws: ``FuzzFailure``
  public static func run(events: Int, seed: UInt64) throws -> Result {
    var random = SeededGenerator(seed: seed)
    var result = Result()
    while result.events < events {
      var run = try Run(seed: seed, event: result.events)
      do {
        try run.play(&random, steps: 1_000)
        try run.finish(&random)
      } catch let error as WireError {
        throw FuzzFailure("a well-behaved peer was refused: \(error)", seed: seed, event: result.events + run.steps)
      }
      result.events += run.steps
      result.calls += run.calls
    }
    return result
  }

  private struct Run: ~Copyable {
    let seed: UInt64
    let event: Int
    var pair: MachinePair
    var now = NIODeadline.uptimeNanoseconds(1)
    var toServer = CircularBuffer<OutboundFrame>()
    var toClient = CircularBuffer<OutboundFrame>()
    /// What the server has to do, by stream.
    var served: [UInt32: CallShape] = [:]
    var itemsSent: [UInt32: Int] = [:]
    var itemsSeen: [UInt32: Int] = [:]
    /// Streams that the client waits for, and those that it has cancelled.
    var waiting: [UInt32: CallShape] = [:]
    var steps = 0
    var calls = 0

    init(seed: UInt64, event: Int) throws {
      self.seed = seed
      self.event = event
      pair = MachinePair(now: now)
      try pair.shakeHands(now: now)
    }

    func failure(_ what: String) -> FuzzFailure { FuzzFailure(what, seed: seed, event: event + steps) }

    mutating func play(_ random: inout SeededGenerator, steps count: Int) throws {
      for _ in 0..<count {
        steps += 1
        now = now + .milliseconds(Int64(random.number(0...300)))
        switch random.number(0...9) {
        case 0: open(&random)
        case 1: act(asClient: &random)
        case 2, 3: try act(asService: &random)
        case 4: try tick()
        case 5, 6: try deliverToServer()
        default: try deliverToClient()
        }
      }
    }

    /// Lets everything come to its end.
    mutating func finish(_ random: inout SeededGenerator) throws {
      for _ in 0..<100_000 {
        if waiting.isEmpty, served.isEmpty, toServer.isEmpty, toClient.isEmpty { return }
        steps += 1
        for id in served.keys.sorted() { try end(id, &random) }
        for (id, shape) in waiting where shape == .serverStream {
          if let frame = pair.client.grant(id, bytes: 100_000, items: 100) { toServer.append(frame) }
        }
        now = now + .seconds(1)
        try deliverToServer()
        try deliverToClient()
      }
      throw failure("\(waiting.count) calls never ended")
    }

    mutating func open(_ random: inout SeededGenerator) {
      let method = [Method.sessionGet, .taskWatch, .artifactPut][random.number(0...2)]
      let bytes = UInt32(random.number(0...3_000))
      let items = UInt32(random.number(0...5))
      guard let id = pair.client.openStream(method.rule.shape, bytes: bytes, items: items) else { return }
      let head = RequestHead.with {
        $0.method = method.rawValue
        $0.idempotencyKey = [1]
        $0.initialBytes = bytes
        $0.initialItems = items
        $0.timeoutMs = random.oneIn(4) ? UInt32(random.number(1...5_000)) : 0
      }
      toServer.append(
        OutboundFrame(
          type: .request, streamID: id,
          body: .request(
            head, message: random.bytes(random.size(upTo: 2_000)), attachment: ByteBuffer(), attachmentIsEncoded: true)))
      waiting[id] = method.rule.shape
      calls += 1
    }

    mutating func act(asClient random: inout SeededGenerator) {
      guard let (id, shape) = waiting.randomElement(using: &random) else { return }
      let frame: OutboundFrame?
      switch (shape, random.oneIn(12)) {
      case (_, true): frame = pair.client.cancel(id, now)
      case (.serverStream, _):
        // Only after items, as a reader does.
        guard itemsSeen[id, default: 0] > 0 else { return }
        frame = pair.client.grant(id, bytes: UInt32(random.number(1...3_000)), items: UInt32(random.number(1...4)))
        itemsSeen[id] = 0
      case (.upload, _):
        frame = pair.client.upload(id, random.bytes(random.number(1...200_000)), end: random.oneIn(9))
        if let frame, frame.flags.contains(.end) { waiting[id] = .unary }
      case (.unary, _): frame = nil
      }
      if let frame { toServer.append(frame) }
    }

    mutating func act(asService random: inout SeededGenerator) throws {
      guard let (id, shape) = served.randomElement(using: &random) else { return }
      switch shape {
      case .serverStream where !random.oneIn(6):
        if let frame = try pair.server.send(Outbound(streamID: id, kind: .item, message: random.bytes(random.number(1...900)))) {
          toClient.append(frame)
        }
      case .upload where !random.oneIn(6):
        if let frame = pair.server.grantUpload(id, bytes: UInt32(random.number(1...300_000))) { toClient.append(frame) }
      case .unary, .serverStream, .upload:
        try end(id, &random)
      }
    }

    mutating func end(_ id: UInt32, _ random: inout SeededGenerator) throws {
      served[id] = nil
      let kind: Outbound.Kind = random.oneIn(4) ? .error : .response(replayed: false)
      var body = ByteBuffer()
      if case .error = kind { WireError(.notFound, "gone").encode(into: &body) }
      if let frame = try pair.server.send(Outbound(streamID: id, kind: kind, message: body)) { toClient.append(frame) }
    }

    mutating func tick() throws {
      let tick = try pair.server.tick(now)
      toClient.append(contentsOf: tick.frames)
      if let frame = try pair.client.tick(now) { toServer.append(frame) }
    }

    mutating func deliverToServer() throws {
      pair.server.receivedBytes(now)
      guard let frame = toServer.popFirst() else { return }
      switch try pair.server.receive(.frame(received(frame)), now) {
      case .none, .open: break
      case .send(let frames): toClient.append(contentsOf: frames)
      case .deliver(let event): note(event)
      case .deliverAndSend(let event, let frames):
        note(event)
        toClient.append(contentsOf: frames)
      case .close(let error): throw error
      }
    }

    mutating func note(_ event: InboundEvent) {
      if case .request(let request) = event { served[request.streamID] = request.method.rule.shape }
    }

    mutating func deliverToClient() throws {
      pair.client.receivedBytes(now)
      guard let frame = toClient.popFirst() else { return }
      if frame.streamID != 0, frame.type == .response || frame.type == .error {
        guard waiting.removeValue(forKey: frame.streamID) != nil else { throw failure("stream \(frame.streamID) ended twice") }
      }
      switch try pair.client.receive(.frame(received(frame))) {
      case .send(let frame): toServer.append(frame)
      case .item(let id, _): itemsSeen[id, default: 0] += 1
      case .close(let error): throw error
      case .none, .open, .response, .failed, .uploadCredit, .goAway: break
      }
    }
  }
}
