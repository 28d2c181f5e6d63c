import Wire

extension TaskQueue: FenceChecking {
  func check(_ fence: Fence, principal: Principal, in transaction: any Transaction) throws(WireError) {
    _ = try require(try LeaseRepository.find(sessionId: fence.sessionId, in: transaction), fence, principal: principal)
  }

  /// The session's lease, if it is the one that the fence names.
  /// - Throws: `fenced` when it is not, or no longer, that node's, when another key attached the node, or when it has expired.
  func require(_ lease: Lease?, _ fence: Fence, principal: Principal) throws(WireError) -> Lease {
    guard let lease, lease.taskId == fence.taskId,
      lease.nodeId == fence.nodeId, lease.epoch == fence.epoch, lease.keyId == principal.keyId
    else {
      throw WireError(.fenced, "session '\(fence.sessionId)' is not leased to this node with epoch \(fence.epoch)")
    }
    guard isLive(lease) else {
      throw WireError(.fenced, "the lease with epoch \(fence.epoch) on session '\(fence.sessionId)' has expired")
    }
    return lease
  }

  /// Whether a fence holds as far as memory knows: enough for what is not stored.
  func holds(_ fence: Fence, principal: Principal) -> Bool {
    let now = now
    return view(at: now) { dispatcher in
      guard let held = dispatcher.leases[fence.sessionId] else { return false }
      return held.isLive(atMs: now.monotonicMs) && held.lease.taskId == fence.taskId && held.lease.nodeId == fence.nodeId
        && held.lease.epoch == fence.epoch && held.lease.keyId == principal.keyId
    }
  }

  /// Whether the lease's deadline, which lives in memory, is not over.
  func isLive(_ lease: Lease) -> Bool {
    let now = now
    return view(at: now) { $0.isLive(lease, now: now) }
  }
}

extension TaskQueue: SessionDeletionHook {
  func sessionWillBeDeleted(_ id: String, in transaction: any Transaction) throws(WireError) {
    let session = try SessionRepository.get(id, in: transaction)
    let lastSeq = try EventRepository.last(of: id, in: transaction)
    try LeaseRepository.delete(sessionId: id, in: transaction)
    let forgotten = ForgottenSession.with {
      $0.id = id
      $0.dbConnectionId = session.dbConnectionId
    }
    let event = Event.with {
      $0.sessionId = id
      $0.seq = lastSeq + 1
      $0.at = transaction.now
      $0.kind = .sessionDeleted
    }
    transaction.afterCommit {
      self.hub.sessionDeleted(id, event)
      self.decide { (dispatcher, now) in dispatcher.sessionDeleted(forgotten, now: now) }
    }
  }
}

extension TaskQueue: SessionChangeHook {
  func sessionDidChange(_ id: String, in transaction: any Transaction) throws(WireError) {
    let status = try SessionRepository.head(id, in: transaction).status
    let event = Event.with {
      $0.kind = .sessionChanged
      $0.text = status.label
    }
    try record([event], of: id, in: transaction)
    let isOpen = TaskRules.isOpen(status)
    transaction.afterCommit {
      self.decide { (dispatcher, now) in dispatcher.sessionChanged(id, isOpen: isOpen, now: now) }
    }
  }
}

extension TaskQueue {
  /// What the other nouns need of the queue.
  var seam: QueueSeam {
    QueueSeam(
      fence: self, deletion: self, change: self,
      isLeased: { (sessionId, transaction) throws(WireError) in
        try LeaseRepository.find(sessionId: sessionId, in: transaction) != nil
      },
      ownedTables: [
        SessionOwnedTable(name: "tasks", key: "id", kind: .tasks),
        SessionOwnedTable(name: "events", key: "id", kind: .events),
        SessionOwnedTable(name: "leases", key: "session_id", kind: .uncounted),
      ])
  }
}
