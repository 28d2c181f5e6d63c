import Wire

/// Writes memories by the rules, whoever asks for it.
enum MemoryWriting {
  static func remember(_ request: MemoryRememberRequest, in transaction: any Transaction) throws(WireError) -> Memory {
    _ = try ConnectionRepository.get(request.dbConnectionId, in: transaction)
    let identity = MemoryRepository.Identity(
      dbConnectionId: request.dbConnectionId, scope: try MemoryRules.scope(request.scope),
      namespace: try MemoryRules.namespace(request.namespace), key: try MemoryRules.key(request.key))
    try MemoryRules.requireScope(identity.scope, for: identity.namespace)
    try requireSession(of: identity, in: transaction)
    if !request.sourceSessionId.isEmpty {
      try requireSession(request.sourceSessionId, on: request.dbConnectionId, in: transaction)
    }
    try MemoryRepository.removeExpired(identity, in: transaction)
    let known = try MemoryRepository.find(identity, in: transaction)?.memory
    try requireVersion(request.ifVersion, of: known?.version ?? 0, "the memory '\(identity.key)'")
    try MemoryRules.requireRoom(after: known?.version ?? 0, key: identity.key)
    let memory = try Memory.with { (memory) throws(WireError) in
      memory = known ?? Memory(identity, id: transaction.makeId(Identifier.memory.prefix), at: transaction.now)
      memory.value = try MemoryRules.value(request.value)
      memory.content = try MemoryRules.content(request.content)
      memory.neighbours = try MemoryRules.content(request.neighbours)
      memory.importance = try MemoryRules.importance(request.importance ?? memory.importance)
      memory.updatedAt = transaction.now
      memory.expiresAt = try MemoryRules.expiry(inMs: request.expiresInMs, at: transaction.now)
      memory.source = request.source
      memory.sourceSessionId = request.sourceSessionId
      memory.sourceStep = request.sourceStep
      memory.version += 1
    }
    _ = try MemoryRepository.put(memory, in: transaction)
    return memory
  }

  /// A copy of a session's memory in the shared scope.
  /// - Throws: `invalid_argument` for what is a session's own.
  static func share(_ memory: Memory, in transaction: any Transaction) throws(WireError) -> Memory {
    try remember(
      .with { (request) throws(WireError) in
        (request.dbConnectionId, request.scope) = (memory.dbConnectionId, MemoryRules.sharedScope)
        (request.namespace, request.key) = (memory.namespace, memory.key)
        (request.value, request.content, request.importance) = (memory.value, memory.content, memory.importance)
        (request.source, request.sourceStep) = (memory.source, memory.sourceStep)
        // What is confirmed may be older than the session that it came from.
        let isThere = try SessionRepository.exists(memory.sourceSessionId, on: memory.dbConnectionId, in: transaction)
        request.sourceSessionId = isThere ? memory.sourceSessionId : ""
      }, in: transaction)
  }

  /// A session's scope is for a session of the same connection that exists: otherwise nothing would ever remove the memory.
  static func requireSession(
    of identity: MemoryRepository.Identity, in transaction: any Transaction
  ) throws(WireError) {
    guard identity.scope != MemoryRules.sharedScope else { return }
    try requireSession(identity.scope, on: identity.dbConnectionId, in: transaction)
  }

  /// - Throws: `not_found`, the same for a session that does not exist and for one of another connection: which it is, and whose, is
  ///   nobody's business who sees this connection alone.
  private static func requireSession(
    _ id: String, on dbConnectionId: String, in transaction: any Transaction
  ) throws(WireError) {
    try Identifier.session.require(id)
    guard try SessionRepository.exists(id, on: dbConnectionId, in: transaction) else {
      throw WireError(.notFound, "connection '\(dbConnectionId)' has no session '\(id)'")
    }
  }
}

extension Memory {
  /// A memory that is about to get its first version.
  init(_ identity: MemoryRepository.Identity, id: String, at now: Timestamp) {
    self.init()
    self.id = id
    (dbConnectionId, scope) = (identity.dbConnectionId, identity.scope)
    (namespace, key) = (identity.namespace, identity.key)
    importance = MemoryRules.defaultImportance
    createdAt = now
  }
}
