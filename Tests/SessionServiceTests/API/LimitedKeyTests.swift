import NIOCore
import Testing
import Wire

@testable import SessionService

/// A key that is limited to connection `a` sees nothing of `b`: what is there is answered as what is not.
@Suite struct LimitedKeyTests {
  typealias Things = ThingsOfConnection
  typealias Attempt = @Sendable (WireClient, Things) async throws -> Void

  /// Every method whose request names a thing of a connection.
  static let attempts: [(name: String, attempt: Attempt)] = [
    ("session.create", { _ = try await $0.call(Methods.sessionCreate, session($1)) }),
    ("session.get", { _ = try await $0.call(Methods.sessionGet, SessionRef(id: $1.session)) }),
    ("session.delete", { _ = try await $0.call(Methods.sessionDelete, SessionRef(id: $1.session)) }),
    ("session.pause", { _ = try await $0.call(Methods.sessionPause, SessionRef(id: $1.session)) }),
    ("session.resume", { _ = try await $0.call(Methods.sessionResume, SessionRef(id: $1.session)) }),
    ("session.close", { _ = try await $0.call(Methods.sessionClose, SessionRef(id: $1.session)) }),
    ("session.reopen", { _ = try await $0.call(Methods.sessionReopen, SessionRef(id: $1.session)) }),
    ("session.update", { client, things in _ = try await client.call(Methods.sessionUpdate, .with { $0.id = things.session }) }),
    ("session.fork", { client, things in _ = try await client.call(Methods.sessionFork, .with { $0.id = things.session }) }),
    ("session.prune", { client, things in _ = try await client.call(Methods.sessionPrune, .with { $0.id = things.session }) }),
    (
      "session.export",
      { client, things in
        for try await _ in try client.stream(Methods.sessionExport, SessionExportRequest(id: things.session)) {}
      }
    ),
    (
      "session.import",
      { client, things in
        let chunks = AsyncStream<ByteBuffer> { $0.finish() }
        _ = try await client.upload(
          Methods.sessionImport, .with { ($0.dbConnectionId, $0.asNew) = (things.connection, true) }, chunks: chunks)
      }
    ),
    (
      "checkpoint.list",
      { client, things in
        _ = try await client.call(Methods.checkpointList, .with { $0.sessionId = things.session })
      }
    ),
    (
      "checkpoint.fetch",
      { client, things in
        for try await _ in try client.stream(Methods.checkpointFetch, .with { $0.sessionId = things.session }) {}
      }
    ),
    (
      "task.submit",
      { client, things in
        _ = try await client.call(Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (things.session, "x") })
      }
    ),
    ("task.get", { client, things in _ = try await client.call(Methods.taskGet, .with { $0.id = things.task }) }),
    ("task.cancel", { client, things in _ = try await client.call(Methods.taskCancel, .with { $0.id = things.task }) }),
    ("task.why", { client, things in _ = try await client.call(Methods.taskWhy, .with { $0.id = things.task }) }),
    ("task.retry", { client, things in _ = try await client.call(Methods.taskRetry, .with { $0.id = things.task }) }),
    ("task.answer", { client, things in _ = try await client.call(Methods.taskAnswer, .with { $0.id = things.task }) }),
    ("task.list", { client, things in _ = try await client.call(Methods.taskList, .with { $0.sessionId = things.session }) }),
    (
      "task.watch",
      { client, things in
        for try await _ in try client.stream(Methods.taskWatch, .with { $0.taskId = things.task }, timeout: .seconds(2)) {}
      }
    ),
    (
      "task.watch of a session",
      { client, things in
        for try await _ in try client.stream(Methods.taskWatch, .with { $0.sessionId = things.session }, timeout: .seconds(2)) {}
      }
    ),
    (
      "memory.remember",
      { client, things in
        _ = try await client.call(
          Methods.memoryRemember,
          .with { ($0.dbConnectionId, $0.namespace, $0.key, $0.content) = (things.connection, "n", "k", "c") })
      }
    ),
    (
      "memory.recall",
      { client, things in
        _ = try await client.call(Methods.memoryRecall, .with { ($0.dbConnectionId, $0.query) = (things.connection, "secret") })
      }
    ),
    ("memory.get", { _ = try await $0.call(Methods.memoryGet, memory($1)) }),
    ("memory.history", { _ = try await $0.call(Methods.memoryHistory, memory($1)) }),
    ("memory.undo", { client, things in _ = try await client.call(Methods.memoryUndo, .with { $0.memory = memory(things) }) }),
    (
      "memory.confirm",
      { client, things in _ = try await client.call(Methods.memoryConfirm, .with { $0.memory = memory(things) }) }
    ),
    (
      "memory.list",
      { client, things in
        _ = try await client.call(Methods.memoryList, .with { $0.dbConnectionId = things.connection })
      }
    ),
    (
      "memory.forget",
      { client, things in
        _ = try await client.call(Methods.memoryForget, .with { $0.dbConnectionId = things.connection })
      }
    ),
    (
      "memory.import",
      { client, things in
        _ = try await client.call(Methods.memoryImport, .with { $0.dbConnectionId = things.connection })
      }
    ),
    (
      "knowledge.put",
      { client, things in
        _ = try await client.call(
          Methods.knowledgePut,
          .with { request in
            request.knowledge = .with {
              ($0.dbConnectionId, $0.kind, $0.name, $0.text) = (things.connection, .instruction, "i", "t")
            }
          })
      }
    ),
    ("knowledge.get", { _ = try await $0.call(Methods.knowledgeGet, knowledge($1)) }),
    ("knowledge.delete", { _ = try await $0.call(Methods.knowledgeDelete, knowledge($1)) }),
    (
      "knowledge.list",
      { client, things in
        _ = try await client.call(Methods.knowledgeList, .with { $0.dbConnectionId = things.connection })
      }
    ),
    (
      "knowledge.search",
      { client, things in
        _ = try await client.call(
          Methods.knowledgeSearch, .with { ($0.dbConnectionId, $0.query) = (things.connection, "secret") })
      }
    ),
    (
      "knowledge.background",
      { client, things in
        _ = try await client.call(
          Methods.knowledgeBackground, .with { ($0.dbConnectionId, $0.question) = (things.connection, "secret") })
      }
    ),
    (
      "embedding.reindex",
      { client, things in
        _ = try await client.call(Methods.embeddingReindex, .with { $0.dbConnectionId = things.connection })
      }
    ),
    ("connection.get", { _ = try await $0.call(Methods.connectionGet, ConnectionRef(id: $1.connection)) }),
    (
      "schema.get",
      { client, things in
        _ = try await client.call(Methods.schemaGet, .with { $0.dbConnectionId = things.connection })
      }
    ),
    (
      "schema.refresh",
      { client, things in
        _ = try await client.call(Methods.schemaRefresh, .with { $0.dbConnectionId = things.connection })
      }
    ),
    (
      "artifact.list",
      { client, things in
        _ = try await client.call(Methods.artifactList, .with { $0.sessionId = things.session })
      }
    ),
    (
      "artifact.delete",
      { client, things in
        _ = try await client.call(Methods.artifactDelete, .with { ($0.sessionId, $0.path) = (things.session, "a.txt") })
      }
    ),
    (
      "artifact.get",
      { client, things in
        for try await _ in try client.stream(Methods.artifactGet, .with { ($0.sessionId, $0.path) = (things.session, "a.txt") }) {
        }
      }
    ),
    (
      "artifact.put",
      { client, things in
        let chunks = AsyncStream<ByteBuffer> { $0.finish() }
        _ = try await client.upload(
          Methods.artifactPut,
          .with {
            ($0.sessionId, $0.path, $0.mediaType) = (things.session, "b.txt", "text/plain")
            $0.sha256 = [UInt8](repeating: 1, count: 32)
          }, chunks: chunks)
      }
    ),
    (
      "block.put",
      { client, things in
        _ = try await client.call(
          Methods.blockPut,
          .with { request in request.block = .with { ($0.dbConnectionId, $0.label, $0.value) = (things.connection, "l", "v") } })
      }
    ),
    ("block.get", { _ = try await $0.call(Methods.blockGet, block($1)) }),
    ("block.delete", { _ = try await $0.call(Methods.blockDelete, block($1)) }),
    (
      "block.list",
      { client, things in
        _ = try await client.call(Methods.blockList, .with { $0.dbConnectionId = things.connection })
      }
    ),
  ]

  @Test func everyMethodThatNamesAThingIsTried() {
    let others: Set = [
      "server.info", "server.stats", "server.check", "server.drain", "node.list", "node.attach", "node.heartbeat", "node.emit",
      "node.drain", "session.list", "connection.list", "connection.create", "connection.update", "connection.delete",
      "checkpoint.commit", "knowledge.report", "embedding.missing", "embedding.put", "schema.report", "key.create", "key.list",
      "key.revoke", "backup.create",
    ]
    let tried = Set(Self.attempts.map { $0.name.split(separator: " ")[0] }.map { String($0) })
    #expect(tried.union(others) == Set(Wire.Method.allCases.filter { $0 != .unspecified }.map(\.name)))
    #expect(tried.isDisjoint(with: others))
  }

  private static func session(_ things: Things) -> SessionCreateRequest { .with { $0.dbConnectionId = things.connection } }
  private static func memory(_ things: Things) -> MemoryRef {
    .with { ($0.dbConnectionId, $0.namespace, $0.key) = (things.connection, "facts", "secret") }
  }
  private static func knowledge(_ things: Things) -> KnowledgeRef {
    .with { ($0.dbConnectionId, $0.kind, $0.name) = (things.connection, .instruction, "secret") }
  }
  private static func block(_ things: Things) -> BlockRef {
    .with { ($0.dbConnectionId, $0.label) = (things.connection, "secret") }
  }

  private func answer(_ attempt: Attempt, _ client: WireClient, _ things: Things) async -> String {
    do {
      try await attempt(client, things)
      return "done"
    } catch let error as WireError {
      return "\(error.errorCode.name): \(things.unnamed(error.message))"
    } catch {
      return "\(error)"
    }
  }

  @Test func whatBelongsToAnotherConnectionIsAnsweredAsWhatIsNotThere() async throws {
    try await withService { test in
      let theirs = try await Things.make("b", in: test)
      _ = try await Things.make("a", in: test)
      let client = try await test.limited(.user, to: ["a"])
      for (name, attempt) in Self.attempts {
        let foreign = await answer(attempt, client, theirs)
        let missing = await answer(attempt, client, Things.missing)
        #expect(foreign == missing && foreign.hasPrefix("not_found"), "\(name): \(foreign) | \(missing)")
      }
      // Nothing of it was touched.
      #expect(try await test.admin.call(Methods.sessionGet, SessionRef(id: theirs.session)).message.status == .active)
      #expect(try await test.admin.call(Methods.taskGet, .with { $0.id = theirs.task }).message.status == .queued)
      #expect(try await test.admin.call(Methods.memoryGet, Self.memory(theirs)).message.version == 1)
      await client.close()
    }
  }

  @Test func listsLeaveItOut() async throws {
    try await withService { test in
      let own = try await Things.make("a", in: test)
      _ = try await Things.make("b", in: test)
      let client = try await test.limited(.viewer, to: ["a"])
      let sessions = try await client.call(Methods.sessionList, SessionListRequest()).message
      #expect(sessions.sessions.map(\.id) == [own.session] && sessions.total == 1)
      let named = try await client.call(Methods.sessionList, .with { $0.dbConnectionId = "b" }).message
      #expect(named.sessions == [] && named.total == 0)
      let tasks = try await client.call(Methods.taskList, TaskListRequest()).message
      #expect(tasks.tasks.map(\.id) == [own.task] && tasks.total == 1)
      let connections = try await client.call(Methods.connectionList, ConnectionListRequest()).message
      #expect(connections.connections.map(\.id) == ["a"] && connections.total == 1)
      await expectError(.forbidden) { _ = try await client.call(Methods.memoryList, MemoryListRequest()) }
      await expectError(.forbidden) { _ = try await client.call(Methods.serverStats, Empty()) }
      await client.close()
    }
  }

  @Test func itsOwnConnectionIsAllItsOwn() async throws {
    try await withService { test in
      let own = try await Things.make("a", in: test)
      let client = try await test.limited(.user, to: ["a"])
      #expect(try await client.call(Methods.sessionGet, SessionRef(id: own.session)).message.dbConnectionId == "a")
      #expect(try await client.call(Methods.memoryGet, Self.memory(own)).message.content == "a secret of a")
      let made = try await client.call(Methods.sessionCreate, Self.session(own)).message
      _ = try await client.call(Methods.sessionDelete, SessionRef(id: made.id))
      await expectError(.forbidden) {
        _ = try await client.call(Methods.connectionUpdate, .with { ($0.id, $0.uri) = ("a", "sqlite:///etc/passwd") })
      }
      await client.close()
    }
  }

  @Test func whoSawADeletedConnectionDoesNotSeeItsSuccessor() async throws {
    try await withService { test in
      try await test.makeConnection("a")
      let client = try await test.limited(.user, to: ["a"])
      #expect(try await client.call(Methods.connectionGet, ConnectionRef(id: "a")).message.id == "a")
      _ = try await test.admin.call(Methods.connectionDelete, ConnectionRef(id: "a"))
      try await test.makeConnection("a")
      await expectError(.notFound) { _ = try await client.call(Methods.connectionGet, ConnectionRef(id: "a")) }
      let connections = try await client.call(Methods.connectionList, ConnectionListRequest()).message
      #expect(connections.connections == [] && connections.total == 0)
      await client.close()
    }
  }

  @Test func limitsThatMakeNoSenseAreRefused() async throws {
    try await withService { test in
      try await test.makeConnection("a")
      func make(_ fill: (inout KeyCreateRequest) -> Void) async throws {
        _ = try await test.admin.call(Methods.keyCreate, .with(fill))
      }
      await expectError(.invalidArgument) { try await make { ($0.role, $0.connections) = (.agent, ["a"]) } }
      await expectError(.invalidArgument) { try await make { ($0.role, $0.connections) = (.admin, ["a"]) } }
      await expectError(.notFound) { try await make { ($0.role, $0.connections) = (.user, ["b"]) } }
      await expectError(.invalidArgument) { try await make { ($0.role, $0.validForMs) = (.user, .max) } }
    }
  }

  @Test func aKeyEndsWithItsTimeAndTakesItsConnectionsAlong() async throws {
    try await withService { test in
      let key = try await test.admin.call(Methods.keyCreate, .with { ($0.role, $0.validForMs) = (.viewer, 1_500) }).message
      let client = test.client(key)
      let states = client.states()
      _ = try await client.call(Methods.serverInfo, Empty())
      var lost: WireError?
      for await state in states {
        if case .lost(let error) = state {
          lost = error
          break
        }
      }
      #expect(lost?.errorCode == .unauthenticated && lost?.message.contains("expired") == true)
      test.world.advance(milliseconds: 1_500)
      await expectError(.unauthenticated) { _ = try await client.call(Methods.serverInfo, Empty(), timeout: .seconds(5)) }
      await client.close()
      // An admin key that ends one day is not the last one that counts.
      _ = try await test.admin.call(Methods.keyCreate, .with { ($0.role, $0.validForMs) = (.admin, 60_000) })
      let keys = try await test.admin.call(Methods.keyList, Empty()).message.keys
      let first = try #require(keys.first { $0.role == .admin && $0.expiresAt.microseconds == 0 })
      await expectError(.failedPrecondition) { _ = try await test.admin.call(Methods.keyRevoke, KeyRef(id: first.id)) }
    }
  }
}
