import Wire

/// Takes over memories that another place kept, with the numbers of their versions, their times and sources. Older versions stay there.
struct MemoryImport {
  let request: MemoryImportRequest

  func run(in transaction: any Transaction) throws(WireError) -> MemoryImported {
    _ = try ConnectionRepository.get(request.dbConnectionId, in: transaction)
    var imported = MemoryImported()
    for memory in request.memories {
      let identity = MemoryRepository.Identity(
        dbConnectionId: request.dbConnectionId, scope: try MemoryRules.scope(memory.scope),
        namespace: try MemoryRules.namespace(memory.namespace), key: try MemoryRules.key(memory.key))
      do throws(WireError) {
        try take(memory, as: identity, &imported, in: transaction)
      } catch {
        var error = error
        error.message = "the memory \(quoted(memory.key)) of scope '\(identity.scope)': \(error.message)"
        throw error
      }
    }
    return imported
  }

  private func take(
    _ given: Memory, as identity: MemoryRepository.Identity, _ imported: inout MemoryImported, in transaction: any Transaction
  ) throws(WireError) {
    try MemoryRules.requireScope(identity.scope, for: identity.namespace)
    try MemoryWriting.requireSession(of: identity, in: transaction)
    guard !MemoryRepository.isExpired(given, at: transaction.now) else {
      imported.unchanged += 1
      return
    }
    try MemoryRepository.removeExpired(identity, in: transaction)
    let known = try MemoryRepository.find(identity, in: transaction)?.memory
    if let known, known.updatedAt >= given.updatedAt || known.says(given) {
      imported.unchanged += 1
      return
    }
    try MemoryRules.requireRoom(after: max(known?.version ?? 0, given.version), key: identity.key)
    let memory = try Memory.with { (memory) throws(WireError) in
      memory = known ?? Memory(identity, id: transaction.makeId(Identifier.memory.prefix), at: given.createdAt)
      memory.value = try MemoryRules.value(given.value)
      memory.content = try MemoryRules.content(given.content)
      memory.neighbours = try MemoryRules.content(given.neighbours)
      memory.importance = try MemoryRules.importance(given.importance)
      memory.createdAt = min(memory.createdAt, given.createdAt)
      // What claims to come from the future would win over everything that is taught here.
      memory.updatedAt = min(given.updatedAt, transaction.now)
      memory.expiresAt = given.expiresAt
      (memory.source, memory.sourceStep) = (given.source, given.sourceStep)
      // The session that it came from is often on another server.
      let isHere = try SessionRepository.exists(given.sourceSessionId, on: request.dbConnectionId, in: transaction)
      memory.sourceSessionId = isHere ? given.sourceSessionId : ""
      memory.version = max(memory.version + 1, given.version)
    }
    _ = try MemoryRepository.put(memory, in: transaction)
    if known == nil { imported.added += 1 } else { imported.updated += 1 }
  }
}

extension Memory {
  /// Whether another one would be remembered as this one is: a repeat is told by that even where clocks differ.
  fileprivate func says(_ other: Memory) -> Bool {
    // Values are kept as JSON of one form.
    let value = (try? MemoryRules.value(other.value)) ?? other.value
    return (self.value, content, neighbours) == (value, other.content, other.neighbours)
      && (importance, expiresAt) == (other.importance, other.expiresAt)
  }
}
