import NIOCore
import Testing

@testable import Wire

@Suite struct ClientConnectionMachineTests {
  private let now = NIODeadline.uptimeNanoseconds(1_000_000_000)

  @Test func streamsAreOddRisingAndLimited() throws {
    var client = try openClient(maxStreams: 2)
    let ids = [open(&client), open(&client), open(&client)]
    #expect(ids == [1, 3, nil])
    guard case .response(1, _, false) = try client.receive(.frame(response(1))) else { throw WireError(.badFrame, "no response") }
    let next = open(&client)
    #expect(next == 5)
  }

  @Test func aCancelledStreamIsSilentButCountsUntilItEnds() throws {
    var client = try openClient(maxStreams: 1)
    _ = open(&client)
    let cancel = client.cancel(1, now)
    let again = client.cancel(1, now)
    #expect(cancel?.type == .cancel && again == nil)
    let full = open(&client)
    #expect(full == nil)
    guard case .none = try client.receive(.frame(response(1))) else { throw WireError(.badFrame, "a reply was heard") }
    let free = open(&client)
    #expect(free == 3)
  }

  @Test func cancelsStayWellBelowTheServersBudget() throws {
    var client = try openClient()
    var cancels = 0
    for _ in 0..<1_000 {
      guard let id = open(&client) else { break }
      if client.cancel(id, now) != nil { cancels += 1 }
      _ = try client.receive(.frame(response(id)))
    }
    #expect(cancels == Limits.abuseCancels / 2)
  }

  @Test func itemsBeyondTheCreditEndTheConnection() throws {
    var client = try openClient()
    _ = client.openStream(.serverStream, bytes: 5, items: 9)
    for _ in 0..<1 { _ = try client.receive(.frame(item(1, bytes: 10))) }
    #expect(throws: WireError.self) { try client.receive(.frame(item(1, bytes: 1))) }
  }

  @Test(arguments: [FrameType.response, .item, .error]) func framesForStreamsThatAreNotOpenEndTheConnection(_ type: FrameType)
    throws
  {
    var client = try openClient()
    let body = OutboundFrame.Body.message(ByteBuffer(), attachment: ByteBuffer(), attachmentIsEncoded: true)
    let frame = OutboundFrame(type: type, streamID: 7, body: type == .error ? .plain(ByteBuffer()) : body)
    let error = #expect(throws: WireError.self) { try client.receive(.frame(frame.received)) }
    #expect(error?.errorCode == .badFrame)
  }

  @Test(arguments: [FrameType.request, .upload, .cancel, .hello, .ready]) func framesThatOnlyClientsSendEndTheConnection(
    _ type: FrameType
  ) throws {
    var client = try openClient()
    #expect(throws: WireError.self) { try client.receive(.frame(Frame(type: type, streamID: 1))) }
  }

  @Test func uploadsStopWithoutCreditAndGoOnWithIt() throws {
    var client = try openClient()
    guard let id = client.openStream(.upload, bytes: 0, items: 0) else { throw WireError(.badFrame, "no stream") }
    let chunk = ByteBuffer(repeating: 1, count: Limits.chunkBytes)
    var sent = 0
    while client.upload(id, chunk, end: false) != nil { sent += 1 }
    #expect(sent == 4)
    guard case .uploadCredit(id) = try client.receive(.frame(OutboundFrame.credit(streamID: id, bytes: 1, items: 0).received))
    else {
      throw WireError(.badFrame, "no credit")
    }
    let more = client.upload(id, chunk, end: true)
    #expect(more?.flags == .end)
  }

  @Test func goAwayTellsWhatWasNeverServed() throws {
    var client = try openClient()
    for _ in 0..<3 { _ = open(&client) }
    let goAway = OutboundFrame.goAway(lastStreamID: 3, reason: WireError(.shuttingDown, "stop"))
    guard case .goAway(let unserved) = try client.receive(.frame(goAway.received)) else {
      throw WireError(.badFrame, "no GOAWAY")
    }
    #expect(unserved == [5])
    let next = open(&client)
    #expect(next == nil)
    for id: UInt32 in [1, 3] {
      let isDone = client.isDone
      #expect(!isDone)
      _ = try client.receive(.frame(response(id)))
    }
    let isDone = client.isDone
    #expect(isDone)
  }

  @Test func aSilentServerIsGivenUp() throws {
    var client = try openClient()
    let ping = try client.tick(now + .seconds(30))
    #expect(ping?.type == .ping)
    let error = #expect(throws: WireError.self) { try client.tick(now + .seconds(40)) }
    #expect(error?.errorCode == .connectionLost)
  }

  private func open(_ client: inout ClientConnectionMachine) -> UInt32? { client.openStream(.unary, bytes: 0, items: 0) }

  private func response(_ id: UInt32) -> Frame {
    OutboundFrame(
      type: .response, streamID: id, body: .message(ByteBuffer(), attachment: ByteBuffer(), attachmentIsEncoded: true)
    ).received
  }

  private func item(_ id: UInt32, bytes: Int) -> Frame {
    OutboundFrame(
      type: .item, streamID: id,
      body: .message(ByteBuffer(repeating: 0, count: bytes), attachment: ByteBuffer(), attachmentIsEncoded: true)
    ).received
  }

  private func openClient(maxStreams: UInt32 = 256) throws -> ClientConnectionMachine {
    var limits = ConnectionLimits.standard
    limits.maxStreams = maxStreams
    let nonce = [UInt8](repeating: 1, count: 32)
    var server = ServerHandshake(.init(serverId: "s", limits: limits, nonce: nonce, dummySecret: nonce), keys: TestKeys())
    var client = ClientConnectionMachine(
      ClientHandshake(
        .init(
          keyId: "user", secret: KeyDerivation.secret(master: TestKeys.master, keyId: "user"), nonce: nonce, name: "t",
          version: "1",
          limits: limits)),
      timings: ConnectionTimings(), now: now)
    guard case .reply(let preface) = try server.receive(preface: client.preface) else { throw WireError(.badPreface, "refused") }
    let hello = try client.receive(preface: preface)
    guard case .send(let challenge) = try server.receive(hello.received),
      case .send(let auth) = try client.receive(.frame(challenge.received)),
      case .ready(let ready, _) = try server.receive(auth.received), case .open = try client.receive(.frame(ready.received))
    else { throw WireError(.badFrame, "no handshake") }
    return client
  }
}
