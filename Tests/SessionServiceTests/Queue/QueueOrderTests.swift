import Testing
import Wire

@testable import SessionService

/// Who is served next: priority, then turns between databases and between sessions, and the labels of nodes.
struct QueueOrderTests {
  private static let now = Moment(monotonicMs: 0, wall: Timestamp(microseconds: 1_700_000_000_000_000))

  private func task(
    _ id: String, session: String, connection: String = "shop", priority: Int64 = 0, number: Int64, labels: [Label] = []
  ) -> QueuedTask {
    QueuedTask(
      taskId: id, sessionId: session, priority: priority, number: number, notBefore: Timestamp(), connectionId: connection,
      selector: NodeSelector(labels))
  }

  /// The order in which one slot serves what is queued, each task ending before the next begins. A task that ends makes room
  /// for the next one of its session.
  private func order(_ tasks: [QueuedTask]) -> [String] {
    var dispatcher = Dispatcher()
    for task in tasks { _ = dispatcher.enqueue(task, sessionIsOpen: true, now: Self.now) }
    var actions = attach(&dispatcher, "n")
    var served: [String] = []
    while case .grant(let order)? = actions.first(where: { if case .grant = $0 { true } else { false } }) {
      served.append(order.taskId)
      let lease = Lease(
        sessionId: order.sessionId, taskId: order.taskId, nodeId: order.nodeId, nodeName: "n", keyId: "key", epoch: 1)
      _ = dispatcher.granted(lease, assignment: NodeItem(), now: Self.now)
      actions = dispatcher.leaseEnded(
        sessionId: order.sessionId, epoch: 1, requeued: nil, sessionIsOpen: true, now: Self.now)
    }
    return served
  }

  private func attach(
    _ dispatcher: inout Dispatcher, _ node: String, slots: UInt32 = 1, labels: [Label] = []
  ) -> [DispatchAction] {
    dispatcher.attach(
      NodeProfile(name: node, slots: slots, labels: labels), keyId: "key",
      stream: StreamName(connection: UInt64(node.utf8.first ?? 0), streamID: 1), resume: "", freshId: node, credit: 1_000,
      now: Self.now)
  }

  private func grants(_ actions: [DispatchAction]) -> [String] {
    actions.compactMap { if case .grant(let order) = $0 { "\(order.taskId) on \(order.nodeId)" } else { nil } }
  }

  @Test func aSessionWithALongLineTakesTurnsWithTheOthers() {
    let long = (1...4).map { task("a\($0)", session: "a", number: Int64($0)) }
    let short = [
      task("b1", session: "b", number: 10), task("c1", session: "c", number: 11), task("b2", session: "b", number: 12),
    ]
    #expect(order(long + short) == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"])
  }

  @Test func aDatabaseWithManySessionsTakesTurnsWithTheOthers() {
    let many = (1...6).map { task("m\($0)", session: "m\($0)", connection: "big", number: Int64($0)) }
    let few = (1...2).map { task("f\($0)", session: "f\($0)", connection: "small", number: 100 + Int64($0)) }
    #expect(order(many + few) == ["m1", "f1", "m2", "f2", "m3", "m4", "m5", "m6"])
  }

  @Test func priorityGoesBeforeTurns() {
    let tasks = [
      task("a1", session: "a", priority: 1, number: 1), task("a2", session: "a", priority: 1, number: 2),
      task("b1", session: "b", number: 3),
    ]
    #expect(order(tasks) == ["a1", "a2", "b1"])
  }

  @Test func whoWasAwayHasNoClaimOnThePast() {
    var turns = FairTurns<String>()
    for _ in 0..<100 { turns.take("busy") }
    // The newcomer goes first once, not a hundred times.
    #expect(turns.turn(of: "new") < turns.turn(of: "busy"))
    turns.take("new")
    #expect(turns.turn(of: "new") == turns.turn(of: "busy"))
  }

  @Test func turnsRememberABoundedNumberOfKeys() {
    var turns = FairTurns<Int>()
    for key in 0..<3 * FairTurns<Int>.maxKeys { turns.take(key) }
    #expect(turns.count <= FairTurns<Int>.maxKeys)
    // The last one served still comes after who was not served.
    turns.take(-1)
    #expect(turns.turn(of: -2) < turns.turn(of: -1))
  }

  @Test func aTaskWithLabelsWaitsForANodeThatHasThemAndHoldsUpNobody() {
    let gpu = [Label(key: "gpu", value: "yes"), Label(key: "region", value: "eu")]
    var dispatcher = Dispatcher()
    _ = dispatcher.enqueue(task("picky", session: "a", priority: 9, number: 1, labels: gpu), sessionIsOpen: true, now: Self.now)
    _ = dispatcher.enqueue(task("any", session: "b", number: 2), sessionIsOpen: true, now: Self.now)
    #expect(grants(attach(&dispatcher, "plain", slots: 4)) == ["any on plain"])
    #expect(grants(attach(&dispatcher, "half", labels: [gpu[0]])) == [])
    #expect(grants(attach(&dispatcher, "whole", labels: gpu + [Label(key: "x", value: "1")])) == ["picky on whole"])
  }

  @Test(arguments: [(1, 0), (2, 1_000), (3, 2_000), (4, 4_000), (8, 60_000), (4_000_000_000, 60_000)] as [(UInt32, Int64)])
  func aTaskThatKillsItsNodesWaitsLongerEachTime(deaths: UInt32, delayMs: Int64) {
    #expect(LeaseVerdict.backoffMs(deaths: deaths) == delayMs)
    #expect(
      LeaseVerdict(.expired, isCancelRequested: false, attempt: deaths, maxAttempts: .max)
        == .requeued(attempt: deaths, delayMs: delayMs))
    #expect(
      LeaseVerdict(.released, isCancelRequested: false, attempt: deaths, maxAttempts: .max)
        == .requeued(attempt: deaths - 1, delayMs: 0))
  }
}
