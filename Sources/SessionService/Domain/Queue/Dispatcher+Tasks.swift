import Wire

extension Dispatcher {
  /// A task was stored as queued. A task that is known already is left where it is.
  mutating func enqueue(_ task: QueuedTask, sessionIsOpen: Bool, now: Moment) -> [DispatchAction] {
    guard tasks[task.taskId] == nil else { return [] }
    if !sessionIsOpen { queues[task.sessionId, default: SessionQueue()].isBlocked = true }
    line(up: task, now: now)
    return dispatch(now)
  }

  /// A task that was queued or waited was cancelled, in the store.
  mutating func withdraw(_ taskId: String, now: Moment) -> [DispatchAction] {
    switch tasks[taskId] {
    case .delayed:
      tasks[taskId] = nil
    case .due(let task):
      tasks[taskId] = nil
      queues[task.sessionId]?.remove(taskId)
      offer(task.sessionId)
    case .waiting(let waiting):
      tasks[taskId] = nil
      queues[waiting.sessionId]?.waiting = nil
      offer(waiting.sessionId)
    case .granting, .leased, nil:
      // A grant under way finds in the store that the task is gone.
      break
    }
    return dispatch(now)
  }

  /// The cancellation of a leased task was stored: its node is told, and the lease is not renewed any more, so that a node
  /// that does not listen cannot hold it for longer than the TTL.
  mutating func cancelLeased(_ taskId: String, reason: String, now: Moment) -> [DispatchAction] {
    guard case .leased(let sessionId) = tasks[taskId], let held = leases[sessionId] else { return [] }
    return stop(held) {
      $0.cancelled = true
      $0.reason = reason
    }
  }

  /// A session was paused or closed, or is open again.
  mutating func sessionChanged(_ sessionId: String, isOpen: Bool, now: Moment) -> [DispatchAction] {
    if isOpen {
      if !isDraining, leases[sessionId]?.stop?.cancelled == false { leases[sessionId]?.stop = nil }
      guard queues[sessionId]?.isBlocked == true else { return [] }
      queues[sessionId]?.isBlocked = false
      offer(sessionId)
      return dispatch(now)
    }
    queues[sessionId]?.isBlocked = true
    guard let held = leases[sessionId], held.isLive(atMs: now.monotonicMs), held.stop == nil else { return [] }
    return stop(held) {
      $0.atStepBoundary = true
      $0.reason = "the session is paused or closed"
    }
  }

  /// A session and all that belongs to it is being deleted: nothing of it is dispatched any more, and every node is told to
  /// remove its working copy.
  mutating func sessionDeleted(_ forgotten: ForgottenSession, now: Moment) -> [DispatchAction] {
    var actions: [DispatchAction] = []
    queues[forgotten.id] = nil
    tasks = tasks.filter { _, phase in
      switch phase {
      case .delayed(let task), .due(let task): task.sessionId != forgotten.id
      case .waiting(let waiting): waiting.sessionId != forgotten.id
      case .granting, .leased: true
      }
    }
    if let held = leases[forgotten.id] {
      actions += revoke(held) { $0.reason = "the session was deleted" }
      forget(held)
    }
    for nodeId in nodes.keys.sorted() { actions += tell(nodeId, NodeItem.with { $0.forget = forgotten }) }
    return actions + dispatch(now)
  }

  // MARK: Grants

  /// A grant is durable: the assignment leaves.
  mutating func granted(_ lease: Lease, assignment: NodeItem, now: Moment) -> [DispatchAction] {
    guard case .granting(_, let order) = tasks[lease.taskId], order.nodeId == lease.nodeId else { return [] }
    nodes[lease.nodeId]?.granting -= 1
    queues[lease.sessionId]?.granting = nil
    defer { removeIfGone(lease.nodeId) }
    tasks[lease.taskId] = .leased(sessionId: lease.sessionId)
    var held = HeldLease(
      lease: lease, phase: .unacknowledged(untilMs: now.monotonicMs + Limits.grantAckMs),
      deadlineMs: now.monotonicMs + Limits.leaseTtlMs)
    guard let node = nodes[lease.nodeId], let stream = node.stream else {
      held.phase = .ending(.undeliverable)
      leases[lease.sessionId] = held
      return [.end(lease, .undeliverable)]
    }
    leases[lease.sessionId] = held
    nodes[lease.nodeId]?.sessions.insert(lease.sessionId)
    // The node came back on another stream meanwhile: the credit that was taken is gone with the old one.
    if stream != order.stream { nodes[lease.nodeId]?.credit -= 1 }
    wake(atMs: now.monotonicMs + Limits.grantAckMs)
    return [.send(stream, assignment)] + (isDraining ? stopForDrain(held) : [])
  }

  /// A grant was not made. The slot is free again, and the task waits or is forgotten.
  mutating func refused(_ order: GrantOrder, _ refusal: GrantRefusal, now: Moment) -> [DispatchAction] {
    guard case .granting(let task, order) = tasks[order.taskId] else { return [] }
    nodes[order.nodeId]?.granting -= 1
    if nodes[order.nodeId]?.stream == order.stream { nodes[order.nodeId]?.credit += 1 }
    removeIfGone(order.nodeId)
    queues[order.sessionId]?.granting = nil
    tasks[order.taskId] = nil
    switch refusal {
    case .taskGone:
      offer(order.sessionId)
    case .sessionBlocked:
      queues[order.sessionId, default: SessionQueue()].isBlocked = true
      line(up: task, now: now)
    case .storeFailed:
      line(up: task, now: now, afterMs: Self.storeRetryMs)
      offer(order.sessionId)
    }
    return dispatch(now)
  }
}
