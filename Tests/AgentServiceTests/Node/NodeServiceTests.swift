import Foundation
import Logging
import NIOPosix
import SQLite
import Synchronization
import Testing
import Wire

@testable import AgentService

@Suite struct NodeServiceTests {
  private let session = ScriptedSession()
  private let secret = [UInt8](repeating: 7, count: 32)

  /// Runs a node against the session while `body` works; the node is drained after it, and must end.
  private func withNode(
    _ model: any Model, _ body: (NodeService, Assignment) async throws -> Void
  ) async throws {
    let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var configuration = ServerConfiguration(port: 0, serverId: "test", logger: log)
    configuration.allowPlaintext = true
    let server = try await WireServer.start(
      configuration, keys: OneKey(secret: secret), service: session, group: MultiThreadedEventLoopGroup.singleton)
    let folder = FileManager.default.temporaryDirectory.appending(path: "kai-node-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let database = folder.appending(path: "empty.db").path
    try Data().write(to: URL(filePath: database))

    let client = WireClient(
      ClientConfiguration(
        host: server.host, port: server.port, keyId: "agent1", secret: secret, name: "n1", version: "0",
        group: MultiThreadedEventLoopGroup.singleton))
    let node = NodeService(
      NodeConfiguration(name: "n1", slots: 2, labels: [], version: "0", results: folder.appending(path: "results").path),
      client: client, model: model, log: log
    ) { _ in }
    let run = Task { try await node.run() }
    try await eventually("the node does not attach") { session.attaches.count == 1 }
    let assignment = Assignment.with { assignment in
      assignment.task = .with { ($0.id, $0.prompt, $0.attempt) = ("task_000000000001", "How many?", 1) }
      assignment.session = .with {
        ($0.id, $0.mode, $0.recursionLimit) = ("sess_000000000001", .fullAutonomy, 10)
      }
      assignment.connection = .with { ($0.id, $0.dialect, $0.uri) = ("shop", .sqlite, "sqlite://\(database)") }
      assignment.epoch = 3
    }
    try await body(node, assignment)
    node.drain()
    try await run.value
    await client.close()
    await server.stop(grace: .zero)
  }

  @Test func anAssignmentIsAcknowledgedAndItsTaskCommittedStepByStep() async throws {
    try await withNode(ScriptedModel { _, _ in ModelReply(text: "7") }) { _, assignment in
      session.send(.with { $0.assignment = assignment })
      try await eventually("the task does not end") { session.commits.last?.finish != nil }
      let commits = session.commits
      #expect(commits.map(\.kind) == [.input, .final])
      #expect(commits.map(\.parentStep) == [0, 1])
      #expect(commits.last?.finish?.answer == "7")
      for commit in commits {
        #expect(commit.fence?.nodeId == ScriptedSession.nodeId)
        #expect(commit.fence?.epoch == 3)
      }
      let lease = LeaseRef(taskId: "task_000000000001", epoch: 3)
      #expect(session.heartbeats.contains { $0.leases.contains(lease) })
    }
    #expect(session.attaches.first?.slots == 2)
  }

  @Test func aDrainedNodeCommitsItsStepAndHandsTheTaskBack() async throws {
    let (mayAnswer, answer) = AsyncStream<Void>.makeStream()
    let asked = Atomic<Int>(0)
    try await withNode(
      WaitingModel {
        asked.add(1, ordering: .relaxed)
        for await _ in mayAnswer { return ScriptedModel.calls("no_such_tool") }
        return ModelReply(text: "cancelled")
      }
    ) { node, assignment in
      session.send(.with { $0.assignment = assignment })
      try await eventually("the model is not asked") { asked.load(ordering: .relaxed) == 1 }
      node.drain()
      answer.yield()
      try await eventually("the task is not handed back") { session.commits.last?.release == true }
    }
    #expect(session.commits.contains { $0.kind == .step && !$0.release })
    #expect(session.commits.allSatisfy { $0.finish == nil })
    #expect(session.heartbeats.last?.leases.isEmpty == true)
    #expect(asked.load(ordering: .relaxed) == 1)
  }

  @Test func aRevokedLeaseStopsTheWorkWithoutAnotherWrite() async throws {
    let asked = Atomic<Int>(0)
    let stopped = Atomic<Bool>(false)
    try await withNode(
      WaitingModel {
        asked.add(1, ordering: .relaxed)
        do { try await Task.sleep(for: .seconds(60)) } catch {}
        stopped.store(Task.isCancelled, ordering: .relaxed)
        return ModelReply(text: "too late")
      }
    ) { _, assignment in
      session.send(.with { $0.assignment = assignment })
      try await eventually("the model is not asked") { asked.load(ordering: .relaxed) == 1 }
      session.send(.with { $0.revoke = .with { ($0.taskId, $0.epoch) = ("task_000000000001", 3) } })
      try await eventually("the work goes on") { stopped.load(ordering: .relaxed) }
    }
    #expect(session.commits.map(\.kind) == [.input])
  }

  @Test func anUploadWhoseConnectionBreaksIsSentAgainWhole() async throws {
    let file = #"{"path":"notes.md","content":"what was found out"}"#
    let model = ScriptedModel { turn, _ in
      turn == 0 ? ScriptedModel.calls("write_file", arguments: file) : ModelReply(text: "written")
    }
    session.state.withLock { $0.uploadsToBreak = 2 }
    try await withNode(model) { _, assignment in
      session.send(.with { $0.assignment = assignment })
      try await eventually("the task does not end") { session.commits.last?.finish != nil }
      #expect(session.commits.last?.finish?.status == .completed)
      #expect(session.state.withLock { $0.uploads } == [[UInt8]("what was found out".utf8)])
    }
  }

  @Test func aNodeWhoseConnectionBreaksComesBackAsItself() async throws {
    try await withNode(ScriptedModel { _, _ in ModelReply(text: "7") }) { _, assignment in
      session.hangUp()
      try await eventually("the node does not come back") { session.attaches.count == 2 }
      #expect(session.attaches.map(\.resumeNodeId) == ["", ScriptedSession.nodeId])
      session.send(.with { $0.assignment = assignment })
      try await eventually("the task does not end") { session.commits.last?.finish != nil }
    }
  }
}

/// A model that answers when the test lets it.
private struct WaitingModel: Model {
  let name = "waiting"
  let answer: @Sendable () async -> ModelReply

  func respond(to turn: ModelTurn, onToken: @escaping @Sendable (String) -> Void) async throws(WireError) -> ModelReply {
    await answer()
  }
}
