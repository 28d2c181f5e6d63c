import Guards
import Wire

/// The beginning and the end of leases, each in one transaction.
extension TaskQueue {
  /// Tells of a task that was stored as queued, and lines it up once it is durable.
  /// - Throws: `overloaded` when as many wait as may, or as many of one key as one may have.
  func submit(
    _ task: StoredTask, _ status: SessionStatus, note: String = "", by principal: Principal, in transaction: any Transaction
  ) throws(WireError) {
    try requireRoom(for: principal)
    try record([.about(task.record, .taskQueued, text: note)], of: task.record.sessionId, in: transaction)
    let queued = task.queued
    transaction.afterCommit {
      self.decide { (dispatcher, now) in
        dispatcher.enqueue(queued, sessionIsOpen: TaskRules.isOpen(status), now: now)
      }
    }
  }

  /// One key fills half of the queue at most, unless it is an admin's.
  private func requireRoom(for principal: Principal) throws(WireError) {
    let share = max(1, maxQueued / 2)
    let (waiting, own) = view { dispatcher in
      let waiting = dispatcher.tasks.count - dispatcher.leases.count
      return (waiting, waiting < share ? 0 : dispatcher.tasks.values.count { $0.queued?.keyId == principal.keyId })
    }
    guard waiting < maxQueued else {
      throw WireError(.overloaded, "\(maxQueued) tasks wait in the queue already, and no more may", retryAfterMs: 1_000)
    }
    guard own < share || principal.role == .admin || Guard.places.isOff else {
      throw WireError(
        .overloaded, "\(own) tasks of this key wait already, half of what may wait in the queue", retryAfterMs: 1_000)
    }
  }

  enum GrantOutcome: Sendable {
    case made(Lease, NodeItem)
    case refused(GrantRefusal)
  }

  /// Stores a grant: the session's epoch rises, so that whoever held an older lease can write nothing more.
  func makeGrant(_ order: GrantOrder, in transaction: any Transaction) throws(WireError) -> GrantOutcome {
    guard var task = try TaskRepository.find(order.taskId, in: transaction), task.record.status == .queued else {
      return .refused(.taskGone)
    }
    guard let session = try openSession(order.sessionId, in: transaction) else { return .refused(.taskGone) }
    guard let running = SessionTransitions.next(session.status, .start, isLeased: false) else {
      return .refused(.sessionBlocked)
    }
    let connection: DatabaseConnection
    do throws(WireError) { connection = try loadConnection(session.dbConnectionId, transaction) } catch {
      guard error.errorCode == .corrupt || error.errorCode == .notFound else { throw error }
      // No node can run it, and no later try would change that: somebody has to mend the connection first.
      try storeEnd(&task, .failed(error), in: transaction)
      return .refused(.taskGone)
    }
    let epoch = try SessionRepository.raiseEpoch(session.id, in: transaction)
    try SessionRepository.setStatus(session.id, running, in: transaction)
    let lease = Lease(
      sessionId: session.id, taskId: order.taskId, nodeId: order.nodeId, nodeName: order.nodeName, keyId: order.keyId,
      epoch: epoch)
    try LeaseRepository.insert(lease, in: transaction)
    task.record.status = .running
    task.record.attempt += 1
    task.record.nodeId = order.nodeId
    task.record.reason = ""
    task.record.startedAt = transaction.now
    try TaskRepository.save(task, in: transaction)
    let assignment = try NodeItem.with { (item) throws(WireError) in
      item.assignment = try Assignment.with { (assignment) throws(WireError) in
        assignment.task = task.record
        assignment.session = try SessionRepository.get(session.id, in: transaction)
        assignment.connection = connection
        assignment.epoch = epoch
      }
    }
    return .made(lease, assignment)
  }

  private func openSession(_ id: String, in transaction: any Transaction) throws(WireError) -> Session? {
    do throws(WireError) { return try SessionRepository.get(id, in: transaction) } catch {
      guard error.errorCode == .notFound else { throw error }
      return nil
    }
  }

  /// Stores that a lease is over and decides what becomes of its task; nothing when somebody else ended it first.
  func endLease(_ lease: Lease, _ end: LeaseEnd, in transaction: any Transaction) throws(WireError) {
    guard try LeaseRepository.find(sessionId: lease.sessionId, in: transaction) == lease,
      var task = try TaskRepository.find(lease.taskId, in: transaction)
    else { return settle(lease, requeued: nil, sessionIsOpen: true, in: transaction) }
    let verdict = LeaseVerdict(
      end, isCancelRequested: task.isCancelRequested, attempt: task.record.attempt, maxAttempts: task.record.maxAttempts)
    switch verdict {
    case .cancelled:
      try endTask(&task, .cancelled(task.record.reason), of: lease, in: transaction)
    case .poisoned:
      try endTask(&task, .poisoned(attempts: task.record.attempt, end), of: lease, in: transaction)
    case .requeued(let attempt, let delayMs):
      task.record.status = .queued
      if delayMs > 0 { task.record.notBefore = transaction.now.advanced(milliseconds: delayMs) }
      task.record.attempt = attempt
      task.record.nodeId = ""
      task.record.reason = "queued again: \(end.sentence)"
      try TaskRepository.save(task, in: transaction)
      try record([.about(task.record, .taskRequeued, text: end.sentence)], of: lease.sessionId, in: transaction)
      let status = try freeSession(lease.sessionId, in: transaction)
      settle(lease, requeued: task.queued, sessionIsOpen: TaskRules.isOpen(status), in: transaction)
    }
  }

  /// Ends a leased task: its status, its result, the lease, the session's status and the event are one transaction.
  func endTask(
    _ task: inout StoredTask, _ result: TaskResult, of lease: Lease, in transaction: any Transaction
  ) throws(WireError) {
    try storeEnd(&task, result, in: transaction)
    let status = try freeSession(lease.sessionId, in: transaction)
    settle(lease, requeued: nil, sessionIsOpen: TaskRules.isOpen(status), in: transaction)
  }

  /// Writes a task's terminal status and result, and the event that says so.
  func storeEnd(_ task: inout StoredTask, _ result: TaskResult, in transaction: any Transaction) throws(WireError) {
    task.record.status = result.status
    task.record.result = result
    task.record.nodeId = ""
    task.record.finishedAt = transaction.now
    try TaskRepository.save(task, in: transaction)
    var event = Event.about(task.record, .taskFinished, text: result.status.label)
    event.result = result
    event.isError = result.status == .failed
    try record([event], of: task.record.sessionId, in: transaction)
  }

  /// Appends events to the log; watchers get them once they are durable.
  func record(_ events: [Event], of sessionId: String, in transaction: any Transaction) throws(WireError) {
    let last = try EventRepository.last(of: sessionId, in: transaction)
    try record(events, of: sessionId, after: last, in: transaction)
  }

  /// The same for who knows the number of the newest event.
  func record(
    _ events: [Event], of sessionId: String, after last: UInt64, in transaction: any Transaction
  ) throws(WireError) {
    let stored = try EventRepository.append(events, to: sessionId, after: last, in: transaction)
    transaction.afterCommit { [hub] in hub.publish(stored, of: sessionId) }
  }

  /// Removes the lease's row, and moves the session on.
  func freeSession(_ sessionId: String, in transaction: any Transaction) throws(WireError) -> SessionStatus {
    try LeaseRepository.delete(sessionId: sessionId, in: transaction)
    let status = try SessionRepository.head(sessionId, in: transaction).status
    guard let next = SessionTransitions.next(status, .finish, isLeased: false), next != status else { return status }
    try SessionRepository.setStatus(sessionId, next, in: transaction)
    return next
  }

  private func settle(
    _ lease: Lease, requeued: QueuedTask?, sessionIsOpen: Bool, in transaction: any Transaction
  ) {
    transaction.afterCommit {
      self.decide { (dispatcher, now) in
        dispatcher.leaseEnded(
          sessionId: lease.sessionId, epoch: lease.epoch, requeued: requeued, sessionIsOpen: sessionIsOpen, now: now)
      }
    }
  }
}

extension Event {
  /// An event about a task, as it stands.
  static func about(_ task: TaskRecord, _ kind: EventKind, text: String = "") -> Event {
    Event.with {
      $0.kind = kind
      $0.taskId = task.id
      $0.text = text
      $0.attempt = task.attempt
    }
  }
}
