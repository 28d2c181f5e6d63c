import DequeModule
import Wire

/// Decides which node gets which task, and when a lease ends.
///
/// A value with no clock and no I/O: each event is a function that takes the time and returns what is to be done. The store
/// has the last word: a grant counts once it is durable, and a lease is over once its end is.
///
/// A session is served by one task at a time. In which order the sessions that wait are served, ``ReadyTasks`` says.
struct Dispatcher: Sendable {
  /// How long a grant or an end that the store refused waits for its next try.
  static let storeRetryMs: Int64 = 1_000

  var nodes: [String: AttachedNode] = [:]
  var nodesByStream: [StreamName: String] = [:]
  /// By session: there is one at most.
  var leases: [String: HeldLease] = [:]
  var queues: [String: SessionQueue] = [:]
  /// The service is about to stop: nothing is given out any more.
  var isDraining = false
  /// Every task that is queued, on its way to a node, or leased.
  var tasks: [String: TaskPhase] = [:]
  private var ready = ReadyTasks()
  private var delayed = Heap<DelayedKey>()
  var expiries = Heap<Expiry>()
  /// The earliest moment at which ``tick(_:)`` may have something to do, in monotonic milliseconds.
  private(set) var wakeAtMs: Int64?

  /// Where a known task is.
  enum TaskPhase: Sendable, Equatable {
    case delayed(QueuedTask)
    case due(QueuedTask)
    case granting(QueuedTask, GrantOrder)
    case leased(sessionId: String)
    case waiting(WaitingTask)

    /// The task, while it is queued.
    var queued: QueuedTask? {
      switch self {
      case .delayed(let task), .due(let task), .granting(let task, _): task
      case .leased, .waiting: nil
      }
    }
  }

  /// The tasks of one session that could run now, in order.
  struct SessionQueue: Sendable {
    /// The session is paused or closed.
    var isBlocked = false
    /// The task whose grant is on its way to the disk.
    var granting: String?
    /// The task that waits for a person.
    var waiting: String?
    private(set) var due: Deque<QueuedTask> = []

    var isIdle: Bool { granting == nil && waiting == nil && due.isEmpty }

    /// To its place, by bisection: a session may have any number of tasks that wait.
    mutating func insert(_ task: QueuedTask) {
      var (low, high) = (due.startIndex, due.endIndex)
      while low < high {
        let middle = low + (high - low) / 2
        if task.goesBefore(due[middle]) { high = middle } else { low = middle + 1 }
      }
      due.insert(task, at: low)
    }

    mutating func removeFirst() { due.removeFirst() }

    mutating func remove(_ taskId: String) { due.removeAll { $0.taskId == taskId } }
  }

  private struct DelayedKey: Comparable, Sendable {
    let dueAtMs: Int64
    let task: QueuedTask
    static func < (a: DelayedKey, b: DelayedKey) -> Bool { a.dueAtMs < b.dueAtMs }
  }

  // MARK: Waiting

  /// Makes sure that ``tick(_:)`` is called at this moment or before.
  mutating func wake(atMs moment: Int64) {
    wakeAtMs = min(wakeAtMs ?? moment, moment)
  }

  /// Puts a task into its session's line, or aside until its time comes.
  mutating func line(up task: QueuedTask, now: Moment, afterMs delayMs: Int64 = 0) {
    let untilDueMs = max(delayMs, (task.notBefore.microseconds - now.wall.microseconds + 999) / 1_000)
    guard untilDueMs <= 0 else {
      let dueAtMs = now.monotonicMs + untilDueMs
      tasks[task.taskId] = .delayed(task)
      delayed.insert(DelayedKey(dueAtMs: dueAtMs, task: task))
      return wake(atMs: dueAtMs)
    }
    tasks[task.taskId] = .due(task)
    queues[task.sessionId, default: SessionQueue()].insert(task)
    offer(task.sessionId)
  }

  /// Offers the first task of a session, if it could run now.
  mutating func offer(_ sessionId: String) {
    guard let queue = queues[sessionId] else { return }
    guard let first = queue.due.first else {
      if queue.isIdle { queues[sessionId] = nil }
      return
    }
    if canRun(first) { ready.offer(first) }
  }

  private func canRun(_ task: QueuedTask) -> Bool {
    guard let queue = queues[task.sessionId] else { return false }
    return !queue.isBlocked && queue.granting == nil && queue.waiting == nil && leases[task.sessionId] == nil
      && queue.due.first == task
  }

  // MARK: Deciding

  /// Gives waiting tasks to free slots until one of them runs out.
  mutating func dispatch(_ now: Moment) -> [DispatchAction] {
    var actions: [DispatchAction] = []
    while !isDraining, let (task, node, stream) = nextGrant() {
      let order = GrantOrder(
        taskId: task.taskId, sessionId: task.sessionId, stream: stream, nodeId: node.id, nodeName: node.profile.name,
        keyId: node.keyId)
      nodes[node.id]?.granting += 1
      nodes[node.id]?.credit -= 1
      queues[task.sessionId]?.removeFirst()
      queues[task.sessionId]?.granting = task.taskId
      tasks[task.taskId] = .granting(task, order)
      actions.append(.grant(order))
    }
    return actions
  }

  /// Takes the next task that a free node admits out of those that are ready.
  private mutating func nextGrant() -> (QueuedTask, AttachedNode, StreamName)? {
    // Moved out while it asks about the rest of this value.
    var ready = ready
    self.ready = ReadyTasks()
    defer { self.ready = ready }
    guard let task = ready.next(holds: canRun, hasNode: { freestNode(for: $0) != nil }),
      let node = freestNode(for: task.selector), let stream = node.stream
    else { return nil }
    ready.take(task)
    return (task, node, stream)
  }

  /// The least busy node with a free slot that the selector admits; nodes that were silent come last.
  private func freestNode(for selector: NodeSelector) -> AttachedNode? {
    nodes.values.filter { $0.canTakeMore && selector.admits($0.profile.labels) }
      .min { ($0.silences, $0.busy, $0.id) < ($1.silences, $1.busy, $1.id) }
  }

  /// Ends what is overdue and starts what is due.
  mutating func tick(_ now: Moment) -> [DispatchAction] {
    wakeAtMs = nil
    while let next = delayed.first, next.dueAtMs <= now.monotonicMs {
      _ = delayed.popFirst()
      if tasks[next.task.taskId] == .delayed(next.task) { line(up: next.task, now: now) }
    }
    var actions = endOverdueLeases(now)
    actions += endGraces(now)
    actions += expireQuestions(now)
    if let next = delayed.first { wake(atMs: next.dueAtMs) }
    return actions + dispatch(now)
  }
}
