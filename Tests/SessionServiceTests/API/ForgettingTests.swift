import Testing
import Wire

@testable import SessionService

@Suite struct ForgettingTests {
  private func fill(_ test: TestService, _ count: Int) async throws {
    try await test.service.store.write { (transaction) throws(WireError) in
      for number in 0..<count {
        _ = try MemoryWriting.remember(
          .with {
            ($0.dbConnectionId, $0.namespace, $0.key) = ("flights", "facts", "k\(number)")
            $0.content = "word \(number)"
          }, in: transaction)
      }
    }
  }

  private func rows(_ table: String, _ test: TestService) async throws -> Int64? {
    try await test.service.store.read { (transaction) throws(WireError) in
      try transaction.first("SELECT count(*) FROM \(table)", []) { (row) in row.int64(0) }
    }
  }

  @Test func manyMemoriesGoInSlicesWithOneAnswer() async throws {
    try await withService { test in
      try await test.makeConnection()
      try await fill(test, 700)
      let request = MemoryForgetRequest.with { $0.dbConnectionId = "flights" }
      let gone = try await test.admin.call(Methods.memoryForget, request, idempotencyKey: [1])
      #expect(gone.message.count == 700 && !gone.replayed)
      let again = try await test.admin.call(Methods.memoryForget, request, idempotencyKey: [1])
      #expect(again.message.count == 700 && again.replayed)
      for table in ["memories", "memory_versions", "term_postings", "term_vocabulary"] {
        #expect(try await rows(table, test) == 0)
      }
    }
  }

  @Test func aConnectionGoesWithAllItsMemories() async throws {
    try await withService { test in
      try await test.makeConnection()
      try await fill(test, 600)
      _ = try await test.admin.call(Methods.connectionDelete, ConnectionRef(id: "flights"))
      #expect(try await rows("memories", test) == 0)
      await expectError(.notFound) { _ = try await test.admin.call(Methods.connectionGet, ConnectionRef(id: "flights")) }
    }
  }

  @Test func repliesGoWithWhatTheyTellOfAndOthersStay() async throws {
    try await withService { test in
      try await test.makeConnection()
      let (kept, gone) = (try await test.makeSession().id, try await test.makeSession().id)
      for id in [kept, gone] {
        _ = try await test.admin.call(Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (id, "a secret of \(id)") })
      }
      _ = try await test.admin.call(Methods.sessionDelete, SessionRef(id: gone))
      let replies = try await test.service.store.read { (transaction) throws(WireError) in
        try transaction.query("SELECT reply FROM replies WHERE method <> ?", [Value(Wire.Method.sessionDelete)]) { (row) in
          String(decoding: row.blob(0), as: UTF8.self)
        }
      }
      #expect(!replies.contains { $0.contains(gone) })
      #expect(replies.contains { $0.contains("a secret of \(kept)") })
    }
  }

  @Test func repliesOfOlderVersionsGoByWhatTheySay() async throws {
    try await withService { test in
      try await test.makeConnection()
      let gone = try await test.makeSession().id
      try await test.service.store.write { (transaction) throws(WireError) in
        try transaction.execute("UPDATE replies SET has_subjects = 0")
        try transaction.execute("DELETE FROM reply_subjects")
      }
      _ = try await test.admin.call(Methods.sessionDelete, SessionRef(id: gone))
      #expect(
        try await test.service.store.read { (transaction) throws(WireError) in
          try transaction.query("SELECT reply FROM replies WHERE method = ?", [Value(Wire.Method.sessionCreate)]) { (row) in
            row.blob(0)
          }
        } == [])
    }
  }

  @Test func sessionsAreFoundInTheBytesOfAReply() {
    let bytes = Array("xsess_0123456789absess_sess_ffffffffffffgsess_012".utf8)
    #expect(Idempotency.sessions(in: bytes) == ["sess_0123456789ab", "sess_ffffffffffff"])
  }

  @Test func aMemoryThatGoesWithAQuestionCountsAsUsed() async throws {
    try await withService { test in
      try await test.makeConnection()
      try await fill(test, 1)
      let question = BackgroundRequest.with { ($0.dbConnectionId, $0.question) = ("flights", "which word is it") }
      #expect(try await test.admin.call(Methods.knowledgeBackground, question).message.pieces.count == 1)
      let place = MemoryRef.with { ($0.dbConnectionId, $0.namespace, $0.key) = ("flights", "facts", "k0") }
      try await test.eventually("it is counted") {
        try await test.admin.call(Methods.memoryGet, place).message.useCount == 1
      }
    }
  }
}
