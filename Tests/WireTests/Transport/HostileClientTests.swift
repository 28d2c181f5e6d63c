import NIOCore
import Synchronization
import Testing

@testable import Wire

/// What hostile clients get, and that nobody else notices.
@Suite struct HostileClientTests {
  private static func request(_ id: UInt32) -> OutboundFrame {
    var message = ByteBuffer()
    SessionRef(id: "sess_000000000001").encode(into: &message)
    return OutboundFrame(
      type: .request, streamID: id,
      body: .request(
        RequestHead.with { $0.method = Method.sessionGet.rawValue }, message: message, attachment: ByteBuffer(),
        attachmentIsEncoded: true))
  }

  @Test func aLieInAnyHeaderFieldClosesThatConnectionAlone() async throws {
    let server = try await TestServer()
    let bystander = server.client()
    let lies: [(HeaderLie, ErrorCode)] = [
      (.bodyLength(.max), .frameTooLarge), (.bodyLength(3), .badFrame), (.type(0x20), .badFrame), (.type(0x02), .badFrame),
      (.encoding(1), .badFrame), (.encoding(9), .badFrame), (.flags(0x0040), .badFrame), (.streamID(2), .badFrame),
      (.rawLength(.max), .frameTooLarge), (.rawLength(1), .badFrame), (.bodyCRC(5), .badChecksum), (.headerCRC, .badChecksum),
    ]
    for (lie, code) in lies {
      let peer = try await RawPeer.authenticated(server.server.port)
      var bytes = try RawPeer.bytes(Self.request(1))
      lie.tell(in: &bytes)
      peer.send(bytes)
      let last = try await peer.nextFrame()
      #expect(last?.type == .error && last?.streamID == 0, "\(lie)")
      #expect(try last.map { try WireError(decoding: $0.body) }?.errorCode == code, "\(lie)")
      #expect(try await peer.isClosedByServer(), "\(lie)")
      #expect(try await bystander.call(Methods.sessionGet, SessionRef(id: "x")).message.id == "x")
    }
    await bystander.close()
    await server.server.stop(grace: .zero)
  }

  @Test func otherProtocolsAreClosedWithoutAWord() async throws {
    let server = try await TestServer()
    let peer = try await RawPeer.connect(server.server.port)
    peer.send([UInt8]("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
    #expect(try await peer.isClosedByServer())
    #expect(peer.received.isEmpty)
    await server.server.stop(grace: .zero)
  }

  @Test func aVersionFromTheFutureIsAnsweredWithNone() async throws {
    let server = try await TestServer()
    let peer = try await RawPeer.connect(server.server.port)
    peer.send(Preface.client(8...9))
    #expect(try await peer.isClosedByServer())
    #expect(peer.received == Preface.server(chosen: 0))
    await server.server.stop(grace: .zero)
  }

  @Test(arguments: [0, 3, 8, 20]) func aClientThatStallsInTheHandshakeIsClosedInTime(_ sent: Int) async throws {
    let server = try await TestServer { $0.timings.handshakeMs = 100 }
    let peer = try await RawPeer.connect(server.server.port)
    peer.send([UInt8]((Preface.client() + [UInt8](repeating: 0, count: 12)).prefix(sent)))
    #expect(try await peer.isClosedByServer())
    #expect(try await eventually { server.server.connectionCount == 0 })
    await server.server.stop(grace: .zero)
  }

  @Test func tooManyHalfOpenConnectionsAreClosedAndOpenOnesAreNot() async throws {
    let server = try await TestServer { $0.halfOpenConnections = 6 }
    let client = server.client()
    try await client.connect()
    var stalled: [RawPeer] = []
    for _ in 0..<3 { stalled.append(try await RawPeer.connect(server.server.port)) }
    #expect(try await eventually { server.server.connectionCount == 4 })
    let late = try await RawPeer.connect(server.server.port)
    #expect(try await late.isClosedByServer())
    #expect(try await client.call(Methods.sessionGet, SessionRef(id: "x")).message.id == "x")
    for peer in stalled { try await peer.close() }
    // Their places are free again.
    #expect(try await eventually { server.server.connectionCount == 1 })
    let next = server.client()
    try await next.connect()
    await client.close()
    await next.close()
    await server.server.stop(grace: .zero)
  }

  @Test func requestsBeforeReadyAreRefused() async throws {
    let server = try await TestServer()
    let peer = try await RawPeer.connect(server.server.port)
    peer.send(Preface.client())
    try peer.send(Self.request(1))
    #expect(try await peer.isClosedByServer())
    #expect(server.service.seen.withLock { $0.requests.isEmpty })
    await server.server.stop(grace: .zero)
  }

  @Test func abuseIsAnsweredWithGoAway() async throws {
    let server = try await TestServer()
    let peer = try await RawPeer.authenticated(server.server.port)
    for number in 0...UInt64(Limits.abuseControlFrames) { try peer.send(.ping(number)) }
    var last: Frame?
    while let frame = try await peer.nextFrame() { last = frame }
    #expect(last?.type == .goAway)
    #expect(try last.map { try GoAway(decoding: $0.body) }?.reason?.errorCode == .abuse)
    #expect(try await peer.isClosedByServer())
    await server.server.stop(grace: .zero)
  }

  @Test func aMessageThatCannotBeDecodedFailsItsStreamAlone() async throws {
    let server = try await TestServer()
    let peer = try await RawPeer.authenticated(server.server.port)
    let head = RequestHead.with { $0.method = Method.sessionGet.rawValue }
    let body = OutboundFrame.Body.request(
      head, message: ByteBuffer(bytes: [0xff, 0xff]), attachment: ByteBuffer(), attachmentIsEncoded: true)
    try peer.send(OutboundFrame(type: .request, streamID: 1, body: body))
    try peer.send(Self.request(3))
    let (first, second) = (try await peer.nextFrame(), try await peer.nextFrame())
    #expect(first?.type == .error && first?.streamID == 1)
    #expect(second?.type == .response && second?.streamID == 3)
    try await peer.close()
    await server.server.stop(grace: .zero)
  }

  @Test func aBurstOfRequestsIsHandedOverInAFewParts() async throws {
    let server = try await TestServer()
    let peer = try await RawPeer.authenticated(server.server.port)
    var bytes = ByteBuffer()
    for index in 0..<UInt32(2 * Limits.burstEvents + 8) {
      var frame = try RawPeer.bytes(Self.request(1 + 2 * index))
      bytes.writeBuffer(&frame)
    }
    peer.send(bytes)
    for index in 0..<UInt32(2 * Limits.burstEvents + 8) {
      let frame = try await peer.nextFrame()
      #expect(frame?.type == .response && frame?.streamID == 1 + 2 * index)
    }
    let bursts = server.service.seen.withLock { $0.bursts }
    #expect(bursts == [Limits.burstEvents, Limits.burstEvents, 8])
    try await peer.close()
    await server.server.stop(grace: .zero)
  }
}
