import Testing
import Wire

@testable import SessionService

/// The queue behind a real socket, on a real store.
struct QueueOverWireTests {
  @Test(.timeLimit(.minutes(1)))
  func aTaskIsPushedCommittedRepeatedFencedAndFinishedAndItsWatchEnds() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let node = try await TestNode(service)
      let task = try await service.submit(session.id)
      let (fence, _) = try await node.takeAssignment()
      #expect(fence.taskId == task.id)
      #expect(fence.epoch == 1)

      #expect(try await node.commit(fence, parent: 0, "one").step == 1)
      // The same step again, as another request, gets the same answer and stores nothing.
      #expect(!node.lastWasReplayed)
      #expect(try await node.commit(fence, parent: 0, "one").step == 1)
      #expect(node.lastWasReplayed)
      await expectError(.conflict) { try await node.commit(fence, parent: 0, "another") }
      var stale = fence
      stale.epoch = 0
      await expectError(.fenced) { try await node.commit(stale, parent: 1, "zombie") }

      #expect(try await node.commit(fence, parent: 1, "two", finish: .ended(.completed)).step == 2)
      let ended = try await service.task(task.id)
      #expect(ended.status == .completed)
      #expect(ended.result?.answer == "3")
      #expect(try await service.admin.call(Methods.sessionGet, SessionRef(id: session.id)).message.status == .active)
      await expectError(.fenced) { try await node.commit(fence, parent: 2, "three") }
      // The last step again, as a node does whose answer was lost; with another result it is told that its own was not kept.
      #expect(try await node.commit(fence, parent: 1, "two", finish: .ended(.completed)).step == 2)
      var other = TaskResult.ended(.completed)
      other.answer = "4"
      await expectError(.conflict) { try await node.commit(fence, parent: 1, "two", finish: other) }
      #expect(try await service.task(task.id).result?.answer == "3")

      let watch = try service.admin.stream(Methods.taskWatch, TaskWatchRequest.with { $0.taskId = task.id })
      var seqs: [UInt64] = []
      var kinds: [EventKind] = []
      for try await item in watch {
        seqs.append(item.message.seq)
        kinds.append(item.message.kind)
      }
      #expect(seqs == [1, 2, 3, 4])
      #expect(kinds == [.taskQueued, .stepCommitted, .stepCommitted, .taskFinished])
      await node.disconnect()
    }
  }

  @Test func aQueuedTaskIsCancelledAtOnceAndCanBeRetried() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let submit = TaskSubmitRequest.with {
        $0.sessionId = session.id
        $0.prompt = "?"
      }
      let task = try await service.admin.call(Methods.taskSubmit, submit).message
      let ref = TaskRef(id: task.id)
      #expect(try await service.admin.call(Methods.taskCancel, ref).message.status == .cancelled)
      #expect(await code { _ = try await service.admin.call(Methods.taskCancel, ref) } == .invalidTransition)
      #expect(try await service.admin.call(Methods.taskRetry, .with { $0.id = task.id }).message.status == .queued)
      var reject = submit
      reject.ifBusy = .reject
      #expect(await code { _ = try await service.admin.call(Methods.taskSubmit, reject) } == .sessionBusy)
    }
  }

  @Test func badSubmitsAreRefusedWithTheirOwnCodes() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      func refusal(_ fill: (inout TaskSubmitRequest) -> Void) async -> ErrorCode? {
        var request = TaskSubmitRequest()
        request.sessionId = session.id
        request.prompt = "?"
        fill(&request)
        let filled = request
        return await code { _ = try await service.admin.call(Methods.taskSubmit, filled) }
      }
      #expect(await refusal { $0.prompt = " \n" } == .invalidArgument)
      #expect(await refusal { $0.prompt = String(repeating: "x", count: Limits.promptBytes + 1) } == .limitExceeded)
      #expect(await refusal { $0.metadata = "[1]" } == .invalidJson)
      #expect(await refusal { $0.sessionId = "sess_000000000000" } == .notFound)
      _ = try await service.admin.call(Methods.sessionClose, SessionRef(id: session.id))
      #expect(await refusal { _ in } == .sessionClosed)
    }
  }
}
