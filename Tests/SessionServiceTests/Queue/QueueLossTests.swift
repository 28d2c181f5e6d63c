import Testing
import Wire

@testable import SessionService

/// What becomes of a task when its node hands it back, goes silent or goes away.
@Suite(.timeLimit(.minutes(1)))
struct QueueLossTests {
  @Test func aReleasedTaskBurnsNoAttempt() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let node = try await TestNode(service)
      _ = try await service.submit(session.id) { $0.maxAttempts = 1 }
      let (first, _) = try await node.takeAssignment()
      // Handed back with a step, and again without.
      try await node.commit(first, parent: 0, release: true)
      let (second, task) = try await node.takeAssignment()
      #expect(task.attempt == 1)
      #expect(second.epoch == 2)
      _ = try await node.beat(releasing: [second])
      let (third, again) = try await node.takeAssignment()
      #expect(again.attempt == 1)
      #expect(third.epoch == 3)
      #expect(try await service.admin.call(Methods.sessionGet, SessionRef(id: session.id)).message.headStep == 1)
      await expectError(.fenced) { try await node.commit(second, parent: 1) }
      await node.disconnect()
    }
  }

  @Test func aServiceThatStoodStillTakesNoTaskAway() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let node = try await TestNode(service)
      _ = try await service.submit(session.id) { $0.maxAttempts = 1 }
      let (fence, _) = try await node.takeAssignment()
      service.service.tasks.beat()
      // Six pauses, each longer than a lease; whatever comes first afterwards finds the lease alive.
      for pause in 0..<6 {
        service.advance(milliseconds: 20_000)
        if pause % 2 == 0 { try await node.commit(fence, parent: UInt64(pause / 2)) }
        #expect(try await node.beat(fence).lost.isEmpty)
        service.service.tasks.beat()
      }
      // A node that is silent while the service lives still loses its lease.
      for _ in 0..<34 {
        service.service.tasks.beat()
        service.advance(milliseconds: Pulse.intervalMs)
      }
      #expect(try await node.beat(fence).lost.count == 1)
      await node.disconnect()
    }
  }

  @Test func anAssignmentThatIsNotAcknowledgedGoesBackAndBurnsNothing() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let node = try await TestNode(service)
      _ = try await service.submit(session.id)
      let (fence, _) = try await node.receiveAssignment()
      service.advance(milliseconds: Limits.grantAckMs)
      #expect(try await node.revocation().epoch == fence.epoch)
      let (again, task) = try await node.takeAssignment()
      #expect(again.epoch == fence.epoch + 1)
      #expect(task.attempt == 1)
      await node.disconnect()
    }
  }

  @Test func aNodeThatDrainsGetsNothingNewAndIsToldAgainWhenItComesBack() async throws {
    try await withService { service in
      try await service.makeConnection()
      let key = try await service.makeKey(.agent)
      let leaving = try await TestNode(service, key: key, name: "a")
      _ = try await service.submit(try await service.makeSession().id)
      let (fence, _) = try await leaving.takeAssignment()
      let drained = try await service.admin.call(Methods.nodeDrain, NodeRef(id: leaving.id)).message
      #expect(drained.status == .draining)
      #expect(try await leaving.next().drain)
      let waiting = try await service.submit(try await service.makeSession().id)
      #expect(try await service.why(waiting.id).contains("draining"))
      let staying = try await TestNode(service, name: "b")
      #expect(try await staying.takeAssignment().task.id == waiting.id)
      #expect(try await service.nodes().map(\.status) == [.draining, .attached])

      await leaving.disconnect()
      try await service.waitUntilLost(leaving)
      let back = try await TestNode(service, key: key, name: "a", resume: leaving.id)
      #expect(try await back.next().drain)
      // What it still held goes back without a burned attempt, and to nobody but the other, once that is free.
      _ = try await back.beat(releasing: [fence])
      try await service.eventually("the task is queued again") { try await service.task(fence.taskId).status == .queued }
      #expect(try await service.task(fence.taskId).attempt == 0)
      await expectError(.notFound) {
        _ = try await service.admin.call(Methods.nodeDrain, NodeRef(id: "node_000000000000"))
      }
      await back.disconnect()
      await staying.disconnect()
    }
  }

  @Test func anotherNodeGetsTheTaskWhenTheFirstDoesNotComeBackWithinTheGrace() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let lost = try await TestNode(service, name: "lost")
      _ = try await service.submit(session.id)
      let (fence, _) = try await lost.takeAssignment()
      try await lost.commit(fence, parent: 0)
      let other = try await TestNode(service, name: "other")
      await lost.disconnect()
      try await service.waitUntilLost(lost)
      service.advance(milliseconds: Limits.leaseGraceMs - 1)
      #expect(try await service.task(fence.taskId).nodeId == lost.id)
      #expect(try await service.why(fence.taskId).contains("not connected"))
      service.advance(milliseconds: 1)
      let (taken, task) = try await other.takeAssignment()
      #expect(taken.taskId == fence.taskId)
      #expect(taken.epoch == fence.epoch + 1)
      #expect(task.attempt == 2)
      #expect(try await service.nodes().map(\.id) == [other.id])
      try await other.commit(taken, parent: 1, finish: .ended(.completed))
      #expect(try await service.task(fence.taskId).status == .completed)
      await other.disconnect()
    }
  }

  @Test func aNodeThatComesBackWithinTheGraceKeepsItsLease() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let key = try await service.makeKey(.agent)
      let node = try await TestNode(service, key: key)
      _ = try await service.submit(session.id)
      let (fence, _) = try await node.takeAssignment()
      await node.disconnect()
      try await service.waitUntilLost(node)
      service.advance(milliseconds: Limits.leaseGraceMs - 1)
      let back = try await TestNode(service, key: key, resume: node.id)
      #expect(back.id == node.id)
      service.advance(milliseconds: Limits.leaseGraceMs)
      #expect(try await back.beat(fence).lost.isEmpty)
      try await back.commit(fence, parent: 0, finish: .ended(.completed))
      #expect(try await service.task(fence.taskId).attempt == 1)

      // Another key gets an id of its own, and may not use the lease.
      let thief = try await TestNode(service, name: "thief", resume: node.id)
      #expect(thief.id != node.id)
      await back.disconnect()
      await thief.disconnect()
    }
  }

  @Test func leasesThatExpireBurnAttemptsUntilTheTaskIsPoisoned() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let node = try await TestNode(service)
      let task = try await service.submit(session.id) { $0.maxAttempts = 2 }
      for attempt in UInt32(1)...2 {
        let (fence, taken) = try await node.takeAssignment()
        #expect(taken.attempt == attempt)
        service.advance(milliseconds: Limits.leaseTtlMs)
        try await node.commit(fence, parent: UInt64(attempt) - 1)
        // The commit was as good as a heartbeat; then the node is silent for longer than the lease.
        service.advance(milliseconds: Limits.leaseTtlMs + 1)
        #expect(try await node.revocation().epoch == fence.epoch)
        await expectError(.fenced) { try await node.commit(fence, parent: UInt64(attempt)) }
      }
      try await service.eventually("the task has failed") { try await service.task(task.id).status == .failed }
      let failed = try await service.task(task.id)
      #expect(failed.result?.error?.errorCode == .poisoned)
      #expect(failed.attempt == 2)
      #expect(try await service.why(task.id).contains("poisoned"))
      #expect(try await service.nodes().map(\.busy) == [0])
      await node.disconnect()
    }
  }

  @Test func aTaskWhoseDatabaseCannotBeOpenedFailsAndSaysWhy() async throws {
    try await withService { service in
      try await service.makeConnection()
      try await service.makeConnection("sound")
      let broken = try await service.submit(try await service.makeSession().id)
      let sound = try await service.submit(try await service.makeSession(on: "sound").id)
      try await service.service.store.write { (transaction) throws(WireError) in
        try transaction.execute("UPDATE connections SET sealed_uri = ? WHERE id = ?", [.blob([1, 2, 3]), "flights"])
        return
      }
      // The only slot is not lost to the task that nobody can run.
      let node = try await TestNode(service)
      #expect(try await node.takeAssignment().task.id == sound.id)
      let failed = try await service.task(broken.id)
      #expect(failed.status == .failed)
      #expect(failed.result?.error?.errorCode == .corrupt)
      #expect(failed.attempt == 0)
      #expect(try await service.why(broken.id).contains("cannot be opened with this master key"))
      await node.disconnect()
    }
  }

  // MARK: Restarts of the service

  /// Runs `before` on a service with one running task, starts it anew on the same folder and runs `after`.
  private func acrossARestart(
    before: (TestService, Fence) async throws -> Void = { _, _ in },
    after: (TestService, KeyInfo, Fence) async throws -> Void
  ) async throws {
    let folder = try TemporaryFolder()
    let world = TestSurroundings()
    var service = try await TestService.start(folder, world)
    try await service.makeConnection()
    let session = try await service.makeSession()
    let key = try await service.makeKey(.agent)
    let node = try await TestNode(service, key: key)
    _ = try await service.submit(session.id)
    let (fence, _) = try await node.takeAssignment()
    try await before(service, fence)
    await node.disconnect()
    await service.stop()
    service = try await TestService.start(folder, world)
    do { try await after(service, key, fence) } catch {
      await service.stop()
      throw error
    }
    await service.stop()
  }

  @Test func aRestartGivesALeaseOneTtlInWhichItsNodeGoesOn() async throws {
    try await acrossARestart { service, key, fence in
      service.advance(milliseconds: Limits.leaseTtlMs)
      let node = try await TestNode(service, key: key, resume: fence.nodeId)
      #expect(node.id == fence.nodeId)
      #expect(try await node.beat(fence).lost.isEmpty)
      try await node.commit(fence, parent: 0, finish: .ended(.completed))
      #expect(try await service.task(fence.taskId).status == .completed)
      await node.disconnect()
    }
  }

  @Test func afterARestartALeaseWhoseNodeStaysAwayExpires() async throws {
    try await acrossARestart { service, _, fence in
      let other = try await TestNode(service, name: "other")
      service.advance(milliseconds: Limits.leaseTtlMs)
      #expect(try await service.task(fence.taskId).status == .running)
      service.advance(milliseconds: 1)
      let (taken, task) = try await other.takeAssignment()
      #expect(taken.taskId == fence.taskId)
      #expect(task.attempt == 2)
      await other.disconnect()
    }
  }

  @Test func whatANodeWasAskedBeforeARestartItIsAskedAgain() async throws {
    try await acrossARestart { service, fence in
      _ = try await service.admin.call(Methods.taskCancel, TaskRef(id: fence.taskId))
    } after: { service, key, fence in
      let node = try await TestNode(service, key: key, resume: fence.nodeId)
      #expect(try await node.beat(fence).revoked.map(\.cancelled) == [true])
      await node.disconnect()
    }
    try await acrossARestart { service, fence in
      _ = try await service.admin.call(Methods.sessionPause, SessionRef(id: fence.sessionId))
    } after: { service, key, fence in
      let node = try await TestNode(service, key: key, resume: fence.nodeId)
      #expect(try await node.beat(fence).revoked.map(\.atStepBoundary) == [true])
      await node.disconnect()
    }
  }

  @Test func aServerThatDrainsCallsBackWhatRunsAndItsNextStartTakesItUp() async throws {
    try await acrossARestart { service, fence in
      _ = try await service.admin.call(Methods.serverDrain, Empty())
      let queued = try await service.submit(fence.sessionId)
      #expect(try await service.why(queued.id).contains("server is draining"))
      #expect(try await service.why(fence.taskId).contains("server is draining"))
      let idle = try await TestNode(service, name: "idle")
      #expect(try await service.nodes().map(\.busy) == [0, 1])
      await idle.disconnect()
    } after: { service, key, fence in
      // The node had no chance to hand it back before the stop.
      let node = try await TestNode(service, key: key, resume: fence.nodeId)
      #expect(try await node.beat(fence).revoked.isEmpty)
      try await node.commit(fence, parent: 0, finish: .ended(.completed))
      #expect(try await node.takeAssignment().task.status == .running)
      await node.disconnect()
    }
  }

  @Test func aServerThatDrainsGetsTasksBackAtTheirStepBoundaryAndKeepsThem() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let node = try await TestNode(service)
      _ = try await service.submit(session.id)
      let (fence, _) = try await node.takeAssignment()
      _ = try await service.admin.call(Methods.serverDrain, Empty())
      let revoked = try await node.revocation()
      #expect(revoked.atStepBoundary)
      // A change of the session takes nothing back.
      let renamed = SessionUpdateRequest.with {
        $0.id = session.id
        $0.title = "other"
      }
      _ = try await service.admin.call(Methods.sessionUpdate, renamed)
      #expect(try await node.beat(fence).revoked == [revoked])
      #expect(try await node.commit(fence, parent: 0, release: true).pause)
      let task = try await service.task(fence.taskId)
      #expect(task.status == .queued)
      #expect(task.attempt == 0)
      #expect(try await service.nodes().map(\.busy) == [0])
      await node.disconnect()
    }
  }
}
