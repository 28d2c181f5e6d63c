import NIOCore
import Testing

@testable import Wire

@Suite struct HandshakeTests {
  @Test func bothSidesAgreeAndProveTheKey() throws {
    var dialogue = HandshakeDialogue()
    let (server, client) = try dialogue.run()
    #expect(server.role == .agent && client.role == .agent)
    #expect(server.peer == "agent" && client.peer == "server")
    #expect(server.limits == client.limits && server.limits == .standard)
    #expect(server.compression && client.compression)
  }

  @Test func theSmallerWishIsAgreedWithinTheCaps() throws {
    var dialogue = HandshakeDialogue()
    dialogue.clientLimits = .with {
      $0.maxFrameBytes = 1
      $0.maxMessageBytes = .max
      $0.maxStreams = 7
    }
    let (server, _) = try dialogue.run()
    #expect(server.limits.maxFrameBytes == UInt32(Limits.minFrameBytes))
    #expect(server.limits.maxMessageBytes == UInt32(Limits.defaultMessageBytes))
    #expect(server.limits.maxStreams == 7)
  }

  @Test(arguments: ["agent", "nobody", ""]) func aWrongKeyAndAnUnknownOneFailAlike(_ keyId: String) throws {
    var dialogue = HandshakeDialogue()
    dialogue.keyId = keyId
    dialogue.clientSecret = [UInt8](repeating: 1, count: 32)
    let error = #expect(throws: WireError.self) { try dialogue.run() }
    #expect(error == WireError(.unauthenticated, "the key is unknown, revoked or wrong"))
  }

  @Test func aServerWithoutTheKeyIsNotBelieved() throws {
    var dialogue = HandshakeDialogue()
    dialogue.tamper = { frame in
      guard frame.type == .ready, var ready = try? Ready(decoding: frame.body) else { return frame }
      ready.proof[0] ^= 1
      return Frame(type: .ready, streamID: 0, body: ByteBuffer(bytes: ready.encoded()))
    }
    let error = #expect(throws: WireError.self) { try dialogue.run() }
    #expect(error?.message == "the server does not have the key")
  }

  /// Whatever somebody in the middle changes, one side's proof does not fit.
  @Test(arguments: ["hello features", "hello limits", "challenge codecs", "ready limits", "ready role"])
  func nothingCanBeDowngradedOnTheWay(_ what: String) throws {
    var dialogue = HandshakeDialogue()
    dialogue.tamper = { frame in
      func changed<M: WireMessage>(_ type: M.Type, _ change: (inout M) -> Void) -> Frame {
        guard var message = try? M(decoding: frame.body) else { return frame }
        change(&message)
        return Frame(type: frame.type, streamID: 0, body: ByteBuffer(bytes: message.encoded()))
      }
      switch (what, frame.type) {
      case ("hello features", .hello): return changed(Hello.self) { $0.features = 0 }
      case ("hello limits", .hello): return changed(Hello.self) { $0.limits?.maxStreams = 3 }
      case ("challenge codecs", .challenge): return changed(Challenge.self) { $0.codecs = 1 }
      case ("ready limits", .ready): return changed(Ready.self) { $0.limits?.maxStreams = 3 }
      case ("ready role", .ready): return changed(Ready.self) { $0.role = .viewer }
      default: return frame
      }
    }
    let error = #expect(throws: WireError.self) { try dialogue.run() }
    #expect(error?.errorCode == .unauthenticated)
  }

  @Test func framesOutOfOrderEndTheHandshake() throws {
    var server = HandshakeDialogue().server()
    _ = try server.receive(preface: Preface.client())
    let early = Frame(type: .auth, streamID: 0, body: ByteBuffer(bytes: Auth().encoded()))
    let error = #expect(throws: WireError.self) { try server.receive(early) }
    #expect(error?.errorCode == .badFrame)
  }

  @Test func aRefusalIsToldAfterThePrefaceOnly() throws {
    let refusal = WireError(.plaintextRefused, "no")
    var server = ServerHandshake(
      .init(serverId: "s", limits: .standard, nonce: [], dummySecret: [], refusal: refusal), keys: TestKeys())
    let before = server.speaksFrames
    let action = try server.receive(preface: Preface.client())
    let after = server.speaksFrames
    #expect(action == .refuse(Preface.server(chosen: 1), refusal))
    #expect(!before && after)
  }

  @Test func secretsAreDerivedFromMasterAndKeyId() {
    let master = [UInt8](repeating: 0x0b, count: 32)
    let secret = KeyDerivation.secret(master: master, keyId: "admin")
    #expect(secret.count == 32)
    #expect(secret == KeyDerivation.secret(master: master, keyId: "admin"))
    #expect(secret != KeyDerivation.secret(master: master, keyId: "admin2"))
    #expect(secret != KeyDerivation.secret(master: [UInt8](repeating: 0x0c, count: 32), keyId: "admin"))
  }
}

/// A handshake between both machines, with somebody in the middle.
struct HandshakeDialogue {
  var keyId = "agent"
  var clientSecret = KeyDerivation.secret(master: TestKeys.master, keyId: "agent")
  var clientLimits = ConnectionLimits.standard
  var tamper: (Frame) -> Frame = { $0 }

  func server() -> ServerHandshake {
    ServerHandshake(
      .init(
        serverId: "server", limits: .standard, nonce: [UInt8](repeating: 2, count: 32),
        dummySecret: [UInt8](repeating: 3, count: 32)),
      keys: TestKeys())
  }

  mutating func run() throws -> (server: ConnectionAgreement, client: ConnectionAgreement) {
    var server = server()
    var client = ClientHandshake(
      .init(
        keyId: keyId, secret: clientSecret, nonce: [UInt8](repeating: 4, count: 32), name: "test", version: "1",
        limits: clientLimits))
    guard case .reply(let preface) = try server.receive(preface: client.preface) else { throw WireError(.badPreface, "refused") }
    let hello = try client.receive(preface: preface)
    guard case .send(let challenge) = try server.receive(pass(hello)) else { throw WireError(.badFrame, "no CHALLENGE") }
    guard case .send(let auth) = try client.receive(pass(challenge)) else { throw WireError(.badFrame, "no AUTH") }
    guard case .ready(let ready, let agreedByServer) = try server.receive(pass(auth)) else {
      throw WireError(.badFrame, "no READY")
    }
    guard case .ready(let agreedByClient) = try client.receive(pass(ready)) else { throw WireError(.badFrame, "not ready") }
    return (agreedByServer, agreedByClient)
  }

  private func pass(_ frame: OutboundFrame) -> Frame { tamper(frame.received) }
}

extension OutboundFrame {
  /// The frame as the other side gets it.
  var received: Frame {
    var out = ByteBuffer()
    var encoder = FrameEncoder()
    encoder.maxFrameBytes = Limits.hardFrameBytes
    encoder.maxMessageBytes = Limits.hardMessageBytes
    var decoder = FrameDecoder()
    decoder.limits = .init(maxFrameBytes: Limits.hardFrameBytes, maxMessageBytes: Limits.hardMessageBytes, compression: true)
    do {
      try encoder.encode(self, BodyCodec(), into: &out)
      decoder.append(out)
      guard case .frame(let frame)? = try decoder.next(BodyCodec()) else { return Frame(type: .error, streamID: 0) }
      return frame
    } catch {
      return Frame(type: .error, streamID: 0, body: ByteBuffer(string: "\(error)"))
    }
  }
}
