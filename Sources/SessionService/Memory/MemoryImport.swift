import Wire

/// Takes over memories that another place kept, with the numbers of their versions, their times and sources. Older versions stay there.
///
/// All of them are checked before the first is taken. They are taken in slices, with other writes in between.
struct MemoryImport: Sendable {
  typealias Write = SlicedWrite<Progress, MemoryImported>

  struct Progress: Sendable {
    /// The first memory that has not been taken.
    var next = 0
    var imported = MemoryImported()
  }

  /// What a slice takes at most, in encoded bytes of memories; their words cost the most.
  static let sliceBytes = 64 * 1024
  /// The same in memories.
  static let sliceMemories = 64

  let request: MemoryImportRequest

  /// Takes the next slice.
  func step(_ progress: Progress, in transaction: any Transaction) throws(WireError) -> Write.Step {
    _ = try ConnectionRepository.get(request.dbConnectionId, in: transaction)
    if progress.next == 0 {
      for memory in request.memories {
        try named(memory) { (identity) throws(WireError) in _ = try checked(memory, identity, in: transaction) }
      }
    }
    var (progress, bytes) = (progress, 0)
    for memory in request.memories[progress.next...].prefix(Self.sliceMemories) {
      bytes += memory.encodedSize
      try named(memory) { (identity) throws(WireError) in try take(memory, as: identity, &progress.imported, in: transaction) }
      progress.next += 1
      if bytes >= Self.sliceBytes { break }
    }
    return progress.next == request.memories.count ? .done(progress.imported) : .more(progress)
  }

  /// Says in an error which memory it is about.
  private func named(
    _ memory: Memory, _ body: (MemoryRepository.Identity) throws(WireError) -> Void
  ) throws(WireError) {
    let identity = MemoryRepository.Identity(
      dbConnectionId: request.dbConnectionId, scope: try MemoryRules.scope(memory.scope),
      namespace: try MemoryRules.namespace(memory.namespace), key: try MemoryRules.key(memory.key))
    do throws(WireError) {
      try body(identity)
    } catch {
      var error = error
      error.message = "the memory \(quoted(memory.key)) of scope '\(identity.scope)': \(error.message)"
      throw error
    }
  }

  /// The memory's own parts as they are kept.
  /// - Throws: `invalid_argument` for what a memory cannot have, `not_found` when its session is not here.
  private func checked(
    _ given: Memory, _ identity: MemoryRepository.Identity, in transaction: any Transaction
  ) throws(WireError) -> Memory {
    try MemoryRules.requireScope(identity.scope, for: identity.namespace)
    try MemoryWriting.requireSession(of: identity, in: transaction)
    try MemoryRules.requireRoom(after: given.version, key: identity.key)
    var memory = given
    memory.value = try MemoryRules.value(given.value)
    memory.content = try MemoryRules.content(given.content)
    memory.neighbours = try MemoryRules.content(given.neighbours)
    memory.importance = try MemoryRules.importance(given.importance)
    return memory
  }

  private func take(
    _ given: Memory, as identity: MemoryRepository.Identity, _ imported: inout MemoryImported, in transaction: any Transaction
  ) throws(WireError) {
    let checked = try checked(given, identity, in: transaction)
    guard !MemoryRepository.isExpired(given, at: transaction.now) else {
      imported.unchanged += 1
      return
    }
    try MemoryRepository.removeExpired(identity, in: transaction)
    let known = try MemoryRepository.find(identity, in: transaction)?.memory
    if let known, known.updatedAt >= given.updatedAt || known.says(checked) {
      imported.unchanged += 1
      return
    }
    try MemoryRules.requireRoom(after: max(known?.version ?? 0, given.version), key: identity.key)
    let memory = try Memory.with { (memory) throws(WireError) in
      memory = known ?? Memory(identity, id: transaction.makeId(Identifier.memory.prefix), at: given.createdAt)
      (memory.value, memory.content) = (checked.value, checked.content)
      (memory.neighbours, memory.importance) = (checked.neighbours, checked.importance)
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
    (value, content, neighbours) == (other.value, other.content, other.neighbours)
      && (importance, expiresAt) == (other.importance, other.expiresAt)
  }
}
