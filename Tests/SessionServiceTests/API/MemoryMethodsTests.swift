import Testing
import Wire

@testable import SessionService

@Suite struct MemoryMethodsTests {
  @discardableResult
  private func remember(
    _ test: TestService, _ key: String, _ content: String, on connection: String = "flights", scope: String = "",
    _ change: (inout MemoryRememberRequest) -> Void = { _ in }
  ) async throws -> Memory {
    var request = MemoryRememberRequest()
    request.dbConnectionId = connection
    request.scope = scope
    request.namespace = "corrections"
    request.key = key
    request.content = content
    change(&request)
    return try await test.admin.call(Methods.memoryRemember, request).message
  }

  private func recall(
    _ test: TestService, _ query: String, on connection: String = "flights", session: String = "",
    _ change: (inout MemoryRecallRequest) -> Void = { _ in }
  ) async throws -> [String] {
    var request = MemoryRecallRequest()
    request.dbConnectionId = connection
    request.sessionId = session
    request.query = query
    change(&request)
    let hits = try await test.admin.call(Methods.memoryRecall, request).message.hits
    #expect(hits.map(\.score) == hits.map(\.score).sorted(by: >))
    #expect(hits.allSatisfy { (0...1).contains($0.score) })
    return hits.compactMap { $0.memory?.key }
  }

  private func ref(_ key: String, scope: String = "") -> MemoryRef {
    MemoryRef.with { ref in
      ref.dbConnectionId = "flights"
      ref.scope = scope
      ref.namespace = "corrections"
      ref.key = key
    }
  }

  @Test func recallFindsByWordsAndForms() async throws {
    try await withService { test in
      try await test.makeConnection()
      try await remember(test, "delay", "Departure delays are in minutes; negative means early")
      try await remember(test, "carrier", "UA means United Airlines")
      #expect(try await recall(test, "how is a DELAY counted?") == ["delay"])
      #expect(try await recall(test, "which airline is UA") == ["carrier"])
      #expect(try await recall(test, "nothing of this kind") == [])
    }
  }

  @Test(arguments: ["'", "\"", "-", "*", "a OR", "NEAR(", "x:y", "^", "{}", "\u{0}", "--", "\" OR scope_word:x"])
  func noTextBreaksTheSearch(_ query: String) async throws {
    try await withService { test in
      try await test.makeConnection()
      try await remember(test, "k", "some text")
      _ = try await recall(test, query)
      _ = try await recall(test, "text " + query)
    }
  }

  @Test func nothingLeaksBetweenScopes() async throws {
    try await withService { test in
      try await test.makeConnection()
      try await test.makeConnection("trains")
      let one = try await test.makeSession().id
      let two = try await test.makeSession().id
      try await remember(test, "shared", "delay")
      try await remember(test, "of one", "delay", scope: one)
      try await remember(test, "of two", "delay", scope: two)
      try await remember(test, "of trains", "delay", on: "trains")
      #expect(try await Set(recall(test, "delay")) == ["shared"])
      #expect(try await Set(recall(test, "delay", session: one)) == ["shared", "of one"])
      #expect(try await Set(recall(test, "delay", session: two)) == ["shared", "of two"])
      #expect(try await recall(test, "delay", on: "trains", session: one) == ["of trains"])
      await expectError(.notFound) { _ = try await test.admin.call(Methods.memoryGet, ref("of one")) }
      // A session's memory cannot be made for a session of another connection, or of none.
      await expectError(.invalidArgument) { try await remember(test, "x", "y", on: "trains", scope: one) }
      await expectError(.notFound) { try await remember(test, "x", "y", scope: "sess_000000000000") }
    }
  }

  @Test func whatMattersMoreComesFirst() async throws {
    try await withService { test in
      try await test.makeConnection()
      try await remember(test, "low", "delay") { $0.importance = 0.1 }
      try await remember(test, "high", "delay") { $0.importance = 0.9 }
      #expect(try await recall(test, "delay") == ["high", "low"])
      #expect(try await recall(test, "delay") { $0.limit = 1 } == ["high"])
    }
  }

  @Test func aSecondRememberIsANewVersion() async throws {
    try await withService { test in
      try await test.makeConnection()
      let first = try await remember(test, "k", "old words") { $0.value = "{\"a\": 1}" }
      let second = try await remember(test, "k", "new text") { $0.ifVersion = 1 }
      #expect(second.id == first.id)
      #expect(second.version == 2)
      await expectError(.staleVersion) { try await remember(test, "k", "late") { $0.ifVersion = 1 } }
      #expect(try await recall(test, "old") == [])
      #expect(try await recall(test, "new") == ["k"])
      let history = try await test.admin.call(Methods.memoryHistory, ref("k")).message.versions
      #expect(history.map(\.content) == ["new text", "old words"])
      #expect(history.map(\.version) == [2, 1])
      #expect(history.last?.value == "{\"a\":1}")
    }
  }

  @Test func anExpiredMemoryIsGoneAndMayBeMadeAnew() async throws {
    try await withService { test in
      try await test.makeConnection()
      try await remember(test, "k", "delay") { $0.expiresInMs = 1_000 }
      #expect(try await recall(test, "delay") == ["k"])
      test.world.advance(milliseconds: 1_000)
      #expect(try await recall(test, "delay") == [])
      await expectError(.notFound) { _ = try await test.admin.call(Methods.memoryGet, ref("k")) }
      #expect(try await remember(test, "k", "again").version == 1)
      try await remember(test, "other", "delay") { $0.expiresInMs = 1 }
      test.world.advance(milliseconds: 1)
      try await test.service.housekeeping.sweep()
      let left = try await test.service.store.read { (transaction) throws(WireError) in
        try transaction.query("SELECT memory_key FROM memories", []) { (row) in row.text(0) }
      }
      #expect(left == ["k"])
    }
  }

  @Test func aNamespaceHoldsWhatIsBelowItByWholeSegments() async throws {
    try await withService { test in
      try await test.makeConnection()
      for namespace in ["a", "a/b", "ab"] {
        try await remember(test, "in \(namespace)", "delay") { $0.namespace = namespace }
      }
      #expect(try await Set(recall(test, "delay") { $0.namespace = "a" }) == ["in a", "in a/b"])
      func list(_ namespace: String) async throws -> MemoryList {
        try await test.admin.call(
          Methods.memoryList,
          MemoryListRequest.with { request in
            request.dbConnectionId = "flights"
            request.namespace = namespace
          }
        ).message
      }
      #expect(try await list("a").memories.map(\.key) == ["in a/b", "in a"])
      #expect(try await list("a").total == 2)
      let forgotten = try await test.admin.call(
        Methods.memoryForget,
        MemoryForgetRequest.with { request in
          request.dbConnectionId = "flights"
          request.namespace = "a"
        })
      #expect(forgotten.message.count == 2)
      #expect(try await recall(test, "delay") == ["in ab"])
    }
  }

  @Test func forgettingAKeyTakesThatOneAlone() async throws {
    try await withService { test in
      try await test.makeConnection()
      try await remember(test, "k", "delay")
      try await remember(test, "k", "delay") { $0.namespace = "corrections/deep" }
      let request = MemoryForgetRequest.with { request in
        request.dbConnectionId = "flights"
        request.scope = "shared"
        request.namespace = "corrections"
        request.key = "k"
      }
      #expect(try await test.admin.call(Methods.memoryForget, request).message.count == 1)
      await expectError(.notFound) { _ = try await test.admin.call(Methods.memoryForget, request) }
      #expect(try await recall(test, "delay") == ["k"])
    }
  }
}
