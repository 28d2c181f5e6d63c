import NIOCore
import Synchronization
import Testing

@testable import Wire

@Suite struct AuthenticationTests {
  @Test(arguments: [("admin", "user"), ("nobody", "nobody")]) func wrongAndUnknownKeysAreRefused(
    _ key: String, _ secretOf: String
  ) async throws {
    let server = try await TestServer()
    let client = server.client(key: key, secretOf: secretOf)
    let error = await #expect(throws: WireError.self) { try await client.connect() }
    #expect(error == WireError(.unauthenticated, "the key is unknown, revoked or wrong"))
    let second = await #expect(throws: WireError.self) { try await client.call(Methods.sessionGet, SessionRef(id: "x")) }
    #expect(second?.errorCode == .unauthenticated)
    #expect(server.service.seen.withLock { $0.connected } == 0)
    await client.close()
    await server.server.stop(grace: .zero)
  }

  @Test func anAddressThatFailsTooOftenIsTurnedAwayWhoeverItIs() async throws {
    let server = try await TestServer()
    for _ in 0..<Limits.authFailures {
      let client = server.client(key: "admin", secretOf: "user")
      let error = await #expect(throws: WireError.self) { try await client.connect() }
      #expect(error?.errorCode == .unauthenticated)
      await client.close()
    }
    let client = server.client { $0.waitsForServer = false }
    let error = await #expect(throws: WireError.self) { try await client.connect() }
    #expect(error?.errorCode == .rateLimited && (1...60_000).contains(error?.retryAfterMs ?? 0))
    await client.close()
    await server.server.stop(grace: .zero)
  }

  @Test func failuresAreForgottenWithTheirTime() {
    let failures = AuthenticationFailures()
    let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    for _ in 0..<Limits.authFailures { failures.note("10.0.0.1", "k1", start) }
    #expect(failures.refusal(of: "10.0.0.1", "k1", start) != nil)
    #expect(failures.refusal(of: "10.0.0.2", "k1", start) == nil)
    #expect(failures.refusal(of: "10.0.0.1", "k2", start) == nil)
    #expect(failures.refusal(of: "10.0.0.1", "k1", start + .milliseconds(Limits.authWindowMs)) == nil)
    // However many there are, the memory of them is bounded, and the new ones are remembered.
    for number in 0..<2 * AuthenticationFailures.pairs { failures.note("10.1.0.1", "k\(number)", start) }
    #expect((AuthenticationFailures.pairs * 7 / 8...AuthenticationFailures.pairs).contains(failures.count))
    for _ in 0..<Limits.authFailures { failures.note("10.2", "k", start) }
    #expect(failures.refusal(of: "10.2", "k", start) != nil)
  }

  @Test func aRoleMayCallWhatTheTableSaysAndNothingElse() async throws {
    let server = try await TestServer()
    let viewer = server.client(key: "viewer")
    #expect(try await viewer.call(Methods.sessionGet, SessionRef(id: "x")).message.id == "x")
    let error = await #expect(throws: WireError.self) { try await viewer.call(Methods.sessionCreate, SessionCreateRequest()) }
    #expect(error?.errorCode == .forbidden)
    #expect(error?.message == "'session.create' needs one of the roles admin, user; this key is 'viewer'")
    #expect(try await viewer.call(Methods.sessionGet, SessionRef(id: "y")).message.id == "y")
    await viewer.close()
    await server.server.stop(grace: .zero)
  }

  @Test func aClientKnowsItsRoleAndTheServer() async throws {
    let server = try await TestServer()
    let client = server.client(key: "agent")
    var states = client.states().makeAsyncIterator()
    try await client.connect()
    #expect(await states.next() == .connecting)
    #expect(await states.next() == .ready(role: .agent, serverId: "test"))
    await client.close()
    #expect(await states.next() == .closed)
    #expect(await states.next() == nil)
    await server.server.stop(grace: .zero)
  }

  @Test func aKeyFileIsReadAndWritten() throws {
    let secret = (0..<32).map { UInt8($0 * 7 % 256) }
    let file = KeyFile(keyId: "k_1", secret: secret)
    #expect(try KeyFile(parsing: file.text + "\n") == file)
    #expect(try KeyFile(parsing: "  " + file.text.uppercased().replacing("K_1", with: "k_1") + "\r\n") == file)
  }

  @Test(arguments: [
    "", "k", "k:", ":00", "k:00", "k:" + String(repeating: "0", count: 63) + "g", "k:" + String(repeating: "0", count: 65),
    "a:b c:d",
  ])
  func aBadKeyFileSaysWhatIsWrongWithoutTheSecret(_ text: String) throws {
    let error = #expect(throws: WireError.self) { try KeyFile(parsing: text) }
    #expect(error?.errorCode == .unauthenticated)
    #expect(error?.message.contains("00000") == false)
  }
}
