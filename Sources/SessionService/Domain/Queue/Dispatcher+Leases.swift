import Wire

extension Dispatcher {
  /// Whether this execution may still write: the lease is that node's, and neither over nor overdue.
  func isLive(_ lease: Lease, now: Moment) -> Bool {
    guard let held = leases[lease.sessionId], held.lease == lease else { return false }
    return held.isLive(atMs: now.monotonicMs)
  }

  /// A lease was found in the store at the start: it gets one full TTL, in which its node may come back.
  mutating func restore(_ lease: Lease, now: Moment) {
    let deadlineMs = now.monotonicMs + Limits.leaseTtlMs
    leases[lease.sessionId] = HeldLease(lease: lease, phase: .held, deadlineMs: deadlineMs)
    tasks[lease.taskId] = .leased(sessionId: lease.sessionId)
    var node =
      nodes[lease.nodeId]
      ?? AttachedNode(
        id: lease.nodeId, keyId: lease.keyId, profile: NodeProfile(name: lease.nodeName, slots: 0),
        attachedAt: now.wall, lastSeenAt: now.wall)
    node.sessions.insert(lease.sessionId)
    nodes[lease.nodeId] = node
    wake(atMs: deadlineMs)
  }

  /// The service itself stood still, as a paused virtual machine does, and heard nobody meanwhile: nobody was silent, so every deadline begins
  /// anew.
  mutating func stoodStill(now: Moment) {
    for (sessionId, held) in leases {
      switch held.phase {
      case .unacknowledged:
        leases[sessionId]?.phase = .unacknowledged(untilMs: now.monotonicMs + Limits.grantAckMs)
        leases[sessionId]?.deadlineMs = now.monotonicMs + Limits.leaseTtlMs
      case .held: leases[sessionId]?.deadlineMs = now.monotonicMs + Limits.leaseTtlMs
      case .ending, .endDelayed: break
      }
    }
    for (id, node) in nodes where node.graceEndsAtMs != nil {
      nodes[id]?.graceEndsAtMs = now.monotonicMs + Limits.leaseGraceMs
    }
    wake(atMs: now.monotonicMs)
  }

  /// A heartbeat: renews and acknowledges the leases it names, and hands others back.
  /// - Returns: nil when the node is not known or was attached with another key.
  mutating func heartbeat(
    nodeId: String, keyId: String, leases named: [LeaseRef], released: [LeaseRef], isDraining: Bool, now: Moment
  ) -> (response: NodeHeartbeatResponse, actions: [DispatchAction])? {
    guard nodes[nodeId]?.keyId == keyId else { return nil }
    nodes[nodeId]?.lastSeenAt = now.wall
    if isDraining { nodes[nodeId]?.isDraining = true }
    var response = NodeHeartbeatResponse()
    var actions: [DispatchAction] = []
    for reference in released {
      guard let held = find(reference, of: nodeId), held.isLive(atMs: now.monotonicMs) else { continue }
      actions.append(end(held, .released))
    }
    for reference in named {
      guard let held = find(reference, of: nodeId), held.isLive(atMs: now.monotonicMs) else {
        response.lost.append(reference)
        continue
      }
      renew(held, now: now)
      if let stop = held.stop { response.revoked.append(stop) }
    }
    return (response, actions)
  }

  /// The node committed under this lease: as good as a heartbeat.
  mutating func renew(sessionId: String, epoch: UInt64, now: Moment) {
    guard let held = leases[sessionId], held.lease.epoch == epoch, held.isLive(atMs: now.monotonicMs) else { return }
    renew(held, now: now)
  }

  private mutating func renew(_ held: HeldLease, now: Moment) {
    var held = held
    if case .unacknowledged = held.phase { held.phase = .held }
    nodes[held.lease.nodeId]?.silences = 0
    if held.stop?.cancelled != true { held.deadlineMs = now.monotonicMs + Limits.leaseTtlMs }
    leases[held.lease.sessionId] = held
  }

  private func find(_ reference: LeaseRef, of nodeId: String) -> HeldLease? {
    guard case .leased(let sessionId) = tasks[reference.taskId], let held = leases[sessionId],
      held.lease.epoch == reference.epoch, held.lease.nodeId == nodeId
    else { return nil }
    return held
  }

  /// The end of a lease is stored, whoever brought it about. A task that is queued again comes with it.
  mutating func leaseEnded(
    sessionId: String, epoch: UInt64, requeued: QueuedTask?, sessionIsOpen: Bool, now: Moment
  ) -> [DispatchAction] {
    guard let held = leases[sessionId], held.lease.epoch == epoch else { return [] }
    forget(held)
    if let requeued {
      if !sessionIsOpen { queues[sessionId, default: SessionQueue()].isBlocked = true }
      line(up: requeued, now: now)
    }
    // Another task may be the first in line by now.
    offer(sessionId)
    return dispatch(now)
  }

  /// The end of a lease could not be stored: it is tried again.
  mutating func endFailed(_ lease: Lease, _ end: LeaseEnd, now: Moment) {
    guard leases[lease.sessionId]?.lease == lease else { return }
    let untilMs = now.monotonicMs + Self.storeRetryMs
    leases[lease.sessionId]?.phase = .endDelayed(end, untilMs: untilMs)
    wake(atMs: untilMs)
  }

  /// Ends the leases whose time is over.
  mutating func endOverdueLeases(_ now: Moment) -> [DispatchAction] {
    var actions: [DispatchAction] = []
    for held in leases.values.sorted(by: { $0.lease.sessionId < $1.lease.sessionId }) {
      switch held.phase {
      case .unacknowledged(let untilMs) where untilMs <= now.monotonicMs:
        nodes[held.lease.nodeId]?.silences += 1
        actions += revoke(held) { $0.reason = "the assignment was not acknowledged in time" }
        actions.append(end(held, .notAcknowledged))
      case .unacknowledged(let untilMs):
        wake(atMs: untilMs)
      case .held where held.deadlineMs < now.monotonicMs:
        nodes[held.lease.nodeId]?.silences += 1
        actions += revoke(held) { $0.reason = "the lease has expired" }
        actions.append(end(held, .expired))
      case .held:
        wake(atMs: held.deadlineMs + 1)
      case .endDelayed(let reason, let untilMs) where untilMs <= now.monotonicMs:
        actions.append(end(held, reason))
      case .endDelayed(_, let untilMs):
        wake(atMs: untilMs)
      case .ending:
        break
      }
    }
    return actions
  }

  /// Marks a lease as ending, so that nothing is written under it while its end is on its way to the disk.
  mutating func end(_ held: HeldLease, _ reason: LeaseEnd) -> DispatchAction {
    leases[held.lease.sessionId]?.phase = .ending(reason)
    return .end(held.lease, reason)
  }

  /// Asks the node that holds a lease to stop, now and in the answer to each heartbeat; `fill` says how and why.
  mutating func stop(_ held: HeldLease, _ fill: (inout LeaseRevoked) -> Void) -> [DispatchAction] {
    let revoked = revocation(of: held, fill)
    leases[held.lease.sessionId]?.stop = revoked
    return revoke(held, fill)
  }

  /// Tells the node that holds a lease that it is over.
  mutating func revoke(_ held: HeldLease, _ fill: (inout LeaseRevoked) -> Void) -> [DispatchAction] {
    let revoked = revocation(of: held, fill)
    return tell(held.lease.nodeId, NodeItem.with { $0.revoke = revoked })
  }

  private func revocation(of held: HeldLease, _ fill: (inout LeaseRevoked) -> Void) -> LeaseRevoked {
    var revoked = LeaseRevoked()
    revoked.taskId = held.lease.taskId
    revoked.epoch = held.lease.epoch
    fill(&revoked)
    return revoked
  }

  /// Removes a lease that is over.
  mutating func forget(_ held: HeldLease) {
    leases[held.lease.sessionId] = nil
    tasks[held.lease.taskId] = nil
    nodes[held.lease.nodeId]?.sessions.remove(held.lease.sessionId)
    removeIfGone(held.lease.nodeId)
  }
}
