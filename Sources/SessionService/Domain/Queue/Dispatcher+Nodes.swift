import Wire

extension Dispatcher {
  /// A node opened its stream.
  /// - Parameters:
  ///   - resume: the id of its attachment before; taken if that node is known and was attached with the same key.
  ///   - freshId: its id otherwise.
  ///   - credit: items it may be sent from the start.
  mutating func attach(
    _ profile: NodeProfile, keyId: String, stream: StreamName, resume: String, freshId: String, credit: UInt32, now: Moment
  ) -> [DispatchAction] {
    var actions: [DispatchAction] = []
    var node: AttachedNode
    if let known = nodes[resume], known.keyId == keyId {
      node = known
      if let old = known.stream {
        nodesByStream[old] = nil
        actions.append(.closeStream(old, WireError(.unavailable, "the node attached again on another stream")))
      }
      node.profile = profile
    } else {
      node = AttachedNode(id: freshId, keyId: keyId, profile: profile, attachedAt: now.wall, lastSeenAt: now.wall)
    }
    node.stream = stream
    node.credit = Int64(credit)
    node.graceEndsAtMs = nil
    node.lastSeenAt = now.wall
    nodes[node.id] = node
    nodesByStream[stream] = node.id
    let welcome = NodeItem.with { item in
      item.welcome = NodeWelcome.with {
        $0.nodeId = node.id
        $0.leaseTtlMs = UInt64(Limits.leaseTtlMs)
        $0.heartbeatIntervalMs = UInt64(Limits.heartbeatIntervalMs)
      }
    }
    actions += tell(node.id, welcome)
    // Its stream may have broken before it heard that it is to go.
    if node.isDraining { actions += tell(node.id, NodeItem.with { $0.drain = true }) }
    return actions + dispatch(now)
  }

  /// A node has more free slots.
  mutating func credit(_ stream: StreamName, items: UInt32, now: Moment) -> [DispatchAction] {
    guard let nodeId = nodesByStream[stream] else { return [] }
    if let node = nodes[nodeId] { nodes[nodeId]?.credit = min(node.credit + Int64(items), Int64(UInt32.max)) }
    return dispatch(now)
  }

  /// A node's stream is over. Its leases wait for it during the grace; a node without leases is forgotten.
  mutating func streamLost(_ stream: StreamName, now: Moment) {
    guard let nodeId = nodesByStream.removeValue(forKey: stream) else { return }
    nodes[nodeId]?.stream = nil
    nodes[nodeId]?.credit = 0
    let graceEndsAtMs = now.monotonicMs + Limits.leaseGraceMs
    nodes[nodeId]?.graceEndsAtMs = graceEndsAtMs
    wake(atMs: graceEndsAtMs)
    removeIfGone(nodeId)
  }

  /// Every stream of a connection is over.
  mutating func connectionLost(_ connection: UInt64, now: Moment) {
    for stream in nodesByStream.keys where stream.connection == connection { streamLost(stream, now: now) }
  }

  /// Asks a node to take nothing new and to go.
  /// - Returns: nil when there is no such node.
  mutating func drain(_ nodeId: String) -> (node: NodeInfo, actions: [DispatchAction])? {
    guard nodes[nodeId] != nil else { return nil }
    nodes[nodeId]?.isDraining = true
    let actions = tell(nodeId, NodeItem.with { $0.drain = true })
    return info(nodeId).map { ($0, actions) }
  }

  /// The service is about to stop: nothing is given out any more, and every task that runs is asked for at its next step
  /// boundary. The nodes stay.
  mutating func drainAll(_ now: Moment) -> [DispatchAction] {
    isDraining = true
    let asked = leases.values.filter { $0.isLive(atMs: now.monotonicMs) && $0.stop == nil }
    return asked.sorted { $0.lease.sessionId < $1.lease.sessionId }.flatMap { stopForDrain($0) }
  }

  mutating func stopForDrain(_ held: HeldLease) -> [DispatchAction] {
    stop(held) {
      $0.atStepBoundary = true
      $0.reason = "the server is draining"
    }
  }

  /// The nodes, in order of their names, then ids.
  func nodeInfos() -> [NodeInfo] {
    nodes.keys.compactMap(info).sorted { ($0.name, $0.id) < ($1.name, $1.id) }
  }

  private func info(_ nodeId: String) -> NodeInfo? {
    guard let node = nodes[nodeId] else { return nil }
    return node.info(node.stream == nil ? .lost : node.isDraining ? .draining : .attached)
  }

  /// Ends the leases of nodes that did not come back within the grace.
  mutating func endGraces(_ now: Moment) -> [DispatchAction] {
    var actions: [DispatchAction] = []
    for node in nodes.values.sorted(by: { $0.id < $1.id }) {
      guard let graceEndsAtMs = node.graceEndsAtMs else { continue }
      guard graceEndsAtMs <= now.monotonicMs else {
        wake(atMs: graceEndsAtMs)
        continue
      }
      nodes[node.id]?.graceEndsAtMs = nil
      for held in node.sessions.sorted().compactMap({ leases[$0] }) {
        switch held.phase {
        case .unacknowledged: actions.append(end(held, .notAcknowledged))
        case .held: actions.append(end(held, .connectionLost))
        case .ending, .endDelayed: break
        }
      }
      removeIfGone(node.id)
    }
    return actions
  }

  /// Forgets a node that has neither a stream nor leases.
  mutating func removeIfGone(_ nodeId: String) {
    guard let node = nodes[nodeId], node.stream == nil, node.busy == 0 else { return }
    nodes[nodeId] = nil
  }

  /// Whether some node could be told something.
  var hasListener: Bool { nodes.values.contains { $0.stream != nil && !$0.isDraining } }

  /// Tells the least busy node to look at a database, or nil when there is none that listens.
  mutating func order(_ order: SchemaOrder) -> (nodeName: String, actions: [DispatchAction])? {
    let listening = nodes.values.filter { $0.stream != nil && !$0.isDraining }
    guard let node = listening.min(by: { ($0.silences, $0.busy, $0.id) < ($1.silences, $1.busy, $1.id) }) else { return nil }
    return (node.profile.name, tell(node.id, NodeItem.with { $0.schema = order }))
  }

  /// Sends an item to a node, if it has a stream. What exceeds its credit waits in the connection.
  mutating func tell(_ nodeId: String, _ item: NodeItem) -> [DispatchAction] {
    guard let stream = nodes[nodeId]?.stream else { return [] }
    nodes[nodeId]?.credit -= 1
    return [.send(stream, item)]
  }
}
