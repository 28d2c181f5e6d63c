import Wire

/// `node.*`: nodes come, work, say that they live, and go.
struct NodeMethods: Sendable {
  let queue: TaskQueue

  func register(on router: inout Router) {
    router.live(.nodeAttach) { (request, context) throws(WireError) in try attach(request, context) }
    router.memory(Methods.nodeHeartbeat) { (beat, context) throws(WireError) in try heartbeat(beat, context) }
    router.memory(Methods.nodeEmit) { (emitted, context) throws(WireError) in try emit(emitted, context) }
    router.memory(Methods.nodeList) { (_, _) throws(WireError) in
      NodeList.with { $0.nodes = queue.view { $0.nodeInfos() } }
    }
    router.memory(Methods.nodeDrain) { (ref, _) throws(WireError) in
      try Identifier.node.require(ref.id)
      var node: NodeInfo?
      queue.decide { (dispatcher, _) in
        guard let drained = dispatcher.drain(ref.id) else { return [] }
        node = drained.node
        return drained.actions
      }
      guard let node else { throw WireError(.notFound, "no node '\(ref.id)' is attached") }
      return node
    }
  }

  private static let slots: ClosedRange<UInt32> = 1...65_536

  private func attach(_ request: InboundRequest, _ context: CallContext) throws(WireError) {
    let wanted = try NodeAttachRequest(decoding: request.message)
    guard Self.slots.contains(wanted.slots) else {
      throw WireError(.invalidArgument, "slots is \(wanted.slots), but must be 1...65536")
    }
    if !wanted.resumeNodeId.isEmpty { try Identifier.node.require(wanted.resumeNodeId) }
    let profile = NodeProfile(
      name: wanted.name, slots: wanted.slots, labels: wanted.labels, version: wanted.version, model: wanted.model,
      address: context.connection.remoteAddress)
    let stream = NodeStream(context, queue: queue)
    context.streams.open(request.streamID, stream)
    queue.attach(profile, stream, resume: wanted.resumeNodeId, credit: request.head.initialItems)
  }

  private func heartbeat(
    _ beat: NodeHeartbeatRequest, _ context: CallContext
  ) throws(WireError) -> NodeHeartbeatResponse {
    var response: NodeHeartbeatResponse?
    queue.decide { (dispatcher, now) in
      let outcome = dispatcher.heartbeat(
        nodeId: beat.nodeId, keyId: context.principal.keyId, leases: beat.leases, released: beat.released,
        isDraining: beat.draining, now: now)
      response = outcome?.response
      return outcome?.actions ?? []
    }
    guard let response else {
      throw WireError(.notFound, "node \(quoted(beat.nodeId)) is not attached", hint: "Attach again with node.attach.")
    }
    return response
  }

  /// What is emitted goes to whoever watches now and is never stored, so a repeat does no harm. Facts come with commits.
  private func emit(_ emitted: NodeEmitRequest, _ context: CallContext) throws(WireError) -> Empty {
    guard let fence = emitted.fence else { throw WireError(.invalidArgument, "the fence is missing") }
    let now = queue.now.wall
    var live: [Event] = []
    for var event in emitted.events {
      try NodeEvents.requireLive(event.kind)
      event.sessionId = fence.sessionId
      event.taskId = fence.taskId
      event.seq = 0
      event.at = now
      live.append(event)
    }
    guard queue.holds(fence, principal: context.principal) else {
      throw WireError(.fenced, "session \(quoted(fence.sessionId)) is not leased to this node")
    }
    queue.hub.publish(live: live, of: fence.sessionId)
    return Empty()
  }
}
