import Testing
import Wire

@testable import SessionService

@Suite(.timeLimit(.minutes(1)))
struct LearningTests {
  private static func lesson(_ namespace: String, _ key: String, _ content: String) -> MemoryRememberRequest {
    .with { ($0.namespace, $0.key, $0.content, $0.importance) = (namespace, key, content, 0.9) }
  }

  /// Runs a task to its end on a node of the test's own, with what it taught.
  private func finish(
    _ test: TestService, _ node: TestNode, session: String, status: TaskStatus = .completed, _ lessons: [MemoryRememberRequest]
  ) async throws -> TaskRecord {
    let task = try await test.submit(session)
    let (fence, _) = try await node.takeAssignment()
    let head = try await test.admin.call(Methods.sessionGet, SessionRef(id: session)).message.headStep
    try await node.commit(fence, parent: head, finish: .ended(status), lessons: lessons)
    return try await test.admin.call(Methods.taskGet, TaskRef(id: task.id)).message
  }

  private func memories(_ test: TestService, scope: String? = nil) async throws -> [String] {
    try await test.admin.call(Methods.memoryList, .with { ($0.dbConnectionId, $0.scope) = ("flights", scope) }).message.memories
      .map { "\($0.namespace)/\($0.key)" }.sorted()
  }

  @Test func whatATurnTaughtIsKeptWithItsEndForItsSessionAlone() async throws {
    try await withService { test in
      try await test.makeConnection()
      let node = try await TestNode(test, name: "n")
      let session = try await test.makeSession().id
      var foreign = Self.lesson("corrections", "late", "late means arr_delay > 15")
      // Whatever the node says: a turn teaches its own session.
      (foreign.scope, foreign.dbConnectionId, foreign.source) = ("shared", "trains", "user")
      let lessons = [Self.lesson("session_context", "turn/t1", "What?"), foreign]
      _ = try await finish(test, node, session: session, lessons)
      #expect(try await memories(test, scope: session) == ["corrections/late", "session_context/turn/t1"])
      #expect(try await memories(test, scope: "shared") == [])
      // The same turn told again makes no new version.
      _ = try await finish(test, node, session: session, lessons)
      let kept = try await test.admin.call(
        Methods.memoryGet,
        .with { ($0.dbConnectionId, $0.scope, $0.namespace, $0.key) = ("flights", session, "corrections", "late") }
      ).message
      #expect(kept.version == 1 && kept.source == "learning" && kept.sourceSessionId == session && kept.importance == 0.9)
      await node.disconnect()
    }
  }

  @Test func aTurnThatDidNotEndWellTeachesNothing() async throws {
    try await withService { test in
      try await test.makeConnection()
      let node = try await TestNode(test, name: "n")
      let session = try await test.makeSession().id
      for status in [TaskStatus.failed, .partial] {
        _ = try await finish(test, node, session: session, status: status, [Self.lesson("corrections", "k", "x means y")])
      }
      #expect(try await memories(test) == [])
      await node.disconnect()
    }
  }

  @Test func whatCannotBeLearnedIsToldAndTheRestIsKept() async throws {
    try await withService { test in
      try await test.makeConnection()
      let node = try await TestNode(test, name: "n")
      let session = try await test.makeSession().id
      let task = try await finish(
        test, node, session: session, [Self.lesson("a//b", "bad", "x"), Self.lesson("corrections", "good", "x means y")])
      #expect(task.status == .completed)
      #expect(task.result?.degraded.count == 1 && task.result?.degraded.first?.contains("'bad' could not be learned") == true)
      #expect(try await memories(test) == ["corrections/good"])
      await node.disconnect()
    }
  }

  @Test func aCorrectionIsSharedOnceItIsConfirmedAndCanBeTakenBack() async throws {
    try await withService { test in
      try await test.makeConnection()
      let node = try await TestNode(test, name: "n")
      let (one, two) = (try await test.makeSession().id, try await test.makeSession().id)
      _ = try await finish(test, node, session: one, [Self.lesson("corrections", "late", "late means arr_delay > 15")])
      func given(_ session: String) async throws -> [String] {
        try await test.admin.call(
          Methods.knowledgeBackground,
          .with { ($0.dbConnectionId, $0.sessionId, $0.question) = ("flights", session, "How many were late?") }
        ).message.pieces.map(\.source)
      }
      #expect(try await given(one) == ["memory:session/corrections/late"])
      #expect(try await given(two) == [])
      let reference = MemoryRef.with {
        ($0.dbConnectionId, $0.scope, $0.namespace, $0.key) = ("flights", one, "corrections", "late")
      }
      let shared = try await test.admin.call(Methods.memoryConfirm, .with { $0.memory = reference }).message
      #expect(
        shared.scope == "shared" && shared.source == "learning" && shared.sourceSessionId == one && shared.importance == 0.9)
      #expect(try await given(one) == ["memory:shared/corrections/late"])
      #expect(try await given(two) == ["memory:shared/corrections/late"])
      await expectError(.notFound) { _ = try await test.admin.call(Methods.memoryConfirm, .with { $0.memory = reference }) }
      _ = try await test.admin.call(
        Methods.memoryForget,
        .with { ($0.dbConnectionId, $0.scope, $0.namespace, $0.key) = ("flights", "shared", "corrections", "late") })
      #expect(try await given(two) == [])
      await node.disconnect()
    }
  }

  @Test func aPolicyMaySpareTheConfirmation() async throws {
    try await withService { test in
      try await test.makeConnection()
      let node = try await TestNode(test, name: "n")
      let session = try await test.makeSession { $0.policy = .with { $0.sharesCorrections = true } }.id
      _ = try await finish(
        test, node, session: session,
        [Self.lesson("corrections", "late", "late means arr_delay > 15"), Self.lesson("session_context", "turn/t", "What?")])
      #expect(try await memories(test, scope: "shared") == ["corrections/late"])
      #expect(try await memories(test, scope: session) == ["session_context/turn/t"])
      await node.disconnect()
    }
  }

  // MARK: Blocks

  private func put(
    _ client: WireClient, _ label: String, _ value: String, scope: String = "", _ fill: (inout MemoryBlock) -> Void = { _ in }
  ) async throws -> MemoryBlock {
    var block = MemoryBlock.with { ($0.dbConnectionId, $0.scope, $0.label, $0.value) = ("flights", scope, label, value) }
    fill(&block)
    return try await client.call(Methods.blockPut, .with { $0.block = block }).message
  }

  @Test func blocksGoWithEveryQuestionAndASessionsHidesTheSharedOne() async throws {
    try await withService { test in
      try await test.makeConnection()
      let (one, two) = (try await test.makeSession().id, try await test.makeSession().id)
      _ = try await put(test.admin, "persona", "Be brief.") { $0.description = "Who you are" }
      _ = try await put(test.admin, "persona", "Be long.", scope: one)
      _ = try await put(test.admin, "empty", "")
      func given(_ session: String) async throws -> Background {
        try await test.admin.call(
          Methods.knowledgeBackground,
          .with { ($0.dbConnectionId, $0.sessionId, $0.question) = ("flights", session, "Anything?") }
        ).message
      }
      #expect(try await given(one).pieces.map(\.text) == ["Be long."])
      #expect(try await given(two).pieces.map(\.text) == ["Who you are\nBe brief."])
      #expect(try await given(two).agent == AgentName.label(dbConnectionId: "flights", sessionId: two))
      let seen = try await test.admin.call(
        Methods.blockList, .with { ($0.dbConnectionId, $0.sessionId) = ("flights", one) }
      ).message.blocks
      #expect(seen.map(\.value) == ["", "Be long."])
      _ = try await test.admin.call(Methods.sessionDelete, SessionRef(id: one))
      let left = try await test.service.store.read { (transaction) throws(WireError) in
        try transaction.query("SELECT label FROM blocks ORDER BY label", []) { (row) in row.text(0) }
      }
      #expect(left == ["empty", "persona"])
    }
  }

  @Test func aBlocksLimitHoldsAndAgentsDoNotWriteWhatIsReadOnly() async throws {
    try await withService { test in
      try await test.makeConnection()
      let agent = test.client(try await test.makeKey(.agent))
      _ = try await put(test.admin, "notes", "x") { $0.limit = 10 }
      await expectError(.limitExceeded) { _ = try await put(test.admin, "notes", "01234567890") }
      let written = try await put(agent, "notes", "0123456789") { ($0.limit, $0.readOnly) = (9_999, true) }
      #expect(written.value == "0123456789" && written.limit == 10 && !written.readOnly && written.version == 2)
      _ = try await put(test.admin, "rules", "fixed") { $0.readOnly = true }
      await expectError(.forbidden) { _ = try await put(agent, "rules", "mine") }
      let session = try await test.makeSession()
      await expectError(.forbidden) { _ = try await put(agent, "rules", "mine") { $0.scope = session.id } }
      await expectError(.staleVersion) {
        _ = try await test.admin.call(
          Methods.blockPut,
          .with {
            $0.ifVersion = 7; $0.block = .with { ($0.dbConnectionId, $0.label, $0.value) = ("flights", "rules", "x") }
          })
      }
      await agent.close()
    }
  }

  @Test func agentsAreNamedAsPeopleKnowThemAndKnownByTheirIds() {
    #expect(AgentName.label(dbConnectionId: "db-123-abc") == "kai_agent_db_123_abc")
    #expect(AgentName.label(dbConnectionId: "db-123-abc", sessionId: "sess-xyz-789") == "kai_agent_db_123_abc_sess_xyz")
    #expect(AgentName.label(dbConnectionId: "my db", sessionId: "s 1") == "kai_agent_my_db_s_1")
  }
}
