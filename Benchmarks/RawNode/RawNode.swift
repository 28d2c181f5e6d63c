import NIOCore
import Synchronization
public import Wire

/// A node made of nothing but Wire calls, for tests and benchmarks: it takes tasks and commits steps.
public final class RawNode: Sendable {
  private struct State {
    var nodeId = ""
    var leases: [LeaseRef] = []
    var background: [Task<Void, Never>] = []
  }

  private let client: WireClient
  private let state = Mutex(State())
  private let assignments: AsyncStream<Assignment>
  private let arrived: AsyncStream<Assignment>.Continuation

  public init(client: WireClient) {
    self.client = client
    (assignments, arrived) = AsyncStream.makeStream()
  }

  public func start(slots: UInt32) throws {
    let stream = try client.stream(
      Methods.nodeAttach,
      .with {
        $0.name = "raw"
        $0.slots = slots
      })
    let reader = Task {
      do {
        for try await item in stream {
          if let welcome = item.message.welcome { state.withLock { $0.nodeId = welcome.nodeId } }
          if let assignment = item.message.assignment, let task = assignment.task {
            state.withLock { $0.leases.append(LeaseRef(taskId: task.id, epoch: assignment.epoch)) }
            await beat()
            arrived.yield(assignment)
          }
        }
      } catch {
        arrived.finish()
      }
    }
    let heart = Task {
      while !Task.isCancelled {
        try? await Task.sleep(for: .seconds(3))
        await beat()
      }
    }
    state.withLock { $0.background = [reader, heart] }
  }

  public func stop() {
    state.withLock { $0.background.forEach { $0.cancel() } }
  }

  public func nextAssignment() async -> Assignment? { await assignments.first { _ in true } }

  private func beat() async {
    let request = state.withLock { state in
      NodeHeartbeatRequest.with {
        $0.nodeId = state.nodeId
        $0.leases = state.leases
      }
    }
    _ = try? await client.call(Methods.nodeHeartbeat, request, timeout: .seconds(5))
  }

  /// Appends a step whose content is its own number.
  /// - Returns: the CRC of its body, once it is acknowledged.
  public func commit(_ assignment: Assignment, parent: UInt64) async throws -> UInt32 {
    let text = "step \(parent + 1) of \(assignment.session?.id ?? "")"
    return try await commit(assignment, parent: parent, entries: [.with { $0.user = .with { $0.text = text } }])
  }

  /// Appends a step of these entries.
  /// - Returns: the CRC of its body, once it is acknowledged.
  public func commit(_ assignment: Assignment, parent: UInt64, entries: [TranscriptEntry]) async throws -> UInt32 {
    let body = try CheckpointArchive.seal(.with { $0.entries = entries })
    return try await commit(assignment, parent: parent, body: body)
  }

  /// Appends a step with a body that was sealed before.
  /// - Returns: the CRC of its body, once it is acknowledged.
  @discardableResult
  public func commit(_ assignment: Assignment, parent: UInt64, body: CheckpointArchive.Sealed) async throws -> UInt32 {
    let response = try await send(request(assignment, parent: parent, body: body), body)
    return response.step == parent + 1 ? body.crc : 0
  }

  /// Ends the task with an answer and what is learned from it.
  public func finish(
    _ assignment: Assignment, parent: UInt64, body: CheckpointArchive.Sealed, lessons: [MemoryRememberRequest]
  ) async throws {
    var request = request(assignment, parent: parent, body: body)
    request.kind = .final
    request.finish = .with { ($0.status, $0.answer) = (.completed, "done") }
    request.lessons = lessons
    _ = try await send(request, body)
    state.withLock { state in state.leases.removeAll { $0.taskId == assignment.task?.id } }
  }

  private func send(_ request: CommitRequest, _ body: CheckpointArchive.Sealed) async throws -> CommitResponse {
    try await client.call(Methods.checkpointCommit, request, attachment: body.bytes, timeout: .seconds(5)).message
  }

  private func request(_ assignment: Assignment, parent: UInt64, body: CheckpointArchive.Sealed) -> CommitRequest {
    .with {
      $0.fence = .with {
        $0.sessionId = assignment.session?.id ?? ""
        $0.taskId = assignment.task?.id ?? ""
        $0.nodeId = state.withLock { $0.nodeId }
        $0.epoch = assignment.epoch
      }
      $0.parentStep = parent
      $0.kind = .step
      $0.summary = "step"
      $0.bodyBytes = UInt32(body.bytes.readableBytes)
      $0.bodyCrc = body.crc
    }
  }
}
