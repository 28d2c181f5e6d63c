import NIOCore
import Synchronization
import Wire

/// The queue at work: feeds the ``Dispatcher`` with what happens, and does what it decides.
///
/// Decisions are made under a lock, and carried out outside of it. Nothing polls: a decision is triggered by what the store
/// has made durable, by what nodes say, and by one timer for the next deadline.
final class TaskQueue: Sendable {
  /// A user's database with its URI, for the node that gets a task on it.
  typealias ConnectionLoading = @Sendable (_ id: String, any Transaction) throws(WireError) -> DatabaseConnection

  let store: any Store
  let hub: EventHub
  let loadConnection: ConnectionLoading
  let surroundings: Surroundings
  /// Tasks that may wait.
  let maxQueued: Int
  private let monotonicMs: @Sendable () -> Int64
  private let timers: any EventLoop
  private let state = Mutex(State())

  private struct State {
    var dispatcher = Dispatcher()
    var streams: [StreamName: NodeStream] = [:]
    var timer = WakeTimer()
    var deeds = OrderedActions<Deed>()
    var pulse: Pulse?

    /// Begins all deadlines anew when the service itself stood still since its last beat.
    mutating func notice(_ now: Moment) {
      if pulse?.isLate(now.monotonicMs) ?? false { dispatcher.stoodStill(now: now) }
    }
  }

  /// A decision with the stream it is about.
  private struct Deed: Sendable {
    let action: DispatchAction
    let stream: NodeStream?
  }

  /// - Parameter monotonicMs: a clock that never jumps, in milliseconds; leases are counted on it.
  init(
    store: any Store, hub: EventHub, surroundings: Surroundings, monotonicMs: @escaping @Sendable () -> Int64,
    timers: any EventLoop, maxQueued: Int, loadConnection: @escaping ConnectionLoading
  ) {
    self.store = store
    self.hub = hub
    self.surroundings = surroundings
    self.monotonicMs = monotonicMs
    self.timers = timers
    self.maxQueued = maxQueued
    self.loadConnection = loadConnection
  }

  var now: Moment { Moment(monotonicMs: monotonicMs(), wall: surroundings.now()) }

  /// Takes up what an earlier run of the service left: its queued tasks, and its leases with one full TTL each.
  func recover() async throws(WireError) {
    takeUp(try await store.read { (transaction) throws(WireError) in try Self.leftovers(in: transaction) })
  }

  /// What an earlier run left in the store.
  struct Leftovers: Sendable {
    var leased: [(lease: Lease, task: StoredTask, sessionIsOpen: Bool)] = []
    var queued: [(task: QueuedTask, sessionIsOpen: Bool)] = []
    var waiting: [WaitingTask] = []
  }

  static func leftovers(in transaction: any Transaction) throws(WireError) -> Leftovers {
    var left = Leftovers()
    for lease in try LeaseRepository.all(in: transaction) {
      let task = try TaskRepository.get(lease.taskId, in: transaction)
      let status = try SessionRepository.head(lease.sessionId, in: transaction).status
      left.leased.append((lease, task, TaskRules.isOpen(status)))
    }
    left.queued = try TaskRepository.queued(in: transaction)
    left.waiting = try TaskRepository.waiting(in: transaction).compactMap(WaitingTask.init)
    return left
  }

  func takeUp(_ left: Leftovers) {
    decide { (dispatcher, now) in
      var actions: [DispatchAction] = []
      for (lease, task, sessionIsOpen) in left.leased {
        dispatcher.restore(lease, now: now)
        // What its node was asked before the restart, it is asked again.
        if task.isCancelRequested {
          actions += dispatcher.cancelLeased(lease.taskId, reason: task.record.reason, now: now)
        } else if !sessionIsOpen {
          actions += dispatcher.sessionChanged(lease.sessionId, isOpen: false, now: now)
        }
      }
      for waiting in left.waiting { dispatcher.wait(waiting, now: now) }
      for (task, isOpen) in left.queued { actions += dispatcher.enqueue(task, sessionIsOpen: isOpen, now: now) }
      return actions
    }
  }

  // MARK: Decide, then act

  /// Makes a decision under the lock and carries it out.
  func decide(_ decision: (inout Dispatcher, Moment) -> [DispatchAction]) {
    let now = now
    let timer = state.withLock { state in
      state.notice(now)
      let actions = decision(&state.dispatcher, now)
      state.deeds.add(actions.map { Self.deed($0, &state.streams) })
      return state.timer.set(for: state.dispatcher.wakeAtMs, nowMs: now.monotonicMs)
    }
    if let timer { timers.scheduleTask(in: .milliseconds(timer.waitMs)) { self.timerFired(timer.atMs) } }
    var deeds = state.withLock { $0.deeds.begin() }
    while let batch = deeds {
      for deed in batch { perform(deed) }
      deeds = state.withLock { $0.deeds.goOn() }
    }
  }

  private static func deed(_ action: DispatchAction, _ streams: inout [StreamName: NodeStream]) -> Deed {
    switch action {
    case .send(let name, _): Deed(action: action, stream: streams[name])
    case .closeStream(let name, _): Deed(action: action, stream: streams.removeValue(forKey: name))
    case .grant, .end, .expire: Deed(action: action, stream: nil)
    }
  }

  /// Looks at the dispatcher's state.
  func view<T>(_ body: (Dispatcher) -> T) -> T { state.withLock { body($0.dispatcher) } }

  /// Looks at the dispatcher's state as of a moment, in which the service may just have come to life again.
  func view<T>(at now: Moment, _ body: (Dispatcher) -> T) -> T {
    state.withLock { state in
      state.notice(now)
      return body(state.dispatcher)
    }
  }

  /// Ends what is overdue and starts what is due. The timer calls it; a test that moves the clock does too.
  func tick() {
    decide { (dispatcher, now) in dispatcher.tick(now) }
  }

  /// Notices from now on when the service itself stands still, by a beat of its own.
  func watchItself() {
    beat()
    timers.scheduleRepeatedTask(initialDelay: .milliseconds(Pulse.intervalMs), delay: .milliseconds(Pulse.intervalMs)) {
      [weak self] _ in
      self?.beat()
    }
  }

  /// The service lives.
  func beat() {
    let now = now
    state.withLock { state in
      state.notice(now)
      if state.pulse == nil { state.pulse = Pulse(beatAtMs: now.monotonicMs) } else { state.pulse?.beat(now.monotonicMs) }
    }
  }

  private func timerFired(_ atMs: Int64) {
    if state.withLock({ $0.timer.fired(atMs) }) { tick() }
  }

  private func perform(_ deed: Deed) {
    switch deed.action {
    case .send(_, let item): deed.stream?.send(item)
    case .closeStream(_, let error): deed.stream?.finish(error)
    case .grant(let order): grant(order)
    case .end(let lease, let end): finish(lease, end)
    case .expire(let waiting): expire(waiting)
    }
  }

  private func grant(_ order: GrantOrder) {
    store.write { (transaction) throws(WireError) in
      let outcome = try self.makeGrant(order, in: transaction)
      transaction.afterCommit {
        self.decide { (dispatcher, now) in
          switch outcome {
          case .made(let lease, let assignment): dispatcher.granted(lease, assignment: assignment, now: now)
          case .refused(let refusal): dispatcher.refused(order, refusal, now: now)
          }
        }
      }
    } completion: { (result: Result<Void, WireError>) in
      guard case .failure = result else { return }
      self.decide { (dispatcher, now) in dispatcher.refused(order, .storeFailed, now: now) }
    }
  }

  private func finish(_ lease: Lease, _ end: LeaseEnd) {
    store.write { (transaction) throws(WireError) in
      try self.endLease(lease, end, in: transaction)
    } completion: { (result: Result<Void, WireError>) in
      guard case .failure = result else { return }
      self.decide { (dispatcher, now) in
        dispatcher.endFailed(lease, end, now: now)
        return []
      }
    }
  }

  // MARK: The service stops

  /// Gives nothing more to nodes, and asks for what runs back at its next step boundary. Lasts until the next start.
  func drain() {
    decide { (dispatcher, now) in dispatcher.drainAll(now) }
  }

  // MARK: Nodes

  func attach(_ profile: NodeProfile, _ stream: NodeStream, resume: String, credit: UInt32) {
    state.withLock { $0.streams[stream.name] = stream }
    decide { (dispatcher, now) in
      dispatcher.attach(
        profile, keyId: stream.keyId, stream: stream.name, resume: resume,
        freshId: surroundings.makeId(Identifier.node.prefix), credit: credit, now: now)
    }
  }

  func detach(_ name: StreamName) {
    state.withLock { _ = $0.streams.removeValue(forKey: name) }
    decide { (dispatcher, now) in
      dispatcher.streamLost(name, now: now)
      return []
    }
  }
}
