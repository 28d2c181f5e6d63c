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
      await expectError(.notFound) { try await remember(test, "x", "y", on: "trains", scope: one) }
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

  // MARK: Scopes, versions, transfer

  @Test func whatASessionHasHidesWhatIsSharedUnderTheSameName() async throws {
    try await withService { test in
      try await test.makeConnection()
      let session = try await test.makeSession().id
      let other = try await test.makeSession().id
      try await remember(test, "delay", "delay is arr_delay")
      try await remember(test, "delay", "delay is dep_delay here", scope: session)
      func seen(_ scope: String) async throws -> String {
        try await test.admin.call(Methods.memoryGet, ref("delay", scope: scope)).message.content
      }
      #expect(try await seen(session + "+shared") == "delay is dep_delay here")
      #expect(try await seen(other + "+shared") == "delay is arr_delay")
      await expectError(.notFound) { _ = try await seen(other) }
      func contents(_ session: String) async throws -> [String] {
        var request = MemoryRecallRequest()
        (request.dbConnectionId, request.sessionId, request.query) = ("flights", session, "delay arr_delay")
        return try await test.admin.call(Methods.memoryRecall, request).message.hits.compactMap { $0.memory?.content }
      }
      #expect(try await contents(session) == ["delay is dep_delay here"])
      #expect(try await contents(other) == ["delay is arr_delay"])
    }
  }

  @Test func whatASessionNotesForItselfIsNeverShared() async throws {
    try await withService { test in
      try await test.makeConnection()
      let session = try await test.makeSession().id
      for namespace in ["session_context", "session_working/plan"] {
        await expectError(.invalidArgument) { try await remember(test, "k", "x") { $0.namespace = namespace } }
        try await remember(test, "k", "x", scope: session) { $0.namespace = namespace }
      }
      for namespace in ["user_preferences", "business_facts", "data_insights", "corrections", "shared_knowledge"] {
        try await remember(test, "k", "x") { $0.namespace = namespace }
      }
    }
  }

  @Test func everyVersionCanBeReadAndMadeToHoldAgain() async throws {
    try await withService { test in
      try await test.makeConnection()
      let first = try await remember(test, "k", "one") { $0.importance = 0.9 }
      await expectError(.failedPrecondition) {
        _ = try await test.admin.call(Methods.memoryUndo, .with { $0.memory = ref("k") })
      }
      for content in ["two", "three"] { try await remember(test, "k", content) { $0.importance = 0.1 } }
      func get(_ version: UInt64) async throws -> Memory {
        var reference = ref("k")
        reference.version = version
        return try await test.admin.call(Methods.memoryGet, reference).message
      }
      let old = try await get(1)
      #expect(old.content == "one" && old.version == 1 && old.importance == 0.9 && old.createdAt == first.createdAt)
      await expectError(.notFound) { _ = try await get(4) }
      let undone = try await test.admin.call(Methods.memoryUndo, .with { $0.memory = ref("k") }).message
      #expect(undone.content == "two" && undone.version == 4)
      let first2 = try await test.admin.call(
        Methods.memoryUndo, .with { ($0.memory, $0.toVersion) = (ref("k"), 1) }
      ).message
      #expect(first2.content == "one" && first2.version == 5 && first2.importance == 0.9)
      #expect(try await recall(test, "one") == ["k"])
      #expect(try await recall(test, "three") == [])
      let history = try await test.admin.call(Methods.memoryHistory, ref("k")).message.versions
      #expect(history.map(\.content) == ["one", "two", "three", "two", "one"])
    }
  }

  @Test func whatIsForgottenIsInNoTableAnyMore() async throws {
    try await withService { test in
      try await test.makeConnection()
      for key in ["rule/a", "rule/b", "other"] { try await remember(test, key, "zanzibar") }
      try await remember(test, "rule/a", "zanzibar again")
      let gone = try await test.admin.call(
        Methods.memoryForget,
        .with { ($0.dbConnectionId, $0.scope, $0.namespace, $0.keyPrefix) = ("flights", "shared", "corrections", "rule/") }
      ).message
      #expect(gone.count == 2 && gone.versions == 3)
      #expect(try await recall(test, "zanzibar") == ["other"])
      let rest = try await test.admin.call(Methods.memoryForget, .with { $0.dbConnectionId = "flights" }).message
      #expect(rest.count == 1)
      for table in ["memories", "memory_versions", "term_parts", "term_postings", "term_vocabulary", "term_documents"] {
        let rows = try await test.service.store.read { (transaction) throws(WireError) in
          try transaction.query("SELECT count(*) FROM \(table)", []) { (row) in row.int64(0) }
        }
        #expect(rows == [0], "\(table)")
      }
    }
  }

  @Test func anImportKeepsVersionsTimesAndSourcesAndARepeatChangesNothing() async throws {
    try await withService { test in
      try await test.makeConnection()
      try await test.makeConnection("copy")
      for content in ["old", "delay is in minutes"] {
        try await remember(test, "k", content) { ($0.source, $0.importance) = ("user", 0.8) }
      }
      var list = try await test.admin.call(Methods.memoryList, .with { $0.dbConnectionId = "flights" }).message
      func take() async throws -> MemoryImported {
        try await test.admin.call(
          Methods.memoryImport, .with { ($0.dbConnectionId, $0.memories) = ("copy", list.memories) }
        ).message
      }
      #expect(try await take() == .with { $0.added = 1 })
      #expect(try await take() == .with { $0.unchanged = 1 })
      let copy = try await test.admin.call(Methods.memoryList, .with { $0.dbConnectionId = "copy" }).message.memories[0]
      let original = list.memories[0]
      #expect(copy.version == 2 && copy.createdAt == original.createdAt && copy.updatedAt == original.updatedAt)
      #expect(copy.source == "user" && copy.importance == 0.8 && copy.id != original.id)
      #expect(try await recall(test, "minutes", on: "copy") == ["k"])
      // What is older than what is here stays out; what is newer comes in.
      test.world.advance(milliseconds: 1_000)
      try await remember(test, "k", "newer here", on: "copy")
      #expect(try await take() == .with { $0.unchanged = 1 })
      test.world.advance(milliseconds: 1_000)
      try await remember(test, "k", "newest")
      list = try await test.admin.call(Methods.memoryList, .with { $0.dbConnectionId = "flights" }).message
      #expect(try await take() == .with { $0.updated = 1 })
      // A clock that is ahead makes no repeat an update, and what has no older version here says so.
      list.memories[0].updatedAt = Timestamp(microseconds: .max)
      list.memories[0].content = "from the future"
      #expect(try await take() == .with { $0.updated = 1 })
      test.world.advance(milliseconds: 1_000)
      #expect(try await take() == .with { $0.unchanged = 1 })
      try await test.makeConnection("third")
      _ = try await test.admin.call(
        Methods.memoryImport, .with { ($0.dbConnectionId, $0.memories) = ("third", list.memories) })
      var third = ref("k")
      third.dbConnectionId = "third"
      await expectError(.failedPrecondition) {
        _ = try await test.admin.call(Methods.memoryUndo, .with { $0.memory = third })
      }
      list.memories[0].importance = 2
      list.memories[0].updatedAt = Timestamp(microseconds: .max)
      await expectError(.invalidArgument) { _ = try await take() }
    }
  }

  @Test func anImportOfManySlicesIsCheckedAsAWhole() async throws {
    try await withService { test in
      try await test.makeConnection()
      var memories = (0..<MemoryImport.sliceMemories * 3).map { number -> Memory in
        .with { memory in
          (memory.scope, memory.namespace, memory.key) = ("shared", "facts", "k\(number)")
          (memory.content, memory.value, memory.importance) = ("a delay", "{}", 0.5)
          memory.updatedAt = Timestamp(microseconds: 1)
        }
      }
      func take() async throws -> MemoryImported {
        try await test.admin.call(
          Methods.memoryImport, .with { ($0.dbConnectionId, $0.memories) = ("flights", memories) }
        ).message
      }
      let last = memories.count - 1
      memories[last].importance = 2
      await expectError(.invalidArgument) { _ = try await take() }
      #expect(try await test.admin.call(Methods.memoryList, .with { $0.dbConnectionId = "flights" }).message.total == 0)
      memories[last].importance = 1
      #expect(try await take() == .with { $0.added = UInt64(memories.count) })
      #expect(try await take() == .with { $0.unchanged = UInt64(memories.count) })
    }
  }
}
