import NIOCore
import Testing
import Wire

@testable import SessionService

@Suite struct SessionDeletionTests {
  private func fill(_ test: TestService, _ id: String) async throws {
    try await test.appendSteps(30, to: id, snapshotAt: [10])
    for number in 0..<5 {
      _ = try await test.admin.call(
        Methods.memoryRemember,
        MemoryRememberRequest.with { memory in
          memory.dbConnectionId = "flights"
          memory.scope = id
          memory.namespace = "notes"
          memory.key = "key \(number)"
          memory.content = "delay"
        })
      try await test.putArtifact(id, "file \(number)", [UInt8](repeating: 7, count: 300_000))
    }
  }

  private func rows(_ test: TestService) async throws -> [String: Int64] {
    try await test.service.store.read { (transaction) throws(WireError) in
      var counts: [String: Int64] = [:]
      for table in [
        "sessions", "segments", "checkpoints", "artifacts", "contents", "content_chunks", "memories", "memory_versions",
        "term_parts", "term_postings", "term_vocabulary", "term_documents", "session_deletions",
      ] {
        counts[table] = try transaction.first("SELECT count(*) FROM \(table)", []) { (row) in row.int64(0) }
      }
      return counts.filter { $0.value != 0 }
    }
  }

  @Test func nothingOfADeletedSessionIsLeftAndNothingElseIsTouched() async throws {
    try await withService { test in
      try await test.makeConnection()
      let kept = try await test.makeSession().id
      try await fill(test, kept)
      let before = try await rows(test)
      let gone = try await test.makeSession().id
      try await fill(test, gone)
      let removed = try await test.admin.call(Methods.sessionDelete, SessionRef(id: gone)).message
      #expect(removed.id == gone)
      #expect(removed.checkpoints == 30)
      #expect(removed.artifacts == 5)
      #expect(removed.memories == 5)
      #expect(try await rows(test) == before)
      await expectError(.notFound) { _ = try await test.admin.call(Methods.sessionGet, SessionRef(id: gone)) }
      await expectError(.notFound) { _ = try await test.admin.call(Methods.sessionDelete, SessionRef(id: gone)) }
    }
  }

  @Test func aDeletionThatACrashCutOffIsFinishedAtTheNextStart() async throws {
    let folder = try TemporaryFolder()
    var test = try await TestService.start(folder)
    try await test.makeConnection()
    let id = try await test.makeSession().id
    try await fill(test, id)

    // As far as a process comes that dies after a few slices.
    let deletion = SessionDeletion(
      store: test.service.store, queue: test.service.tasks.seam, sliceRows: 8)
    let admin = try #require(
      try await test.service.store.read { (transaction) throws(WireError) in try KeyRepository.all(in: transaction) }.first)
    var buffer = ByteBuffer()
    SessionRef(id: id).encode(into: &buffer)
    let request = InboundRequest(
      streamID: 1, method: .sessionDelete, head: RequestHead.with { $0.idempotencyKey = [5] }, message: buffer,
      attachment: ByteBuffer(), principal: Principal(keyId: admin.id, role: .admin), deadline: nil)
    try await test.service.store.write { (transaction) throws(WireError) in
      try deletion.begin(SessionRef(id: id), as: SessionDeletion.Claim(request), in: transaction)
    }
    for _ in 0..<2 {
      let end = try await test.service.store.write { (transaction) throws(WireError) in
        try deletion.removeSlice(of: id, in: transaction)
      }
      #expect(end == nil)
    }
    await expectError(.notFound) { _ = try await test.admin.call(Methods.sessionGet, SessionRef(id: id)) }
    await test.stop()

    test = try await TestService.start(folder)
    #expect(try await rows(test) == [:])
    // Whoever asked for it gets the counts of the whole, as if nothing had happened.
    let reply = try await test.admin.call(Methods.sessionDelete, SessionRef(id: id), idempotencyKey: [5])
    #expect(reply.replayed)
    #expect(reply.message.checkpoints == 30)
    #expect(reply.message.artifacts == 5)
    await test.stop()
  }

  @Test func aDeletionAtTheWrongVersionIsRefused() async throws {
    try await withService { test in
      try await test.makeConnection()
      var ref = SessionRef(id: try await test.makeSession().id)
      ref.ifVersion = 9
      await expectError(.staleVersion) { _ = try await test.admin.call(Methods.sessionDelete, ref) }
      ref.ifVersion = 1
      _ = try await test.admin.call(Methods.sessionDelete, ref)
    }
  }
}
