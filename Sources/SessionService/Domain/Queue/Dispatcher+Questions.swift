import Wire

/// A task that waits for a person's answer. It keeps its session's place: no other task of the session runs meanwhile.
struct WaitingTask: Sendable, Equatable {
  let taskId: String
  let sessionId: String
  let questionId: String
  /// When the question counts as not answered.
  let expiresAt: Timestamp

  /// nil unless the task waits.
  init?(_ task: TaskRecord) {
    guard task.status == .waiting, let question = task.question else { return nil }
    taskId = task.id
    sessionId = task.sessionId
    questionId = question.id
    expiresAt = question.expiresAt
  }
}

extension Dispatcher {
  /// A task's question is stored, and with it the end of its lease.
  mutating func asked(_ waiting: WaitingTask, epoch: UInt64, now: Moment) -> [DispatchAction] {
    if let held = leases[waiting.sessionId], held.lease.epoch == epoch { forget(held) }
    wait(waiting, now: now)
    return dispatch(now)
  }

  /// A task waits, now or since an earlier run of the service.
  mutating func wait(_ waiting: WaitingTask, now: Moment) {
    tasks[waiting.taskId] = .waiting(waiting)
    queues[waiting.sessionId, default: SessionQueue()].waiting = waiting.taskId
    expect(waiting, now: now)
  }

  /// The answer is stored, or that there is none: the task goes on before all others of its session.
  mutating func answered(_ task: QueuedTask, sessionIsOpen: Bool, now: Moment) -> [DispatchAction] {
    if case .waiting = tasks[task.taskId] {
      tasks[task.taskId] = nil
      queues[task.sessionId]?.waiting = nil
    }
    return enqueue(task, sessionIsOpen: sessionIsOpen, now: now)
  }

  /// That nobody answered could not be stored: it is tried again.
  mutating func expiryFailed(_ waiting: WaitingTask, now: Moment) {
    guard tasks[waiting.taskId] == .waiting(waiting) else { return }
    expect(waiting, now: now, afterMs: Self.storeRetryMs)
  }

  private mutating func expect(_ waiting: WaitingTask, now: Moment, afterMs delayMs: Int64 = 0) {
    let leftMs = (waiting.expiresAt.microseconds - now.wall.microseconds + 999) / 1_000
    let expiry = Expiry(atMs: now.monotonicMs + max(delayMs, leftMs), waiting: waiting)
    expiries.insert(expiry)
    wake(atMs: expiry.atMs)
  }

  /// Questions whose time is over.
  mutating func expireQuestions(_ now: Moment) -> [DispatchAction] {
    var actions: [DispatchAction] = []
    while let next = expiries.first, next.atMs <= now.monotonicMs {
      _ = expiries.popFirst()
      if tasks[next.waiting.taskId] == .waiting(next.waiting) { actions.append(.expire(next.waiting)) }
    }
    if let next = expiries.first { wake(atMs: next.atMs) }
    return actions
  }

  struct Expiry: Comparable, Sendable {
    let atMs: Int64
    let waiting: WaitingTask
    static func < (a: Expiry, b: Expiry) -> Bool { a.atMs < b.atMs }
  }
}
