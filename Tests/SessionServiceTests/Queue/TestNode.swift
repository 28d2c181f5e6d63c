import NIOCore
import Testing
import Wire

@testable import SessionService

/// A node that does what the test says, over a real connection.
final class TestNode {
  let client: WireClient
  let id: String
  /// Whether the last commit was answered as an earlier one had been.
  private(set) var lastWasReplayed = false
  private var items: ItemStream<NodeItem>.AsyncIterator

  /// Attaches with a key; `resume` is the id of the attachment before.
  init(
    _ service: TestService, key: KeyInfo? = nil, name: String = "n", slots: UInt32 = 1, resume: String = ""
  ) async throws {
    var known = key
    if known == nil { known = try await service.makeKey(.agent) }
    client = service.client(try #require(known))
    let request = NodeAttachRequest.with {
      $0.name = name
      $0.slots = slots
      $0.resumeNodeId = resume
    }
    items = try client.stream(Methods.nodeAttach, request).makeAsyncIterator()
    id = try #require(try await items.next()?.message.welcome).nodeId
  }

  /// What the service sends next.
  func next() async throws -> NodeItem { try #require(try await items.next()).message }

  /// The next item is to be an assignment; it is not acknowledged yet.
  func receiveAssignment() async throws -> (fence: Fence, task: TaskRecord) {
    let assignment = try #require(try await next().assignment)
    let task = try #require(assignment.task)
    let fence = Fence.with {
      $0.sessionId = task.sessionId
      $0.taskId = task.id
      $0.nodeId = id
      $0.epoch = assignment.epoch
    }
    return (fence, task)
  }

  /// Takes the assignment that is to come next.
  func takeAssignment() async throws -> (fence: Fence, task: TaskRecord) {
    let assignment = try await receiveAssignment()
    let response = try await beat(assignment.fence)
    #expect(response.lost.isEmpty)
    return assignment
  }

  /// The next item is to be a revocation.
  func revocation() async throws -> LeaseRevoked { try #require(try await next().revoke) }

  func beat(_ held: Fence..., releasing released: [Fence] = []) async throws -> NodeHeartbeatResponse {
    let request = NodeHeartbeatRequest.with {
      $0.nodeId = id
      $0.leases = held.map { LeaseRef(taskId: $0.taskId, epoch: $0.epoch) }
      $0.released = released.map { LeaseRef(taskId: $0.taskId, epoch: $0.epoch) }
    }
    return try await client.call(Methods.nodeHeartbeat, request).message
  }

  /// Commits a step that is sealed end to end, so that any text will do.
  @discardableResult
  func commit(
    _ fence: Fence, parent: UInt64, _ text: String = "a step", release: Bool = false, finish: TaskResult? = nil,
    ask: TaskQuestion? = nil, snapshot: String = "", lessons: [MemoryRememberRequest] = []
  ) async throws -> CommitResponse {
    try await commit(
      fence, parent: parent, bytes: "KAISEAL1" + text, release: release, finish: finish, ask: ask,
      snapshot: snapshot.isEmpty ? "" : "KAISEAL1" + snapshot, lessons: lessons)
  }

  /// Commits these very bytes.
  @discardableResult
  func commit(
    _ fence: Fence, parent: UInt64, bytes: String, release: Bool = false, finish: TaskResult? = nil,
    ask: TaskQuestion? = nil, snapshot: String = "", lessons: [MemoryRememberRequest] = []
  ) async throws -> CommitResponse {
    let body = ByteBuffer(string: bytes)
    let more = ByteBuffer(string: snapshot)
    let request = CommitRequest.with {
      $0.fence = fence
      $0.parentStep = parent
      $0.kind = .step
      $0.bodyBytes = UInt32(body.readableBytes)
      $0.bodyCrc = body.withUnsafeReadableBytes(Checksum.crc32)
      $0.snapshotBytes = UInt32(more.readableBytes)
      $0.snapshotCrc = more.withUnsafeReadableBytes(Checksum.crc32)
      $0.release = release
      $0.finish = finish
      $0.ask = ask
      $0.lessons = lessons
    }
    let reply = try await client.call(Methods.checkpointCommit, request, attachment: ByteBuffer(string: bytes + snapshot))
    lastWasReplayed = reply.replayed
    return reply.message
  }

  func emit(_ fence: Fence, _ kind: EventKind, _ text: String) async throws {
    let event = Event.with {
      $0.kind = kind
      $0.text = text
    }
    let request = NodeEmitRequest.with {
      $0.fence = fence
      $0.events = [event]
    }
    _ = try await client.call(Methods.nodeEmit, request)
  }

  /// Breaks the connection.
  func disconnect() async { await client.close() }
}

extension TaskResult {
  static func ended(_ status: TaskStatus) -> TaskResult {
    TaskResult.with {
      $0.status = status
      $0.answer = "3"
    }
  }
}

extension TestService {
  func submit(
    _ sessionId: String, _ fill: (inout TaskSubmitRequest) -> Void = { _ in }
  ) async throws -> TaskRecord {
    var request = TaskSubmitRequest()
    request.sessionId = sessionId
    request.prompt = "how many?"
    fill(&request)
    return try await admin.call(Methods.taskSubmit, request).message
  }

  /// Reads what the store holds.
  func store<T: Sendable>(_ unit: @escaping StoreUnit<T>) async throws -> T { try await service.store.read(unit) }

  func task(_ id: String) async throws -> TaskRecord {
    try await admin.call(Methods.taskGet, TaskRef(id: id)).message
  }

  func why(_ id: String) async throws -> String {
    try await admin.call(Methods.taskWhy, TaskRef(id: id)).message.sentences.joined(separator: " ")
  }

  func nodes() async throws -> [NodeInfo] { try await admin.call(Methods.nodeList, Empty()).message.nodes }

  /// Lets time pass, and the queue see it.
  func advance(milliseconds: Int64) {
    world.advance(milliseconds: milliseconds)
    service.tasks.tick()
  }

  /// Asks again and again until the answer is yes; each question is a round trip, so nothing spins.
  func eventually(
    _ promise: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
  ) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
      if try await condition() { return }
    }
    Issue.record(promise, sourceLocation: sourceLocation)
  }

  /// Waits until the service has seen that a node's connection broke.
  func waitUntilLost(_ node: TestNode) async throws {
    try await eventually("the node is lost") {
      try await nodes().first { $0.id == node.id }.map { $0.status == .lost } ?? true
    }
  }
}
