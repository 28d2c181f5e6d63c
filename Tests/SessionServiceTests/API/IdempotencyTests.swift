import NIOCore
import NIOPosix
import Testing
import Wire

@testable import SessionService

@Suite struct IdempotencyTests {
  private func request(_ title: String) -> SessionCreateRequest {
    SessionCreateRequest.with { request in
      request.dbConnectionId = "flights"
      request.title = title
    }
  }

  private func sessions(_ test: TestService) async throws -> UInt64 {
    try await test.admin.call(Methods.sessionList, SessionListRequest()).message.total
  }

  @Test func aRepeatGetsTheFirstAnswerAndDoesNothing() async throws {
    try await withService { test in
      try await test.makeConnection()
      let first = try await test.admin.call(Methods.sessionCreate, request("a"), idempotencyKey: [1, 2])
      test.world.advance(milliseconds: 60_000)
      let second = try await test.admin.call(Methods.sessionCreate, request("a"), idempotencyKey: [1, 2])
      #expect(!first.replayed)
      #expect(second.replayed)
      #expect(second.message == first.message)
      #expect(try await sessions(test) == 1)
    }
  }

  @Test func repeatsAtTheSameTimeAreOne() async throws {
    try await withService { test in
      try await test.makeConnection()
      let ids = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<20 {
          group.addTask { try await test.admin.call(Methods.sessionCreate, request("a"), idempotencyKey: [7]).message.id }
        }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(ids.count == 1)
      #expect(try await sessions(test) == 1)
    }
  }

  @Test func aKeyIsForOneRequestOfOneKeyHolder() async throws {
    try await withService { test in
      try await test.makeConnection()
      _ = try await test.admin.call(Methods.sessionCreate, request("a"), idempotencyKey: [1])
      await expectError(.idempotencyMismatch) {
        _ = try await test.admin.call(Methods.sessionCreate, request("b"), idempotencyKey: [1])
      }
      let user = try await test.client(.user)
      let other = try await user.call(Methods.sessionCreate, request("b"), idempotencyKey: [1])
      #expect(!other.replayed)
      await user.close()
    }
  }

  @Test func aFailedRequestMayBeTriedAgainWithItsKey() async throws {
    try await withService { test in
      await expectError(.notFound) { _ = try await test.admin.call(Methods.sessionCreate, request("a"), idempotencyKey: [1]) }
      try await test.makeConnection()
      #expect(try await !test.admin.call(Methods.sessionCreate, request("a"), idempotencyKey: [1]).replayed)
    }
  }

  @Test func repliesOutliveARestartAndDieOfAge() async throws {
    let folder = try TemporaryFolder()
    let world = TestSurroundings()
    var test = try await TestService.start(folder, world)
    try await test.makeConnection()
    let first = try await test.admin.call(Methods.sessionCreate, request("a"), idempotencyKey: [1]).message
    await test.stop()

    test = try await TestService.start(folder, world)
    let second = try await test.admin.call(Methods.sessionCreate, request("a"), idempotencyKey: [1])
    #expect(second.replayed)
    #expect(second.message == first)
    world.advance(milliseconds: Limits.idempotencyTtlMs)
    try await test.service.housekeeping.sweep()
    let kept = try await test.service.store.read { (transaction) throws(WireError) in
      try transaction.query("SELECT count(*) FROM replies", []) { (row) in row.int64(0) }
    }
    #expect(kept == [0])
    #expect(try await !test.admin.call(Methods.sessionCreate, request("a"), idempotencyKey: [1]).replayed)
    await test.stop()
  }

  @Test func aChangeWithoutAKeyIsRefused() async throws {
    try await withService { test in
      try await test.makeConnection()
      await expectError(.invalidArgument) {
        _ = try await test.admin.call(Methods.sessionCreate, request("a"), idempotencyKey: [])
      }
      #expect(try await sessions(test) == 0)
    }
  }

  @Test func aSecretIsNotKeptBesideItsReply() async throws {
    try await withService { test in
      let request = KeyCreateRequest.with { $0.role = .user }
      let first = try await test.admin.call(Methods.keyCreate, request, idempotencyKey: [9]).message
      let second = try await test.admin.call(Methods.keyCreate, request, idempotencyKey: [9])
      #expect(second.replayed)
      #expect(second.message.secret == first.secret)
      #expect(first.secret.count == 64)
      let kept = try await test.service.store.read { (transaction) throws(WireError) in
        try transaction.query("SELECT reply FROM replies", []) { (row) in row.blob(0) }
      }
      #expect(!kept.isEmpty)
      #expect(kept.allSatisfy { (try? KeyInfo(decoding: $0))?.secret == "" })
    }
  }
}
