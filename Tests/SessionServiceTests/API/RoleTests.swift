import NIOCore
import Testing

@testable import SessionService
@testable import Wire

/// Who may call what: the table below is written by hand and holds the one in the code to it, each role against each method.
@Suite struct RoleTests {
  private static let everybody = [
    "server.info", "session.get", "checkpoint.fetch", "checkpoint.list", "task.get", "memory.recall", "memory.get", "memory.list",
    "memory.history", "knowledge.get", "knowledge.list", "knowledge.search", "knowledge.background", "schema.get", "artifact.get",
    "artifact.list", "block.get", "block.list",
  ]
  private static let people = [
    "session.list", "task.list", "task.watch", "task.why", "node.list", "connection.get", "connection.list",
  ]
  private static let users = [
    "session.create", "session.update", "session.delete", "session.pause", "session.resume", "session.close", "session.reopen",
    "session.fork", "session.prune", "session.export", "session.import", "task.submit", "task.cancel", "task.retry",
    "task.answer", "memory.forget", "memory.undo",
    "memory.import", "memory.confirm", "knowledge.put", "knowledge.delete", "embedding.reindex", "connection.create",
    "connection.update", "schema.refresh", "artifact.delete", "block.delete",
  ]
  private static let usersAndAgents = ["memory.remember", "artifact.put", "block.put"]
  private static let allowed: [Role: Set<String>] = [
    .admin: Set(everybody + people + users + usersAndAgents).union([
      "server.stats", "server.check", "server.drain", "node.drain", "connection.delete", "key.create", "key.list", "key.revoke",
      "backup.create",
    ]),
    .user: Set(everybody + people + users + usersAndAgents),
    .viewer: Set(everybody + people + ["server.stats"]),
    .agent: Set(everybody + usersAndAgents).union([
      "checkpoint.commit", "node.attach", "node.heartbeat", "node.emit", "knowledge.report", "embedding.missing", "embedding.put",
      "schema.report",
    ]),
  ]

  /// Calls a method with an empty message and tells how it ended; nil for a good end.
  private func outcome(of method: Wire.Method, _ client: WireClient) async -> ErrorCode? {
    await code {
      switch method.rule.shape {
      case .unary: _ = try await client.call(Call<Empty, Empty>(rule: method.rule), Empty())
      case .serverStream:
        // A stream that is allowed may stay open.
        for try await _ in try client.stream(StreamCall<Empty, Empty>(rule: method.rule), Empty(), timeout: .milliseconds(300)) {}
      case .upload:
        let chunks = AsyncStream<ByteBuffer> { $0.finish() }
        _ = try await client.upload(UploadCall<Empty, Empty>(rule: method.rule), Empty(), chunks: chunks)
      }
    }
  }

  @Test(arguments: [Role.admin, .user, .viewer, .agent]) func eachRoleMayDoThisAndNothingElse(_ role: Role) async throws {
    let allowed = try #require(Self.allowed[role])
    try await withService { test in
      let client = try await test.client(role)
      // The server's end comes last: nothing is handed out after it.
      let methods = Wire.Method.allCases.filter { $0 != .unspecified }.sorted {
        ($0 == .serverDrain ? 1 : 0) < ($1 == .serverDrain ? 1 : 0)
      }
      for method in methods {
        let ended = await outcome(of: method, client)
        #expect((ended != .forbidden) == allowed.contains(method.name), "\(role) \(method.name): \(ended?.name ?? "well")")
      }
      await client.close()
    }
  }

  @Test func everyMethodIsInTheTable() {
    let named = Self.allowed.values.reduce(into: Set<String>()) { $0.formUnion($1) }
    #expect(named == Set(Wire.Method.allCases.filter { $0 != .unspecified }.map(\.name)))
  }
}
