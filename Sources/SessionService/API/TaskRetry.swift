import Wire

/// `task.retry`: a task that has ended is tried again, where it stands or from an earlier step.
struct TaskRetry: Sendable {
  let queue: TaskQueue
  let principal: Principal

  func retry(_ request: TaskRetryRequest, in transaction: any Transaction) throws(WireError) -> TaskRecord {
    let task = try TaskRepository.get(request.id, in: transaction)
    let note = request.note.isEmpty ? "retried by a person" : request.note
    if let step = request.fromStep { return try again(task, from: step, note, in: transaction) }
    return try goOn(task, note, in: transaction)
  }

  /// The same task once more, on top of all its steps.
  private func goOn(
    _ stored: StoredTask, _ note: String, in transaction: any Transaction
  ) throws(WireError) -> TaskRecord {
    var task = stored
    switch task.record.status {
    case .failed, .cancelled, .partial: break
    case .unspecified, .queued, .running, .waiting, .completed:
      throw WireError(
        .invalidTransition, "task '\(task.record.id)' is \(task.record.status.label)",
        hint: "Only a task that failed, was cancelled or is partial can be retried; any that has ended, from an earlier step.")
    }
    let session = try SessionRepository.get(task.record.sessionId, in: transaction)
    try TaskRules.requireOpen(session)
    task.record.status = .queued
    task.record.attempt = 0
    task.record.notBefore = Timestamp()
    task.record.startedAt = Timestamp()
    task.record.finishedAt = Timestamp()
    task.record.result = nil
    task.record.question = nil
    task.record.reason = note
    task.isCancelRequested = false
    task.keyId = principal.keyId
    try TaskRepository.save(task, in: transaction)
    try queue.submit(task, session.status, note: note, by: principal, in: transaction)
    return task.record
  }

  /// History is never rewritten: the step is where a fork of the session begins, and a new task goes on there.
  private func again(
    _ task: StoredTask, from step: UInt64, _ note: String, in transaction: any Transaction
  ) throws(WireError) -> TaskRecord {
    guard task.record.status.isTerminal else {
      throw WireError(
        .invalidTransition, "task '\(task.record.id)' is \(task.record.status.label)",
        hint: "Cancel it or wait for its end, then retry it.")
    }
    let fork = try SessionFork.make(of: task.record.sessionId, step: step, title: nil, in: transaction)
    let record = TaskRecord.with {
      $0.id = transaction.makeId(Identifier.task.prefix)
      $0.sessionId = fork.id
      $0.prompt = task.record.prompt
      $0.mode = task.record.mode
      $0.context = task.record.context
      $0.metadata = task.record.metadata
      $0.priority = task.record.priority
      $0.labels = task.record.labels
      $0.language = task.record.language
      $0.maxAttempts = task.record.maxAttempts
      $0.status = .queued
      $0.createdAt = transaction.now
      $0.reason = note
      // The steps of the fork name these tasks, and are this one's now.
      $0.retryOf = [task.record.id] + task.record.retryOf.prefix(Limits.retries - 1)
    }
    let made = try TaskRepository.insert(
      record, connectionId: fork.dbConnectionId, keyId: principal.keyId, in: transaction)
    let whole = "\(note), from step \(step) of \(task.record.sessionId)"
    try queue.submit(made, fork.status, note: whole, by: principal, in: transaction)
    return made.record
  }
}
