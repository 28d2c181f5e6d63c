import Testing
import Wire

@testable import SessionService

/// How people stop tasks that run. The clock stands still unless a test moves it: what arrives was pushed, not waited for.
@Suite(.timeLimit(.minutes(1)))
struct QueueCancelTests {
  /// A service with one node that runs a task.
  private func withRunningTask(
    _ body: (TestService, Session, TestNode, Fence) async throws -> Void
  ) async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let node = try await TestNode(service)
      _ = try await service.submit(session.id)
      let (fence, _) = try await node.takeAssignment()
      try await body(service, session, node, fence)
      await node.disconnect()
    }
  }

  private func cancel(_ service: TestService, _ id: String, _ note: String = "") async throws -> TaskRecord {
    var ref = TaskRef(id: id)
    ref.note = note
    return try await service.admin.call(Methods.taskCancel, ref).message
  }

  @Test(arguments: [
    (TaskStatus.completed, TaskStatus.completed), (.partial, .cancelled), (.failed, .cancelled), (.cancelled, .cancelled),
  ])
  func aCancelIsPushedAndLosesOnlyAgainstAWholeAnswer(_ reported: TaskStatus, _ stored: TaskStatus) async throws {
    try await withRunningTask { service, session, node, fence in
      #expect(try await cancel(service, fence.taskId, "enough").status == .running)
      let revoked = try await node.revocation()
      #expect(revoked.taskId == fence.taskId)
      #expect(revoked.epoch == fence.epoch)
      #expect(revoked.cancelled)
      #expect(!revoked.atStepBoundary)
      #expect(revoked.reason == "enough")
      // Who missed it is told again, by every answer.
      #expect(try await node.beat(fence).revoked == [revoked])
      #expect(try await node.commit(fence, parent: 0).cancel)
      try await node.commit(fence, parent: 1, finish: .ended(reported))
      let task = try await service.task(fence.taskId)
      #expect(task.status == stored)
      #expect(task.result?.status == stored)
      #expect((task.result?.error?.errorCode == .cancelledByUser) == (stored == .cancelled && reported != .cancelled))
      #expect(try await service.admin.call(Methods.sessionGet, SessionRef(id: session.id)).message.status == .active)
    }
  }

  @Test func aNodeThatDoesNotListenCannotHoldACancelledTaskForLongerThanItsLease() async throws {
    try await withRunningTask { service, _, node, fence in
      _ = try await cancel(service, fence.taskId)
      service.world.advance(milliseconds: Limits.leaseTtlMs - 1)
      #expect(try await node.beat(fence).lost.isEmpty)
      service.advance(milliseconds: 2)
      try await service.eventually("the task is cancelled") { try await service.task(fence.taskId).status == .cancelled }
      await expectError(.fenced) { try await node.commit(fence, parent: 0) }
    }
  }

  @Test func aSubmitThatInterruptsCancelsWhatRunsAndWhatWaitsAndThenRuns() async throws {
    try await withRunningTask { service, session, node, fence in
      let waiting = try await service.submit(session.id)
      let urgent = try await service.submit(session.id) { $0.ifBusy = .interrupt }
      #expect(try await node.revocation().cancelled)
      #expect(try await service.task(waiting.id).status == .cancelled)
      #expect(try await service.task(urgent.id).status == .queued)
      try await node.commit(fence, parent: 0, finish: .ended(.partial))
      #expect(try await service.task(fence.taskId).status == .cancelled)
      #expect(try await node.takeAssignment().task.id == urgent.id)
    }
  }

  @Test func aPausedSessionStopsItsTaskAtTheBoundaryAndAResumedOneRunsItAgain() async throws {
    try await withRunningTask { service, session, node, fence in
      let ref = SessionRef(id: session.id)
      #expect(try await service.admin.call(Methods.sessionPause, ref).message.status == .paused)
      let revoked = try await node.revocation()
      #expect(revoked.atStepBoundary)
      #expect(!revoked.cancelled)
      #expect(try await node.beat(fence).revoked == [revoked])
      #expect(try await node.commit(fence, parent: 0, release: true).pause)
      let stopped = try await service.task(fence.taskId)
      #expect(stopped.status == .queued)
      #expect(stopped.attempt == 0)
      #expect(try await service.admin.call(Methods.sessionGet, ref).message.status == .paused)
      #expect(try await service.nodes().map(\.busy) == [0])

      #expect(try await service.admin.call(Methods.sessionResume, ref).message.status == .active)
      let (again, task) = try await node.takeAssignment()
      #expect(again.taskId == fence.taskId)
      #expect(again.epoch == fence.epoch + 1)
      #expect(task.attempt == 1)
      #expect(try await service.admin.call(Methods.sessionGet, ref).message.status == .running)
      try await node.commit(again, parent: 1, finish: .ended(.completed))
    }
  }

  @Test func aSessionResumedBeforeItsTaskStoppedGoesOnRunning() async throws {
    try await withRunningTask { service, session, node, fence in
      let ref = SessionRef(id: session.id)
      _ = try await service.admin.call(Methods.sessionPause, ref)
      _ = try await node.revocation()
      #expect(try await service.admin.call(Methods.sessionResume, ref).message.status == .running)
      #expect(try await node.beat(fence).revoked.isEmpty)
      #expect(try await !node.commit(fence, parent: 0).pause)
    }
  }

  @Test func aDeletedSessionsTaskIsRevokedAndItsNodesForgetIt() async throws {
    try await withRunningTask { service, session, node, fence in
      let other = try await TestNode(service, name: "other")
      let watch = try service.admin.stream(Methods.taskWatch, TaskWatchRequest.with { $0.sessionId = session.id })
      var events = watch.makeAsyncIterator()
      #expect(try await events.next()?.message.kind == .taskQueued)
      let deleted = try await service.admin.call(Methods.sessionDelete, SessionRef(id: session.id)).message
      #expect(deleted.tasks == 1)
      #expect(try await node.revocation().taskId == fence.taskId)
      for node in [node, other] {
        let forgotten = try #require(try await node.next().forget)
        #expect(forgotten.id == session.id)
        #expect(forgotten.dbConnectionId == "flights")
      }
      #expect(try await events.next()?.message.kind == .sessionDeleted)
      #expect(try await events.next() == nil)
      #expect(try await node.beat(fence).lost.map(\.taskId) == [fence.taskId])
      await expectError(.notFound) { try await node.commit(fence, parent: 0) }
      await expectError(.fenced) { try await node.emit(fence, .token, "late") }
      #expect(try await service.nodes().map(\.busy) == [0, 0])
      await other.disconnect()
    }
  }
}
