import NIOCore
import Testing
import Wire

@testable import SessionService

/// Whoever is limited to connection `a` cannot tell whether something of `b` exists, by whatever field of whatever request.
@Suite struct ForeignNamesTests {
  /// Asks about an own thing, with one field that names somebody else's.
  private typealias Attempt =
    @Sendable (WireClient, _ own: ThingsOfConnection, _ other: ThingsOfConnection) async throws -> String

  /// How a field that can name something is known to tell nothing.
  private enum Answer {
    /// What the request is about: ``LimitedKeyTests`` tries each method with it.
    case subject
    /// Only keys without a limit may call the method.
    case unlimitedKeysOnly
    /// A text that is kept as it is, or not looked at.
    case text
    case tried(Attempt)
  }

  private static let answers: [String: Answer] = {
    var answers: [String: Answer] = [:]
    let subjects: [String: [Wire.Method]] = [
      "id": [
        .sessionGet, .sessionUpdate, .sessionDelete, .sessionPause, .sessionResume, .sessionClose, .sessionReopen, .sessionFork,
        .sessionPrune, .sessionExport, .taskGet, .taskCancel, .taskRetry, .taskAnswer, .taskWhy, .connectionGet,
      ],
      "db_connection_id": [
        .sessionCreate, .sessionList, .sessionImport, .memoryRemember, .memoryRecall, .memoryGet, .memoryForget, .memoryList,
        .memoryHistory, .memoryImport, .knowledgeGet, .knowledgeList, .knowledgeSearch, .knowledgeDelete, .knowledgeBackground,
        .embeddingReindex, .schemaGet, .schemaRefresh, .blockGet, .blockList, .blockDelete,
      ],
      "session_id": [
        .checkpointFetch, .checkpointList, .taskSubmit, .taskList, .taskWatch, .artifactPut, .artifactGet, .artifactList,
        .artifactDelete,
      ],
      "task_id": [.taskWatch], "memory.db_connection_id": [.memoryUndo, .memoryConfirm],
      "knowledge.db_connection_id": [.knowledgePut], "block.db_connection_id": [.blockPut],
    ]
    for (path, methods) in subjects { for method in methods { answers["\(method.name) \(path)"] = .subject } }
    for method in Wire.Method.allCases where method != .unspecified {
      let others: Set<Wire.Method> = [.connectionCreate, .connectionUpdate, .connectionDelete, .keyCreate, .keyRevoke]
      guard others.contains(method) || method.rule.roles.isDisjoint(with: [.user, .viewer]) else { continue }
      for path in NamingFields.all()[method.rule.request] ?? [] { answers["\(method.name) \(path)"] = .unlimitedKeysOnly }
    }
    for field in [
      "memory.remember source", "memory.import memories.source", "memory.import memories.id",
      "memory.import memories.db_connection_id", "knowledge.put knowledge.id",
    ] { answers[field] = .text }
    return answers.merging(attempts.mapValues { .tried($0) }) { _, tried in tried }
  }()

  private static let attempts: [String: Attempt] = [
    "task.answer question_id": { client, own, other in
      try await done(
        client.call(Methods.taskAnswer, .with { ($0.id, $0.questionId) = (own.task, "ask_" + other.task.suffix(12)) }).message)
    },
    "task.watch session_id": { client, own, other in
      for try await _ in try client.stream(
        Methods.taskWatch, .with { ($0.taskId, $0.sessionId) = (own.task, other.session) }, timeout: .seconds(2))
      {}
      return "ended"
    },
    "memory.remember scope": { client, own, other in
      try await done(client.call(Methods.memoryRemember, remember(own) { $0.scope = other.session }).message)
    },
    "memory.remember source_session_id": { client, own, other in
      try await done(client.call(Methods.memoryRemember, remember(own) { $0.sourceSessionId = other.session }).message)
    },
    "memory.recall session_id": { client, own, other in
      let hits = try await client.call(
        Methods.memoryRecall, .with { ($0.dbConnectionId, $0.sessionId, $0.query) = (own.connection, other.session, "secret") })
      return hits.message.hits.compactMap(\.memory?.content).joined(separator: "|")
    },
    "memory.get scope": { client, own, other in
      try await client.call(Methods.memoryGet, memory(own, other.session)).message.content
    },
    "memory.history scope": { client, own, other in
      "\(try await client.call(Methods.memoryHistory, memory(own, other.session)).message.versions.count)"
    },
    "memory.undo memory.scope": { client, own, other in
      try await done(client.call(Methods.memoryUndo, .with { $0.memory = memory(own, other.session) }).message)
    },
    "memory.confirm memory.scope": { client, own, other in
      try await done(client.call(Methods.memoryConfirm, .with { $0.memory = memory(own, other.session) }).message)
    },
    "memory.forget scope": { client, own, other in
      let request = MemoryForgetRequest.with { ($0.dbConnectionId, $0.scope) = (own.connection, other.session) }
      return "\(try await client.call(Methods.memoryForget, request).message.count)"
    },
    "memory.list scope": { client, own, other in
      let request = MemoryListRequest.with { ($0.dbConnectionId, $0.scope) = (own.connection, other.session) }
      return "\(try await client.call(Methods.memoryList, request).message.memories.count)"
    },
    "memory.import memories.scope": { client, own, other in
      try await done(client.call(Methods.memoryImport, imported(own) { $0.scope = other.session }).message)
    },
    "memory.import memories.source_session_id": { client, own, other in
      _ = try await client.call(Methods.memoryImport, imported(own) { $0.sourceSessionId = other.session })
      let kept = MemoryRef.with { ($0.dbConnectionId, $0.namespace, $0.key) = (own.connection, "facts", "imported") }
      return try await client.call(Methods.memoryGet, kept).message.sourceSessionId
    },
    "knowledge.background session_id": { client, own, other in
      let background = try await client.call(
        Methods.knowledgeBackground,
        .with { ($0.dbConnectionId, $0.sessionId, $0.question) = (own.connection, other.session, "secret") })
      return background.message.pieces.map(\.text).joined(separator: "|")
    },
    "artifact.put fence.session_id": { client, own, other in try await put(client, own) { $0.sessionId = other.session } },
    "artifact.put fence.task_id": { client, own, other in try await put(client, own) { $0.taskId = other.task } },
    "artifact.put fence.node_id": { client, own, other in
      try await put(client, own) { $0.nodeId = "node_" + other.task.suffix(12) }
    },
    "block.put block.scope": { client, own, other in
      try await done(
        client.call(
          Methods.blockPut,
          .with { request in
            request.block = .with {
              ($0.dbConnectionId, $0.scope, $0.label, $0.value) = (own.connection, other.session, "l", "v")
            }
          }
        ).message)
    },
    "block.get scope": { client, own, other in
      try await client.call(Methods.blockGet, block(own, other.session)).message.value
    },
    "block.delete scope": { client, own, other in
      try await done(client.call(Methods.blockDelete, block(own, other.session)).message)
    },
    "block.list session_id": { client, own, other in
      let request = BlockListRequest.with { ($0.dbConnectionId, $0.sessionId) = (own.connection, other.session) }
      return try await client.call(Methods.blockList, request).message.blocks.map(\.label).joined(separator: "|")
    },
  ]

  private static func done(_ message: some WireMessage) -> String { "done" }

  private static func remember(
    _ own: ThingsOfConnection, _ fill: (inout MemoryRememberRequest) -> Void
  ) -> MemoryRememberRequest {
    .with {
      ($0.dbConnectionId, $0.namespace, $0.key, $0.content) = (own.connection, "facts", "new", "c")
      fill(&$0)
    }
  }

  private static func memory(_ own: ThingsOfConnection, _ scope: String) -> MemoryRef {
    .with { ($0.dbConnectionId, $0.scope, $0.namespace, $0.key) = (own.connection, scope, "facts", "secret") }
  }

  private static func imported(_ own: ThingsOfConnection, _ fill: (inout Memory) -> Void) -> MemoryImportRequest {
    .with { request in
      request.dbConnectionId = own.connection
      request.memories = [
        .with {
          ($0.namespace, $0.key, $0.content, $0.importance) = ("facts", "imported", "c", 0.5)
          ($0.version, $0.updatedAt) = (1, Timestamp(microseconds: 1))
          fill(&$0)
        }
      ]
    }
  }

  private static func block(_ own: ThingsOfConnection, _ scope: String) -> BlockRef {
    .with { ($0.dbConnectionId, $0.scope, $0.label) = (own.connection, scope, "secret") }
  }

  private static func put(
    _ client: WireClient, _ own: ThingsOfConnection, _ fill: @Sendable (inout Fence) -> Void
  ) async throws -> String {
    let request = ArtifactPutRequest.with {
      ($0.sessionId, $0.path, $0.mediaType) = (own.session, "b.txt", "text/plain")
      $0.sha256 = [UInt8](repeating: 1, count: 32)
      var fence = Fence()
      fill(&fence)
      $0.fence = fence
    }
    _ = try await client.upload(Methods.artifactPut, request, chunks: AsyncStream<ByteBuffer> { $0.finish() })
    return "done"
  }

  @Test func everyFieldThatCanNameSomethingHasAnAnswer() {
    let fields = NamingFields.all()
    for method in Wire.Method.allCases where method != .unspecified {
      for path in fields[method.rule.request] ?? [] {
        #expect(
          Self.answers["\(method.name) \(path)"] != nil, "\(method.name) \(path): may it name something of another connection?")
      }
    }
  }

  @Test func aForeignNameIsAnsweredAsOneThatNothingHas() async throws {
    try await withService { test in
      let own = try await ThingsOfConnection.make("a", in: test)
      let theirs = try await ThingsOfConnection.make("b", in: test)
      let client = try await test.limited(.user, to: ["a"])
      for (name, attempt) in Self.attempts {
        let foreign = await answer(attempt, client, own, theirs)
        let missing = await answer(attempt, client, own, .missing)
        #expect(foreign == missing && !foreign.contains("secret of b"), "\(name): \(foreign) | \(missing)")
      }
      await client.close()
    }
  }

  private func answer(
    _ attempt: Attempt, _ client: WireClient, _ own: ThingsOfConnection, _ other: ThingsOfConnection
  ) async -> String {
    do {
      return other.unnamed(try await attempt(client, own, other))
    } catch let error as WireError {
      return "\(error.errorCode.name): \(other.unnamed(error.message)) \(other.unnamed(error.hint))"
    } catch {
      return "\(error)"
    }
  }
}
