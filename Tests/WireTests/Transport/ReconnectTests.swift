import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Wire

@Suite struct ReconnectTests {
  @Test func aMutatingCallWhoseConnectionBreaksIsRepeatedWithItsKey() async throws {
    let server = try await TestServer()
    server.service.seen.withLock { $0.dropNext = 2 }
    let client = server.client()
    let reply = try await client.call(Methods.sessionCreate, SessionCreateRequest())
    #expect(reply.message.id == "sess_1")
    let keys = server.service.seen.withLock { $0.requests.map(\.head.idempotencyKey) }
    #expect(keys.count == 3)
    #expect(Set(keys).count == 1 && keys[0].count == 16)
    await client.close()
    await server.server.stop(grace: .zero)
  }

  @Test func theSameKeyBringsTheStoredReplyAndItSaysSo() async throws {
    let server = try await TestServer()
    let client = server.client()
    let first = try await client.call(Methods.sessionCreate, SessionCreateRequest(), idempotencyKey: [1, 2])
    let second = try await client.call(Methods.sessionCreate, SessionCreateRequest(), idempotencyKey: [1, 2])
    #expect(!first.replayed && second.replayed)
    await client.close()
    await server.server.stop(grace: .zero)
  }

  @Test func anOverloadedServerIsAskedAgain() async throws {
    let server = try await TestServer()
    server.service.seen.withLock { $0.refuseNext = 3 }
    let client = server.client()
    #expect(try await client.call(Methods.sessionGet, SessionRef(id: "x")).message.id == "x")
    #expect(server.service.seen.withLock { $0.requests.count } == 4)
    await client.close()
    await server.server.stop(grace: .zero)
  }

  @Test func aCallWaitsForAServerThatComesBack() async throws {
    let first = try await TestServer()
    let port = first.server.port
    let client = first.client()
    try await client.connect()
    await first.server.stop(grace: .zero)
    let states = client.states()
    async let reply = client.call(Methods.sessionGet, SessionRef(id: "later"))
    for await state in states {
      if case .lost = state { break }
    }
    let second = try await TestServer(port: port)
    #expect(try await reply.message.id == "later")
    await client.close()
    await second.server.stop(grace: .zero)
  }

  /// Answers connections with eight bytes that are no preface, until it is enough.
  private func nonsense(port: Int, until isEnough: (_ answered: Int) async throws -> Bool) async throws {
    let answered = Mutex(0)
    let listener = try await ServerBootstrap(group: TestServer.group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        answered.withLock { $0 += 1 }
        return channel.eventLoop.makeCompletedFuture {
          channel.writeAndFlush(ByteBuffer(repeating: 0xFF, count: 8), promise: nil)
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
    #expect(try await eventually { try await isEnough(answered.withLock { $0 }) })
    try await listener.close()
  }

  @Test func aDamagedPrefaceOfAServerThatIsKnownPasses() async throws {
    let first = try await TestServer()
    let port = first.server.port
    let client = first.client()
    try await client.connect()
    await first.server.stop(grace: .zero)
    async let reply = client.call(Methods.sessionGet, SessionRef(id: "later"))
    try await nonsense(port: port) { $0 >= 1 }
    let second = try await TestServer(port: port)
    #expect(try await reply.message.id == "later")
    await client.close()
    await second.server.stop(grace: .zero)
  }

  @Test func aServerThatNeverMakesSenseIsNamed() async throws {
    let first = try await TestServer()
    let port = first.server.port
    let client = first.client()
    try await client.connect()
    await first.server.stop(grace: .zero)
    let code = Mutex<ErrorCode?>(nil)
    let call = Task {
      do throws(WireError) {
        _ = try await client.call(Methods.sessionGet, SessionRef(id: "x"), timeout: .seconds(30))
      } catch {
        code.withLock { $0 = error.errorCode }
      }
    }
    // It listens until the client has had enough of it.
    try await nonsense(port: port) { _ in code.withLock { $0 } != nil }
    await call.value
    #expect(code.withLock { $0 } == .badPreface)
    await client.close()
  }

  @Test func aClientThatDoesNotWaitFailsAtOnce() async throws {
    let server = try await TestServer()
    let port = server.server.port
    await server.server.stop(grace: .zero)
    let client = TestServer.client(port: port) { $0.waitsForServer = false }
    let start = ContinuousClock.now
    let error = await #expect(throws: WireError.self) { try await client.call(Methods.sessionGet, SessionRef(id: "x")) }
    #expect(error?.errorCode == .unavailable)
    #expect(ContinuousClock.now - start < .seconds(5))
    await client.close()
  }

  @Test func aCallWithoutAServerFailsAtItsTimeoutAndSaysWhy() async throws {
    let server = try await TestServer()
    let port = server.server.port
    await server.server.stop(grace: .zero)
    let client = TestServer.client(port: port)
    let error = await #expect(throws: WireError.self) {
      try await client.call(Methods.sessionGet, SessionRef(id: "x"), timeout: .milliseconds(200))
    }
    #expect(error?.errorCode == .unavailable && error?.effect == Effect.none)
    await client.close()
  }

  @Test func aStreamWhoseConnectionBreaksSaysSo() async throws {
    let server = try await TestServer()
    let client = server.client()
    let stream = try client.stream(Methods.taskWatch, TaskWatchRequest())
    #expect(try await eventually { server.service.seen.withLock { $0.requests.count } == 1 })
    server.service.seen.withLock { $0.connections }.first?.close(WireError(.unavailable, "dropped on purpose"))
    let error = await #expect(throws: WireError.self) { for try await _ in stream {} }
    #expect(error?.errorCode == .connectionLost)
    #expect(try await client.call(Methods.sessionGet, SessionRef(id: "x")).message.id == "x")
    await client.close()
    await server.server.stop(grace: .zero)
  }

  @Test func aGracefulStopFinishesWhatIsUnderWayAndThenCloses() async throws {
    let server = try await TestServer()
    let client = server.client()
    let pending = Task { try await client.call(Methods.sessionGet, SessionRef(id: "never")) }
    #expect(try await eventually { !server.service.seen.withLock { $0.open.isEmpty } })
    async let stopped: Void = server.server.stop(grace: .seconds(30))
    // The listener is closed, the call is not.
    let other = server.client { $0.waitsForServer = false }
    #expect(try await eventually { (try? await other.connect()) == nil })
    let (connection, id) = server.service.seen.withLock { ($0.connections[0], $0.open[0]) }
    connection.send([.response(id, Session.with { $0.id = "at last" })])
    #expect(try await pending.value.message.id == "at last")
    await stopped
    #expect(server.server.connectionCount == 0)
    await client.close()
    await other.close()
  }

  @Test func afterTheGraceWhatIsLeftGetsAnError() async throws {
    let server = try await TestServer()
    let client = server.client()
    let pending = Task { try await client.call(Methods.sessionGet, SessionRef(id: "never"), timeout: .seconds(2)) }
    #expect(try await eventually { !server.service.seen.withLock { $0.open.isEmpty } })
    await server.server.stop(grace: .milliseconds(50))
    #expect(server.server.connectionCount == 0)
    // The call may be repeated, so the client tries until its time is over.
    await #expect(throws: WireError.self) { try await pending.value }
    await client.close()
  }
}
