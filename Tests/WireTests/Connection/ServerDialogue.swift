import NIOCore

@testable import Wire

/// The client's part of a dialogue with a server machine: says frames, and notes what the machine answers and hands to the service.
final class ServerDialogue {
  private var machine: ServerConnectionMachine
  private(set) var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
  /// What the server sent, in words: `response 1`, `error 3 not_found`, `goAway 5`, ...
  private(set) var sent: [String] = []
  /// What the service got, in words.
  private(set) var events: [String] = []
  private(set) var requests: [InboundRequest] = []
  /// What ended the connection.
  private(set) var failure: WireError?

  init(role: String = "admin", open: Bool = true, budget: MemoryBudget? = nil) throws {
    let nonce = [UInt8](repeating: 1, count: 32)
    machine = ServerConnectionMachine(
      ServerHandshake(.init(serverId: "test", limits: .standard, nonce: nonce, dummySecret: nonce), keys: TestKeys()),
      timings: ConnectionTimings(), budget: budget, now: now)
    guard open else { return }
    var client = ClientHandshake(
      .init(
        keyId: role, secret: KeyDerivation.secret(master: TestKeys.master, keyId: role), nonce: nonce, name: "test", version: "1",
        limits: .standard))
    guard case .reply(let preface) = try machine.receive(preface: client.preface) else { return }
    let hello = try client.receive(preface: preface)
    guard case .send(let challenge) = try machine.receive(.frame(hello.received), now),
      case .send(let auth) = try client.receive(challenge[0].received)
    else { return }
    _ = try machine.receive(.frame(auth.received), now)
  }

  var isOpen: Bool { machine.isOpen }
  var heldBytes: Int { machine.heldBytes }
  var memoryBudget: Int { machine.memoryBudget }
  var uploadBudget: Int { machine.uploadBudget }
  func disconnects() { machine.releaseAll() }
  var account: MemoryAccount? { machine.account }
  /// The rest of a frame's body has not come.
  func waits(for bytes: Int) { machine.wait(for: bytes, isNew: false, now) }
  var pendingBytes: Int { machine.pendingBytes }
  var isDrained: Bool { machine.isDrained }
  var streamCount: Int { machine.streams.count }

  // MARK: The client says

  func says(_ output: FrameDecoder.Output) {
    guard failure == nil else { return }
    do throws(WireError) {
      machine.receivedBytes(now)
      switch try machine.receive(output, now) {
      case .none: break
      case .send(let frames): note(frames)
      case .open: break
      case .deliver(let event): note(event)
      case .deliverAndSend(let event, let frames):
        note(event)
        note(frames)
      case .close(let error): failure = error
      }
    } catch {
      failure = error
    }
  }

  func says(_ frame: OutboundFrame) { says(.frame(frame.received)) }

  func asks(
    _ id: UInt32, _ method: Method = .sessionGet, key: [UInt8] = [], timeoutMs: UInt32 = 0, bytes: UInt32 = 0, items: UInt32 = 0,
    message: Int = 0
  ) {
    let head = RequestHead.with {
      $0.method = method.rawValue
      $0.idempotencyKey = key
      $0.timeoutMs = timeoutMs
      $0.initialBytes = bytes
      $0.initialItems = items
    }
    let body = OutboundFrame.Body.request(
      head, message: ByteBuffer(repeating: 0, count: message), attachment: ByteBuffer(), attachmentIsEncoded: true)
    says(OutboundFrame(type: .request, streamID: id, body: body))
  }

  func uploads(_ id: UInt32, _ count: Int, end: Bool = false) {
    let body = OutboundFrame.Body.message(
      ByteBuffer(), attachment: ByteBuffer(repeating: 1, count: count), attachmentIsEncoded: true)
    says(OutboundFrame(type: .upload, flags: end ? .end : [], streamID: id, body: body))
  }

  // MARK: The service says

  func serviceSends(_ outbound: Outbound) {
    guard failure == nil else { return }
    do throws(WireError) {
      if let frame = try machine.send(outbound) { note([frame]) }
    } catch {
      failure = error
    }
  }

  func serviceSendsItem(_ id: UInt32, bytes: Int = 10) {
    serviceSends(Outbound(streamID: id, kind: .item, message: ByteBuffer(repeating: 1, count: bytes)))
  }

  func serviceGrants(_ id: UInt32, _ bytes: UInt32) {
    if let frame = machine.grantUpload(id, bytes: bytes) { note([frame]) }
  }

  func drains() { note(machine.beginDrain(now)) }
  func abandons() { note(machine.abandonStreams()) }

  // MARK: Time

  func passes(_ amount: TimeAmount) {
    guard failure == nil else { return }
    now = now + amount
    do throws(WireError) {
      let tick = try machine.tick(now)
      note(tick.frames)
      for event in tick.events { note(event) }
    } catch {
      failure = error
    }
  }

  var nextTick: NIODeadline { machine.nextTick }

  /// What was sent since the last call.
  func takeSent() -> [String] {
    defer { sent = [] }
    return sent
  }

  private func note(_ frames: [OutboundFrame]) {
    for frame in frames {
      let received = frame.received
      switch frame.type {
      case .error:
        let error = try? WireError(decoding: received.body)
        sent.append("error \(frame.streamID) \(error?.errorCode.name ?? "?") \(error?.effect.label ?? "?")")
      case .goAway:
        sent.append("goAway \((try? GoAway(decoding: received.body))?.lastStreamId ?? 0)")
      default:
        sent.append("\(frame.type) \(frame.streamID)")
      }
    }
  }

  private func note(_ event: InboundEvent) {
    switch event {
    case .request(let request):
      requests.append(request)
      events.append("request \(request.streamID) \(request.method.name)")
    case .upload(let id, let chunk, let end): events.append("upload \(id) \(chunk.readableBytes)\(end ? " end" : "")")
    case .credit(let id, let bytes, let items): events.append("credit \(id) \(bytes) \(items)")
    case .cancel(let id): events.append("cancel \(id)")
    case .writable: events.append("writable")
    case .stopping: events.append("stopping")
    }
  }
}
