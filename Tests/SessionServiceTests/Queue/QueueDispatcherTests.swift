import Testing
import Wire

@testable import SessionService

/// The dispatcher's rules, one by one, on a clock that the test moves.
struct QueueDispatcherTests {
  private static let stream = StreamName(connection: 1, streamID: 1)

  private func at(_ ms: Int64) -> Moment {
    Moment(monotonicMs: ms, wall: Timestamp(microseconds: 1_700_000_000_000_000 + ms * 1_000))
  }

  private func task(_ id: String, session: String = "s1", priority: Int64 = 0, number: Int64 = 1) -> QueuedTask {
    QueuedTask(
      taskId: id, sessionId: session, priority: priority, number: number, notBefore: Timestamp(), connectionId: "shop",
      selector: NodeSelector())
  }

  /// A dispatcher with one node attached at 0 ms.
  private func dispatcher(slots: UInt32 = 1, credit: UInt32 = 256) -> Dispatcher {
    var dispatcher = Dispatcher()
    _ = dispatcher.attach(
      NodeProfile(name: "n", slots: slots), keyId: "key", stream: Self.stream, resume: "", freshId: "node", credit: credit,
      now: at(0))
    return dispatcher
  }

  private func orders(_ actions: [DispatchAction]) -> [GrantOrder] {
    actions.compactMap { if case .grant(let order) = $0 { order } else { nil } }
  }

  private func ends(_ actions: [DispatchAction]) -> [LeaseEnd] {
    actions.compactMap { if case .end(_, let end) = $0 { end } else { nil } }
  }

  /// Queues a task at 0 ms and makes its grant durable.
  private func lease(_ dispatcher: inout Dispatcher, _ task: QueuedTask) throws -> Lease {
    let order = try #require(orders(dispatcher.enqueue(task, sessionIsOpen: true, now: at(0))).first)
    let lease = Lease(
      sessionId: order.sessionId, taskId: order.taskId, nodeId: order.nodeId, nodeName: "n", keyId: "key", epoch: 1)
    _ = dispatcher.granted(lease, assignment: NodeItem(), now: at(0))
    return lease
  }

  private func beat(_ dispatcher: inout Dispatcher, _ lease: Lease, ms: Int64) -> NodeHeartbeatResponse? {
    dispatcher.heartbeat(
      nodeId: "node", keyId: "key", leases: [LeaseRef(taskId: lease.taskId, epoch: lease.epoch)], released: [],
      isDraining: false, now: at(ms))?.response
  }

  @Test func aFreeSlotGetsTheTaskAtOnce() {
    var dispatcher = dispatcher()
    #expect(orders(dispatcher.enqueue(task("t"), sessionIsOpen: true, now: at(0))).map(\.taskId) == ["t"])
  }

  @Test func slotsBoundWhatANodeGets() {
    var dispatcher = dispatcher(slots: 1)
    _ = dispatcher.enqueue(task("a"), sessionIsOpen: true, now: at(0))
    #expect(orders(dispatcher.enqueue(task("b", session: "s2"), sessionIsOpen: true, now: at(0))).isEmpty)
  }

  @Test func withoutCreditNothingIsAssigned() {
    var dispatcher = dispatcher(credit: 1)
    #expect(orders(dispatcher.enqueue(task("a"), sessionIsOpen: true, now: at(0))).isEmpty)
    #expect(orders(dispatcher.credit(Self.stream, items: 1, now: at(1))).map(\.taskId) == ["a"])
  }

  @Test func aTaskOfANodeThatFellSilentGoesToAnother() throws {
    var dispatcher = dispatcher(slots: 2)
    let lease = try lease(&dispatcher, task("a"))
    _ = beat(&dispatcher, lease, ms: 0)
    let other = StreamName(connection: 2, streamID: 1)
    let profile = NodeProfile(name: "other", slots: 2)
    // As busy as the first will be once its lease is over, and later in the alphabet.
    _ = dispatcher.attach(
      profile, keyId: "key", stream: other, resume: "", freshId: "other", credit: 256, now: at(0))
    #expect(ends(dispatcher.tick(at(Limits.leaseTtlMs + 1))) == [.expired])
    let next = dispatcher.leaseEnded(
      sessionId: "s1", epoch: 1, requeued: task("a"), sessionIsOpen: true, now: at(Limits.leaseTtlMs + 2))
    #expect(orders(next).map(\.nodeId) == ["other"])
  }

  @Test func aSessionRunsOneTaskAtATime() throws {
    var dispatcher = dispatcher(slots: 8)
    let lease = try lease(&dispatcher, task("a"))
    #expect(orders(dispatcher.enqueue(task("b", number: 2), sessionIsOpen: true, now: at(0))).isEmpty)
    let next = dispatcher.leaseEnded(sessionId: lease.sessionId, epoch: 1, requeued: nil, sessionIsOpen: true, now: at(1))
    #expect(orders(next).map(\.taskId) == ["b"])
  }

  @Test func aTaskThatIsQueuedAgainWaitsBehindMoreUrgentOnesAndHoldsNobodyUp() throws {
    var dispatcher = dispatcher(slots: 8)
    let first = task("a")
    let lease = try lease(&dispatcher, first)
    _ = dispatcher.enqueue(task("urgent", priority: 5, number: 2), sessionIsOpen: true, now: at(0))
    let next = dispatcher.leaseEnded(sessionId: "s1", epoch: lease.epoch, requeued: first, sessionIsOpen: true, now: at(1))
    #expect(orders(next).map(\.taskId) == ["urgent"])
    // Also when the clock was set back, so that the task's time seems not to have come.
    var other = self.dispatcher(slots: 8)
    _ = try self.lease(&other, first)
    _ = other.enqueue(task("b", number: 2), sessionIsOpen: true, now: at(0))
    let early = QueuedTask(
      taskId: "a", sessionId: "s1", priority: 0, number: 1, notBefore: at(60_000).wall, connectionId: "shop",
      selector: NodeSelector())
    let then = other.leaseEnded(sessionId: "s1", epoch: 1, requeued: early, sessionIsOpen: true, now: at(1))
    #expect(orders(then).map(\.taskId) == ["b"])
  }

  @Test func higherPriorityGoesFirstThenTheOldest() {
    var dispatcher = Dispatcher()
    _ = dispatcher.enqueue(task("new", session: "a", number: 2), sessionIsOpen: true, now: at(0))
    _ = dispatcher.enqueue(task("old", session: "b", number: 1), sessionIsOpen: true, now: at(0))
    _ = dispatcher.enqueue(task("urgent", session: "c", priority: 5, number: 3), sessionIsOpen: true, now: at(0))
    let actions = dispatcher.attach(
      NodeProfile(name: "n", slots: 8), keyId: "key", stream: Self.stream, resume: "", freshId: "node", credit: 256, now: at(0))
    #expect(orders(actions).map(\.taskId) == ["urgent", "old", "new"])
  }

  @Test func aTaskWaitsForItsTime() {
    var dispatcher = dispatcher()
    let later = QueuedTask(
      taskId: "t", sessionId: "s1", priority: 0, number: 1, notBefore: at(500).wall, connectionId: "shop",
      selector: NodeSelector())
    #expect(orders(dispatcher.enqueue(later, sessionIsOpen: true, now: at(0))).isEmpty)
    #expect(dispatcher.wakeAtMs == 500)
    #expect(orders(dispatcher.tick(at(499))).isEmpty)
    #expect(orders(dispatcher.tick(at(500))).map(\.taskId) == ["t"])
  }

  @Test func aPausedSessionWaitsUntilItIsOpen() {
    var dispatcher = dispatcher()
    #expect(orders(dispatcher.enqueue(task("t"), sessionIsOpen: false, now: at(0))).isEmpty)
    #expect(orders(dispatcher.sessionChanged("s1", isOpen: true, now: at(1))).map(\.taskId) == ["t"])
  }

  @Test func aGrantThatIsNotAcknowledgedEndsAndBurnsNothing() throws {
    var dispatcher = dispatcher()
    _ = try lease(&dispatcher, task("t"))
    #expect(ends(dispatcher.tick(at(Limits.grantAckMs - 1))).isEmpty)
    #expect(ends(dispatcher.tick(at(Limits.grantAckMs))) == [.notAcknowledged])
    #expect(!LeaseEnd.notAcknowledged.burnsAttempt)
  }

  @Test func heartbeatsRenewALeaseAndSilenceEndsIt() throws {
    var dispatcher = dispatcher()
    let lease = try lease(&dispatcher, task("t"))
    #expect(beat(&dispatcher, lease, ms: 1_000)?.lost == [])
    #expect(ends(dispatcher.tick(at(1_000 + Limits.leaseTtlMs))).isEmpty)
    #expect(dispatcher.isLive(lease, now: at(1_000 + Limits.leaseTtlMs)))
    #expect(ends(dispatcher.tick(at(1_001 + Limits.leaseTtlMs))) == [.expired])
    #expect(!dispatcher.isLive(lease, now: at(1_001 + Limits.leaseTtlMs)))
    #expect(beat(&dispatcher, lease, ms: 1_002 + Limits.leaseTtlMs)?.lost.count == 1)
  }

  @Test func anotherKeyCannotSpeakForANode() throws {
    var dispatcher = dispatcher()
    _ = try lease(&dispatcher, task("t"))
    #expect(
      dispatcher.heartbeat(nodeId: "node", keyId: "thief", leases: [], released: [], isDraining: false, now: at(1)) == nil)
  }

  @Test func aNodeThatComesBackWithinTheGraceKeepsItsLeases() throws {
    var dispatcher = dispatcher()
    let lease = try lease(&dispatcher, task("t"))
    _ = beat(&dispatcher, lease, ms: 10)
    dispatcher.streamLost(Self.stream, now: at(20))
    _ = dispatcher.attach(
      NodeProfile(name: "n", slots: 1), keyId: "key", stream: StreamName(connection: 2, streamID: 1), resume: "node",
      freshId: "other", credit: 256, now: at(1_000))
    #expect(ends(dispatcher.tick(at(5_000))).isEmpty)
    #expect(dispatcher.isLive(lease, now: at(5_000)))
    #expect(dispatcher.nodes.keys.sorted() == ["node"])
  }

  @Test func aNodeThatStaysAwayLosesItsLeasesAfterTheGrace() throws {
    var dispatcher = dispatcher()
    let lease = try lease(&dispatcher, task("t"))
    _ = beat(&dispatcher, lease, ms: 10)
    dispatcher.streamLost(Self.stream, now: at(20))
    #expect(ends(dispatcher.tick(at(19 + Limits.leaseGraceMs))).isEmpty)
    #expect(ends(dispatcher.tick(at(20 + Limits.leaseGraceMs))) == [.connectionLost])
  }

  @Test func aRestoredLeaseGetsOneFullTtl() {
    var dispatcher = Dispatcher()
    let lease = Lease(sessionId: "s1", taskId: "t", nodeId: "node", nodeName: "n", keyId: "key", epoch: 7)
    dispatcher.restore(lease, now: at(0))
    #expect(ends(dispatcher.tick(at(Limits.leaseTtlMs))).isEmpty)
    #expect(ends(dispatcher.tick(at(Limits.leaseTtlMs + 1))) == [.expired])
  }

  @Test func aCancelledLeaseIsToldAgainAndNotRenewed() throws {
    var dispatcher = dispatcher()
    let lease = try lease(&dispatcher, task("t"))
    _ = beat(&dispatcher, lease, ms: 0)
    _ = dispatcher.cancelLeased("t", reason: "enough", now: at(1))
    #expect(beat(&dispatcher, lease, ms: 5_000)?.revoked.map(\.cancelled) == [true])
    #expect(ends(dispatcher.tick(at(Limits.leaseTtlMs + 1))) == [.expired])
  }

  @Test func aGrantThatWasOnItsWayWhenTheServerBeganToDrainIsCalledBack() throws {
    var dispatcher = dispatcher(slots: 2)
    let order = try #require(orders(dispatcher.enqueue(task("a"), sessionIsOpen: true, now: at(0))).first)
    #expect(dispatcher.drainAll(at(1)).isEmpty)
    let lease = Lease(
      sessionId: order.sessionId, taskId: order.taskId, nodeId: order.nodeId, nodeName: "n", keyId: "key", epoch: 1)
    let sent = dispatcher.granted(lease, assignment: NodeItem.with { $0.assignment = Assignment() }, now: at(2))
    let items = sent.compactMap { if case .send(_, let item) = $0 { item } else { nil } }
    #expect(items.map { $0.assignment != nil } == [true, false])
    #expect(items.last?.revoke?.atStepBoundary == true)
    #expect(orders(dispatcher.enqueue(task("b", session: "s2"), sessionIsOpen: true, now: at(3))).isEmpty)
  }

  @Test(arguments: LeaseEnd.allCases)
  func aVerdictBurnsAttemptsOnlyForExecutionsThatDied(_ end: LeaseEnd) {
    #expect(LeaseVerdict(end, isCancelRequested: true, attempt: 1, maxAttempts: 5) == .cancelled)
    #expect(
      LeaseVerdict(end, isCancelRequested: false, attempt: 5, maxAttempts: 5)
        == (end.burnsAttempt ? .poisoned : .requeued(attempt: 4, delayMs: 0)))
  }
}
