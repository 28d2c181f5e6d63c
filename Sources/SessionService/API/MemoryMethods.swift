import NIOCore
import Wire

/// `memory.*`: what a connection or a session was taught.
struct MemoryMethods: Sendable {
  let store: any Store
  let index: any MemoryIndex

  func register(on router: inout Router) {
    router.write(Methods.memoryRemember) { (transaction, request, _) throws(WireError) in
      try remember(request, in: transaction)
    }
    router.live(.memoryRecall) { (request, context) throws(WireError) in
      recall(try MemoryRecallRequest(decoding: request.message), for: request, on: context.connection)
    }
    router.read(Methods.memoryGet) { (transaction, request, _) throws(WireError) in
      try find(request, in: transaction).memory
    }
    router.read(Methods.memoryList) { (transaction, request, _) throws(WireError) in
      try list(request, in: transaction)
    }
    router.read(Methods.memoryHistory) { (transaction, request, _) throws(WireError) in
      let (seq, memory) = try find(request, in: transaction)
      let versions = try MemoryRepository.history(seq: seq, of: memory, in: transaction)
      return MemoryHistory.with { $0.versions = versions }
    }
    router.write(Methods.memoryForget) { (transaction, request, _) throws(WireError) in
      try forget(request, in: transaction)
    }
  }

  private func remember(_ request: MemoryRememberRequest, in transaction: any Transaction) throws(WireError) -> Memory {
    _ = try ConnectionRepository.get(request.dbConnectionId, in: transaction)
    let identity = MemoryRepository.Identity(
      dbConnectionId: request.dbConnectionId, scope: try MemoryRules.scope(request.scope),
      namespace: try MemoryRules.namespace(request.namespace), key: try MemoryRules.key(request.key))
    try requireSession(of: identity, in: transaction)
    try MemoryRepository.removeExpired(identity, index: index, in: transaction)
    let known = try MemoryRepository.find(identity, in: transaction)?.memory
    try requireVersion(request.ifVersion, of: known?.version ?? 0, "the memory '\(identity.key)'")
    let memory = try Memory.with { (memory) throws(WireError) in
      if let known {
        memory = known
      } else {
        memory.id = transaction.makeId(Identifier.memory.prefix)
        memory.dbConnectionId = identity.dbConnectionId
        memory.scope = identity.scope
        memory.namespace = identity.namespace
        memory.key = identity.key
        memory.createdAt = transaction.now
      }
      memory.value = try MemoryRules.value(request.value)
      memory.content = try MemoryRules.content(request.content)
      memory.importance = try MemoryRules.importance(request.importance ?? memory.importance)
      memory.updatedAt = transaction.now
      memory.expiresAt = try MemoryRules.expiry(inMs: request.expiresInMs, at: transaction.now)
      memory.source = request.source
      memory.sourceSessionId = request.sourceSessionId
      memory.sourceStep = request.sourceStep
      memory.version += 1
    }
    let seq = try MemoryRepository.put(memory, in: transaction)
    try index.put(memory, seq: seq, in: transaction)
    return memory
  }

  /// A session's scope is for a session of the same connection that exists: otherwise nothing would ever remove the memory.
  private func requireSession(
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

  /// Answers from a reader, and notes the use afterwards: nobody waits for that, and a failure of it costs nothing.
  private func recall(_ query: MemoryRecallRequest, for request: InboundRequest, on connection: any ServerConnection) {
    store.read { (transaction) throws(WireError) in
      try search(query, in: transaction)
    } completion: { (result: Result<[Found], WireError>) in
      switch result {
      case .failure(let error): connection.send([.error(request.streamID, error)])
      case .success(let found):
        connection.send([.response(request.streamID, MemoryHits.with { $0.hits = found.map(\.hit) })])
        guard !found.isEmpty else { return }
        store.writeInBackground { (transaction) throws(WireError) in
          try MemoryRepository.touch(found.map(\.seq), in: transaction)
        }
      }
    }
  }

  private struct Found: Sendable {
    let seq: Int64
    let hit: MemoryHit
  }

  /// Candidates per hit that is wanted: importance and recency may move one up.
  private static let candidatesPerHit = 8

  private func search(_ request: MemoryRecallRequest, in transaction: any Transaction) throws(WireError) -> [Found] {
    try ConnectionAlias.require(request.dbConnectionId)
    guard request.limit <= 100 else { throw WireError(.invalidArgument, "limit is \(request.limit), but must be 1...100") }
    let limit = request.limit == 0 ? 10 : Int(request.limit)
    let namespace = try MemoryRules.optionalNamespace(request.namespace)
    var scopes = [MemoryRules.sharedScope]
    if !request.sessionId.isEmpty {
      try Identifier.session.require(request.sessionId)
      scopes.append(request.sessionId)
    }
    let candidates = try index.search(
      RecallQuery(request.query), dbConnectionId: request.dbConnectionId, scopes: scopes,
      limit: limit * Self.candidatesPerHit, in: transaction)
    let best = candidates.map(\.relevance).max() ?? 0
    var found: [Found] = []
    for (seq, relevance) in candidates {
      guard let memory = try MemoryRepository.load(seq: seq, in: transaction),
        // The index narrows; what decides about isolation is the row itself.
        memory.dbConnectionId == request.dbConnectionId, scopes.contains(memory.scope),
        !MemoryRepository.isExpired(memory, at: transaction.now),
        namespace.isEmpty || memory.namespace == namespace || memory.namespace.hasPrefix(namespace + "/")
      else { continue }
      let score = RecallScore.score(
        relevance: relevance, best: best, importance: memory.importance,
        lastTouched: max(memory.updatedAt, memory.lastUsedAt), now: transaction.now)
      found.append(
        Found(
          seq: seq,
          hit: MemoryHit.with { hit in
            hit.memory = memory
            hit.score = score
          }))
    }
    found.sort { $0.hit.score != $1.hit.score ? $0.hit.score > $1.hit.score : $0.seq > $1.seq }
    return Array(found.prefix(limit))
  }

  private func find(_ ref: MemoryRef, in transaction: any Transaction) throws(WireError) -> (seq: Int64, memory: Memory) {
    try ConnectionAlias.require(ref.dbConnectionId)
    let identity = MemoryRepository.Identity(
      dbConnectionId: ref.dbConnectionId, scope: try MemoryRules.scope(ref.scope),
      namespace: try MemoryRules.namespace(ref.namespace), key: try MemoryRules.key(ref.key))
    guard let found = try MemoryRepository.find(identity, in: transaction) else {
      throw WireError(
        .notFound,
        "there is no memory \(quoted(identity.key)) in namespace \(quoted(identity.namespace)) of scope "
          + "'\(identity.scope)'")
    }
    return found
  }

  private func list(_ request: MemoryListRequest, in transaction: any Transaction) throws(WireError) -> MemoryList {
    var selection = MemoryRepository.Selection(liveAt: transaction.now)
    if !request.dbConnectionId.isEmpty {
      try ConnectionAlias.require(request.dbConnectionId)
      selection.dbConnectionId = request.dbConnectionId
    }
    if let scope = request.scope { selection.scope = try MemoryRules.scope(scope) }
    selection.namespace = try MemoryRules.optionalNamespace(request.namespace)
    let page = try MemoryRepository.list(
      selection, page: try PageRequest(request.page, list: "memory"), in: transaction)
    return MemoryList.with { list in
      list.memories = page.items
      list.total = page.total
      list.nextCursor = page.nextCursor
    }
  }

  private func forget(_ request: MemoryForgetRequest, in transaction: any Transaction) throws(WireError) -> Count {
    var selection = MemoryRepository.Selection()
    try ConnectionAlias.require(request.dbConnectionId)
    selection.dbConnectionId = request.dbConnectionId
    if let scope = request.scope { selection.scope = try MemoryRules.scope(scope) }
    if let namespace = request.namespace { selection.namespace = try MemoryRules.optionalNamespace(namespace) }
    if let key = request.key {
      guard request.scope != nil, request.namespace != nil else {
        throw WireError(.invalidArgument, "a key is forgotten in one namespace of one scope; name both")
      }
      selection.key = try MemoryRules.key(key)
    }
    let count = try MemoryRepository.forget(selection, limit: nil, index: index, in: transaction)
    guard count > 0 || request.key == nil else {
      throw WireError(.notFound, "there is no memory \(quoted(request.key ?? "")) there")
    }
    return Count(UInt64(count))
  }
}
