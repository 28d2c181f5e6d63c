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
      .with { request in
        (request.dbConnectionId, request.scope) = (memory.dbConnectionId, MemoryRules.sharedScope)
        (request.namespace, request.key) = (memory.namespace, memory.key)
        (request.value, request.content, request.importance) = (memory.value, memory.content, memory.importance)
        (request.source, request.sourceSessionId, request.sourceStep) = (memory.source, memory.sourceSessionId, memory.sourceStep)
      }, in: transaction)
  }

  /// A session's scope is for a session of the same connection that exists: otherwise nothing would ever remove the memory.
  static func requireSession(
    of identity: MemoryRepository.Identity, in transaction: any Transaction
  ) throws(WireError) {
    guard identity.scope != MemoryRules.sharedScope else { return }
    let session = try SessionRepository.get(identity.scope, in: transaction)
    guard session.dbConnectionId == identity.dbConnectionId else {
      throw WireError(
        .invalidArgument,
        "session '\(session.id)' is on connection '\(session.dbConnectionId)', not '\(identity.dbConnectionId)'")
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
