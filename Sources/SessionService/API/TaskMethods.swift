import Wire

/// `task.*`: what people ask, and what becomes of it.
struct TaskMethods: Sendable {
  let queue: TaskQueue
  let figures: StoreFigures

  func register(on router: inout Router) {
    router.write(Methods.taskSubmit) { (transaction, request, context) throws(WireError) in
      var request = request
      if request.traceparent.isEmpty { request.traceparent = context.trace?.traceparent ?? "" }
      return try submit(request, by: context.principal, in: transaction)
    }
    router.read(Methods.taskGet) { (transaction, request, _) throws(WireError) in
      try TaskRepository.get(request.id, in: transaction).record
    }
    router.read(Methods.taskList) { (transaction, request, context) throws(WireError) in
      try list(request, in: transaction, for: context.access)
    }
    router.write(Methods.taskCancel) { (transaction, request, _) throws(WireError) in
      try cancel(request, in: transaction)
    }
    router.write(Methods.taskRetry) { (transaction, request, context) throws(WireError) in
      try TaskRetry(queue: queue, principal: context.principal).retry(request, in: transaction)
    }
    router.write(Methods.taskAnswer) { (transaction, request, context) throws(WireError) in
      try queue.answer(request, by: context.principal, in: transaction)
    }
    router.read(Methods.taskWhy) { (transaction, request, _) throws(WireError) in
      try why(request, in: transaction)
    }
    router.live(.taskWatch) { (request, context) throws(WireError) in
      let wanted = try TaskWatchRequest(decoding: request.message)
      if !wanted.taskId.isEmpty { try Identifier.task.require(wanted.taskId) }
      if !wanted.sessionId.isEmpty || wanted.taskId.isEmpty { try Identifier.session.require(wanted.sessionId) }
      EventWatch(wanted, context, items: request.head.initialItems, store: queue.store, hub: queue.hub).start()
    }
  }

  // MARK: Submit

  private func submit(
    _ request: TaskSubmitRequest, by principal: Principal, in transaction: any Transaction
  ) throws(WireError) -> TaskRecord {
    let session = try SessionRepository.get(request.sessionId, in: transaction)
    try TaskRules.requireOpen(session)
    var record = try TaskRules.task(request, now: transaction.now)
    record.id = transaction.makeId(Identifier.task.prefix)
    switch request.ifBusy {
    case .unspecified, .enqueue: break
    case .reject:
      if let busy = try TaskRepository.firstUnfinished(sessionId: session.id, in: transaction) {
        throw WireError(.sessionBusy, "session '\(session.id)' has task '\(busy)' under way")
      }
    case .interrupt:
      // Whatever is under way or waits makes room for the new task.
      var last: Int64 = 0
      while var task = try TaskRepository.nextUnfinished(sessionId: session.id, after: last, in: transaction) {
        last = task.number
        try cancel(&task, reason: "interrupted by task '\(record.id)'", in: transaction)
      }
    }
    let task = try TaskRepository.insert(
      record, connectionId: session.dbConnectionId, keyId: principal.keyId, in: transaction)
    try queue.submit(task, session.status, by: principal, in: transaction)
    return task.record
  }

  // MARK: Cancel

  private func cancel(_ request: TaskRef, in transaction: any Transaction) throws(WireError) -> TaskRecord {
    var task = try TaskRepository.get(request.id, in: transaction)
    guard !task.record.status.isTerminal else {
      throw WireError(.invalidTransition, "task '\(request.id)' is \(task.record.status.label) already")
    }
    try cancel(&task, reason: request.note, in: transaction)
    return task.record
  }

  /// A task that waits ends at once; one that runs is asked to, and ends with its node's last commit or with its lease.
  private func cancel(
    _ task: inout StoredTask, reason: String, in transaction: any Transaction
  ) throws(WireError) {
    let id = task.record.id
    task.record.reason = reason.isEmpty ? "cancelled by a person" : reason
    guard task.record.status == .queued || task.record.status == .waiting else {
      task.isCancelRequested = true
      try TaskRepository.save(task, in: transaction)
      transaction.afterCommit { [queue, reason = task.record.reason] in
        queue.decide { (dispatcher, now) in dispatcher.cancelLeased(id, reason: reason, now: now) }
      }
      return
    }
    try queue.storeEnd(&task, .cancelled(task.record.reason), in: transaction)
    transaction.afterCommit { [queue] in
      queue.decide { (dispatcher, now) in dispatcher.withdraw(id, now: now) }
    }
  }

  // MARK: Look

  private func list(
    _ request: TaskListRequest, in transaction: any Transaction, for access: ConnectionAccess?
  ) throws(WireError) -> TaskList {
    var filter = TaskRepository.Filter()
    if let sessionId = request.sessionId {
      try Identifier.session.require(sessionId)
      filter.sessionId = sessionId
    }
    filter.status = request.status == .unspecified ? nil : request.status
    filter.connections = access?.connections
    let found = try TaskRepository.list(filter, page: try PageRequest(request.page, list: "task"), in: transaction)
    return TaskList.with {
      $0.tasks = found.tasks
      $0.total = found.total
      $0.nextCursor = found.nextCursor
    }
  }

  private func why(_ request: TaskRef, in transaction: any Transaction) throws(WireError) -> TaskWhy {
    let task = try TaskRepository.get(request.id, in: transaction)
    let session = try SessionRepository.get(task.record.sessionId, in: transaction)
    let others = TaskExplanation.Others(
      running: try TaskRepository.first(ofSession: session.id, .running, in: transaction),
      waiting: try TaskRepository.first(ofSession: session.id, .waiting, in: transaction),
      ahead: task.record.status == .queued ? try TaskRepository.queuedBefore(task.queued, in: transaction) : 0)
    let (nodes, isDraining) = queue.view { ($0.nodeInfos(), $0.isDraining) }
    return TaskWhy.with {
      $0.task = task.record
      $0.sentences = TaskExplanation.sentences(
        task, session, others: others, nodes: nodes, serverIsDraining: isDraining,
        storeProblem: figures.snapshot.problem, now: transaction.now)
    }
  }
}
