import Crypto
import Foundation
import JSON
import Testing
import Wire

/// Bytes that no honest client sends, over real TCP to the real kai-session: each gets the documented end, everybody else's
/// work goes on, and the memory stays bounded.
@Suite struct HostileBytesTests {
  /// What kai-session may have in memory at any time in these tests: some 30 MiB when it has just started, and a few
  /// messages of 4 MiB beside.
  static let memoryBytes = 64 * 1024 * 1024

  /// Runs `body` beside a client that works on, and sees that both it and the memory are well in the end.
  private func besideGoodWork(
    _ body: @Sendable (Deployment, KeyFile, GoodCitizen) async throws -> Void
  ) async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    let key = try KeyFile(parsing: String(contentsOfFile: deployment.adminKey, encoding: .utf8))
    let citizen = GoodCitizen(try deployment.client())
    try await citizen.goesOn(after: "the start")
    try await body(deployment, key, citizen)
    try await citizen.goesOn(after: "all of it")
    await citizen.stop()
    let process = try #require(deployment.session.value)
    #expect(process.isRunning)
    let peak = try process.peakResidentBytes
    #expect(peak < Self.memoryBytes)
  }

  @Test func everyLieGetsItsDocumentedEnd() async throws {
    let lies = Lie.ofTheHeader + Lie.outOfTurn + Lie.inRequests + (try Lie.compressed())
    try await besideGoodWork { deployment, key, citizen in
      for lie in lies {
        try await HandClient.run(port: try deployment.port) { client in
          switch lie.stage {
          case .beforeReady: try await client.greet()
          case .afterReady: try await client.shakeHands(key, features: 1)
          }
          await client.send(lie.bytes)
          switch lie.end {
          case .connection(let code):
            try await Self.expectEnd(&client, code, "\(lie)")
          case .stream(let id, let code):
            let error = try #require(try await client.frame(), "\(lie)")
            #expect(error.type == HandFrame.Kind.error && error.streamID == id, "\(lie)")
            #expect(try HandMessage(error.body).number(1) == code, "\(lie)")
            try await Self.expectLife(&client, "\(lie)")
          case .ignored where lie.stage == .beforeReady:
            await client.send(HandFrame(type: HandFrame.Kind.hello, body: HandClient.hello(key)))
            #expect(try await client.frame()?.type == HandFrame.Kind.challenge, "\(lie)")
          case .ignored:
            try await Self.expectLife(&client, "\(lie)")
          }
        }
        try await citizen.goesOn(after: "\(lie)")
      }
    }
  }

  @Test func aWrongProofIsTurnedAwayWhoeverSendsIt() async throws {
    try await besideGoodWork { deployment, key, _ in
      for keyId in [key.keyId, "key_000000000000", "", "../../etc/passwd"] {
        try await HandClient.run(port: try deployment.port) { client in
          try await client.greet()
          let hello = HandClient.hello(KeyFile(keyId: keyId, secret: key.secret))
          await client.send(HandFrame(type: HandFrame.Kind.hello, body: hello))
          #expect(try await client.frame()?.type == HandFrame.Kind.challenge)
          var auth = HandProto()
          auth.add(1, bytes: [UInt8](repeating: 0, count: 32))
          await client.send(HandFrame(type: HandFrame.Kind.auth, body: auth.bytes))
          try await Self.expectEnd(&client, Lie.unauthenticated, "key '\(keyId)'")
        }
      }
    }
  }

  @Test func otherProtocolsAreClosedWithoutAWord() async throws {
    let clientHello: [UInt8] =
      [0x16, 0x03, 0x01, 0x00, 0x2f, 0x01, 0x00, 0x00, 0x2b, 0x03, 0x03] + [UInt8](repeating: 0x5a, count: 32)
    let others: [(String, [UInt8])] = [
      ("HTTP", [UInt8]("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)), ("TLS", clientHello),
      ("zeros", [UInt8](repeating: 0, count: 64)), ("letters", [UInt8]("hello, is anybody there?".utf8)),
      ("a preface that ends badly", Array(HandClient.preface.dropLast()) + [1]),
      ("versions 3 to 1", [0x4b, 0x41, 0x49, 0x57, 3, 1, 0, 0]),
    ]
    try await besideGoodWork { deployment, _, citizen in
      for (what, bytes) in others {
        let said = try await HandClient.run(port: try deployment.port) { client in
          await client.send(bytes)
          return try await client.readToTheEnd()
        }
        #expect(said == [], "\(what)")
        try await citizen.goesOn(after: what)
      }
      // A version of the future is told what there is.
      let said = try await HandClient.run(port: try deployment.port) { client in
        await client.send([0x4b, 0x41, 0x49, 0x57, 7, 9, 0, 0])
        return try await client.readToTheEnd()
      }
      #expect(said == [0x4b, 0x41, 0x49, 0x57, 0, 1, 0, 0])
    }
  }

  @Test func whoeverDoesNotFinishTheHandshakeIsClosedAfterFiveSeconds() async throws {
    try await besideGoodWork { deployment, key, _ in
      let port = try deployment.port
      let starts: [(String, [UInt8])] = [
        ("nothing", []), ("half a preface", Array(HandClient.preface.prefix(4))), ("a preface alone", HandClient.preface),
        ("half a HELLO", HandClient.preface + HandFrame(type: 0x01, body: HandClient.hello(key)).bytes.prefix(40)),
      ]
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (what, bytes) in starts {
          group.addTask {
            let start = ContinuousClock.now
            let said = try await HandClient.run(port: port) { client in
              await client.send(bytes)
              return try await client.readToTheEnd()
            }
            let time = ContinuousClock.now - start
            #expect(time > .seconds(4.5) && time < .seconds(15), "\(what): \(time)")
            // Who has shown to speak the protocol is told: preface, then ERROR with handshake_timeout.
            #expect(said.isEmpty == (bytes.count < 8), "\(what): \(said.count) bytes")
            if said.count > 8 + 24 { #expect(try HandMessage(Array(said.dropFirst(8 + 24))).number(1) == 110, "\(what)") }
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test func randomBytesNeverHurtAndNeverHang() async throws {
    try await besideGoodWork { deployment, key, citizen in
      var random = SeededRandom(seed: 20_260_722)
      for round in 0..<120 {
        let count = Int.random(in: 24...20_000, using: &random)
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        try await HandClient.run(port: try deployment.port) { client in
          switch round % 3 {
          case 0: break
          case 1: try await client.greet()
          default: try await client.shakeHands(key)
          }
          await client.send(bytes)
          let said = try await client.readToTheEnd()
          // A header is right by chance once in four thousand million times.
          if round % 3 == 0 {
            #expect(said == [], "round \(round)")
          } else {
            #expect(try HandMessage(Array(said.dropFirst(24))).number(1) == Lie.badChecksum, "round \(round)")
          }
        }
      }
      try await citizen.goesOn(after: "random bytes")
    }
  }

  @Test func requestsWithFlippedBitsAndRightChecksumsAreAnsweredOrEndTheConnection() async throws {
    try await besideGoodWork { deployment, key, citizen in
      var random = SeededRandom(seed: 4_711)
      let methods: [UInt64] = [1, 10, 11, 12, 19, 31, 40, 41, 46, 60, 61, 70, 71, 90, 100, 101, 110]
      for round in 0..<150 {
        let method = methods.randomElement(using: &random) ?? 1
        var message = HandProto()
        for field in UInt64(1)...5 {
          message.add(field, text: String(repeating: "shop", count: Int.random(in: 0...3, using: &random)))
        }
        var frame = HandFrame.request(1, method: method, message: message.bytes, key: [1, 2, 3, UInt8(round)])
        for _ in 0...Int.random(in: 0...3, using: &random) {
          frame.body[Int.random(in: 0..<frame.body.count, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
        }
        let bytes = frame.bytes
        try await HandClient.run(port: try deployment.port) { client in
          try await client.shakeHands(key)
          await client.send(bytes)
          await client.send(.ping(3))
          var lives = false
          while let answer = try await client.frame() {
            if answer.type == HandFrame.Kind.pong { lives = true }
            if answer.type == HandFrame.Kind.error, answer.streamID == 0 {
              #expect(try HandMessage(answer.body).number(1) == Lie.badFrame, "round \(round), method \(method)")
              lives = true
            }
            if lives { break }
          }
          #expect(lives, "round \(round), method \(method): closed without a word")
        }
      }
      try await citizen.goesOn(after: "flipped bits")
    }
  }

  /// A whole conversation: the handshake, a call, one that changes something, an upload, a stream that is cancelled.
  private static func converse(_ client: inout HandClient, _ key: KeyFile, session: String) async throws {
    try await client.shakeHands(key)
    try await client.say(HandFrame.request(1, method: 1).bytes)
    #expect(try await client.frame()?.type == HandFrame.Kind.response)
    var create = HandProto()
    create.add(1, text: "shop")
    create.add(4, text: "cut off")
    try await client.say(HandFrame.request(3, method: 10, message: create.bytes, key: [7, 7, 7]).bytes)
    #expect(try await client.frame()?.type == HandFrame.Kind.response)
    var put = HandProto()
    put.add(1, text: session)
    put.add(2, text: "a.txt")
    put.add(4, number: 11)
    put.add(5, bytes: [UInt8](SHA256.hash(data: Data("the content".utf8))))
    try await client.say(HandFrame.request(5, method: 100, message: put.bytes, key: [8, 8, 8]).bytes)
    for (text, flags) in [("the ", UInt16(2)), ("content", 3)] {
      let body = HandFrame.parts(head: [], message: [], attachment: Array(text.utf8))
      try await client.say(HandFrame(type: HandFrame.Kind.upload, flags: flags, streamID: 5, body: body).bytes)
    }
    while let frame = try await client.frame(), frame.type != HandFrame.Kind.response {}
    var watch = HandProto()
    watch.add(1, text: session)
    try await client.say(HandFrame.request(7, method: 46, message: watch.bytes, items: 4).bytes)
    try await client.say(HandFrame(type: HandFrame.Kind.cancel, streamID: 7).bytes)
    while let frame = try await client.frame(), frame.type != HandFrame.Kind.error {}
    try await client.say(HandFrame.ping(9).bytes)
    #expect(try await client.frame()?.type == HandFrame.Kind.pong)
  }

  @Test func aConversationMayEndAtEveryByte() async throws {
    try await besideGoodWork { deployment, key, citizen in
      let session = try await deployment.ctl("session", "create", "-c", "shop", "-o", "ids").expectSuccess().line
      let port = try deployment.port
      // In writes of one byte it is the same conversation.
      let length = try await HandClient.run(port: port) { client in
        client.manner = HandClient.Manner(pieceBytes: 1, bytesLeft: 1_000_000)
        try await Self.converse(&client, key, session: session)
        return 1_000_000 - client.manner.bytesLeft
      }
      #expect((500...2_000).contains(length))
      for cut in 0..<length {
        do {
          try await HandClient.run(port: port) { client in
            client.manner.bytesLeft = cut
            try await Self.converse(&client, key, session: session)
          }
          Issue.record("the conversation was not cut at \(cut)")
        } catch is HandClient.Cut {}
        if cut % 100 == 0 { try await citizen.goesOn(after: "a cut at byte \(cut)") }
      }
      // What was asked a thousand times with one key happened once.
      let made = try await deployment.json("session", "list", "--filter", "title='cut off'", "--all")
      #expect(made["sessions"]?.array?.count == 1)
      #expect(try await deployment.json("artifact", "list", session)["artifacts"]?.array?.first?["version"]?.integer == 1)
    }
  }

  // MARK: What an end looks like

  /// ERROR on stream 0 with this code, after what was answered before, and then the end.
  private static func expectEnd(
    _ client: inout HandClient, _ code: UInt32, _ what: String
  ) async throws {
    var last: HandClient.Received?
    while let frame = try await client.frame() { last = frame }
    let error = try #require(last, "\(what): closed without a word")
    #expect(error.type == HandFrame.Kind.error && error.streamID == 0, "\(what): type \(error.type)")
    let message = try HandMessage(error.body)
    #expect(message.number(1) == code, "\(what): \(message.number(1)) \(message.text(2))")
    #expect(!message.text(2).isEmpty && !message.text(3).isEmpty, "\(what): no sentence, or no hint")
  }

  private static func expectLife(_ client: inout HandClient, _ what: String) async throws {
    await client.send(.ping(5))
    let pong = try #require(try await client.frame(), "\(what): closed")
    #expect(pong.type == HandFrame.Kind.pong && pong.body.last == 5, "\(what)")
  }
}

/// The same numbers every time (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
