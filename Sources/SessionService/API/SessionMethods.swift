import Wire

/// `session.*`: the life of a session, all but its end (see ``SessionDeletionMethod``).
struct SessionMethods: Sendable {
  let queue: QueueSeam

  func register(on router: inout Router) {
    router.write(Methods.sessionCreate) { (transaction, request, _) throws(WireError) in
      try create(request, in: transaction)
    }
    router.read(Methods.sessionGet) { (transaction, request, _) throws(WireError) in
      try SessionRepository.get(request.id, in: transaction)
    }
    router.read(Methods.sessionList) { (transaction, request, context) throws(WireError) in
      try list(request, in: transaction, for: context.access)
    }
    router.write(Methods.sessionUpdate) { (transaction, request, _) throws(WireError) in
      try update(request, in: transaction)
    }
    router.write(Methods.sessionFork) { (transaction, request, _) throws(WireError) in
      try SessionFork.make(of: request.id, step: request.step, title: request.title, in: transaction)
    }
    router.write(Methods.sessionPrune) { (transaction, request, _) throws(WireError) in
      try SessionPruning.prune(request.id, keeping: request.retention, in: transaction)
    }
    router.write(Methods.sessionPause) { (transaction, request, _) throws(WireError) in
      try change(request, .pause, in: transaction)
    }
    router.write(Methods.sessionResume) { (transaction, request, _) throws(WireError) in
      try change(request, .resume, in: transaction)
    }
    router.write(Methods.sessionClose) { (transaction, request, _) throws(WireError) in
      try change(request, .close, in: transaction)
    }
    router.write(Methods.sessionReopen) { (transaction, request, _) throws(WireError) in
      try change(request, .reopen, in: transaction)
    }
  }

  private func create(_ request: SessionCreateRequest, in transaction: any Transaction) throws(WireError) -> Session {
    _ = try ConnectionRepository.get(request.dbConnectionId, in: transaction)
    let session = try Session.with { (session) throws(WireError) in
      session.id = transaction.makeId(Identifier.session.prefix)
      session.dbConnectionId = request.dbConnectionId
      session.status = .active
      session.mode = request.mode == .unspecified ? .fullAutonomy : request.mode
      session.recursionLimit = try SessionRules.recursionLimit(request.recursionLimit ?? Limits.recursionLimitDefault)
      session.title = try SessionRules.title(request.title)
      session.metadata = try SessionRules.metadata(request.metadata)
      session.policy = try SessionRules.policy(nil, changedBy: request.policy)
      session.createdAt = transaction.now
      session.updatedAt = transaction.now
      session.version = 1
    }
    let segment = try SegmentRepository.make(parent: nil, baseStep: 0, in: transaction)
    try SessionRepository.insert(session, segmentId: segment, in: transaction)
    return session
  }

  private func list(
    _ request: SessionListRequest, in transaction: any Transaction, for access: ConnectionAccess?
  ) throws(WireError) -> SessionList {
    var filter = SessionRepository.Filter()
    filter.dbConnectionId = request.dbConnectionId
    filter.status = request.status == .unspecified ? nil : request.status
    filter.titleContains = request.titleContains
    filter.connections = access?.connections
    let page = try SessionRepository.list(filter, page: try PageRequest(request.page, list: "session"), in: transaction)
    return SessionList.with { list in
      list.sessions = page.items
      list.total = page.total
      list.nextCursor = page.nextCursor
    }
  }

  private func update(_ request: SessionUpdateRequest, in transaction: any Transaction) throws(WireError) -> Session {
    var session = try SessionRepository.get(request.id, in: transaction)
    try requireVersion(request.ifVersion, of: session.version, "session '\(session.id)'")
    if request.mode != .unspecified { session.mode = request.mode }
    if let limit = request.recursionLimit { session.recursionLimit = try SessionRules.recursionLimit(limit) }
    if let title = request.title { session.title = try SessionRules.title(title) }
    if !request.metadataPatch.isEmpty {
      session.metadata = try SessionRules.metadata(session.metadata, patchedBy: request.metadataPatch)
    }
    session.policy = try SessionRules.policy(session.policy, changedBy: request.policy)
    return try save(&session, in: transaction)
  }

  private func change(
    _ request: SessionRef, _ action: SessionAction, in transaction: any Transaction
  ) throws(WireError) -> Session {
    var session = try SessionRepository.get(request.id, in: transaction)
    try requireVersion(request.ifVersion, of: session.version, "session '\(session.id)'")
    let isLeased = try queue.isLeased(session.id, transaction)
    session.status = try SessionTransitions.apply(action, to: session.status, isLeased: isLeased)
    return try save(&session, in: transaction)
  }

  private func save(_ session: inout Session, in transaction: any Transaction) throws(WireError) -> Session {
    try SessionRepository.save(&session, in: transaction)
    try queue.change.sessionDidChange(session.id, in: transaction)
    return session
  }
}

/// - Throws: `stale_version` when the caller asked for another version than there is.
func requireVersion(_ wanted: UInt64?, of current: UInt64, _ thing: String) throws(WireError) {
  guard let wanted, wanted != current else { return }
  throw WireError(.staleVersion, "\(thing) is at version \(current), not \(wanted)")
}
