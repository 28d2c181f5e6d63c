import NIOCore
import Wire

/// `memory.*`: what a connection or a session was taught.
struct MemoryMethods: Sendable {
  let store: any Store
  let vectors: VectorCache

  func register(on router: inout Router) {
    router.write(Methods.memoryRemember) { (transaction, request, _) throws(WireError) in
      try MemoryWriting.remember(request, in: transaction)
    }
    router.live(.memoryRecall) { (request, context) throws(WireError) in
      let query = try MemoryRecallRequest(decoding: request.message)
      try context.access?.require(connection: query.dbConnectionId)
      recall(query, for: request, context)
    }
    router.read(Methods.memoryGet) { (transaction, request, _) throws(WireError) in
      try get(request, in: transaction)
    }
    router.read(Methods.memoryList) { (transaction, request, _) throws(WireError) in
      try list(request, in: transaction)
    }
    router.read(Methods.memoryHistory) { (transaction, request, _) throws(WireError) in
      let (seq, memory) = try find(request, in: transaction)
      var (versions, bytes, last): ([Memory], Int, UInt64) = ([], 0, UInt64(Int64.max))
      // One more than fits may be read, and no more: there may be ten thousand large ones.
      while bytes <= Limits.defaultMessageBytes,
        let version = try MemoryRepository.version(.before(last), seq: seq, of: memory, in: transaction)
      {
        versions.append(version)
        (bytes, last) = (bytes + version.encodedSize, version.version)
      }
      let fitting = versions.fitting()
      let omitted = try MemoryRepository.versionCount(seq: seq, in: transaction) - fitting.count
      return MemoryHistory.with { ($0.versions, $0.omitted) = (fitting, UInt64(max(0, omitted))) }
    }
    router.live(.memoryForget) { (request, context) throws(WireError) in
      let wanted = try MemoryForgetRequest(decoding: request.message)
      let selection = try selection(wanted)
      SlicedWrite<MemoryForgotten, MemoryForgotten>(store: store, request: request, context: context) {
        (gone, transaction) throws(WireError) in
        try forget(wanted, selection, after: gone, in: transaction)
      }.run(MemoryForgotten())
    }
    router.write(Methods.memoryUndo) { (transaction, request, _) throws(WireError) in
      try undo(request, in: transaction)
    }
    router.write(Methods.memoryConfirm) { (transaction, request, _) throws(WireError) in
      try confirm(request, in: transaction)
    }
    router.live(.memoryImport) { (request, context) throws(WireError) in
      let given = MemoryImport(request: try MemoryImportRequest(decoding: request.message))
      MemoryImport.Write(store: store, request: request, context: context, slice: given.step).run(MemoryImport.Progress())
    }
  }

  /// Writes an older version as the newest: nothing that was is lost.
  private func undo(_ request: MemoryUndoRequest, in transaction: any Transaction) throws(WireError) -> Memory {
    let (seq, known) = try find(request.memory ?? MemoryRef(), in: transaction)
    let older =
      request.toVersion == 0
      ? try MemoryRepository.version(.before(known.version), seq: seq, of: known, in: transaction)?.version : request.toVersion
    guard let wanted = older else {
      throw WireError(
        .failedPrecondition, "the memory \(quoted(known.key)) has one version, and none before it",
        hint: "'kaictl memory forget' removes it.")
    }
    try MemoryRules.requireRoom(after: known.version, key: known.key)
    let old = try version(wanted, of: known, seq: seq, in: transaction)
    let memory = Memory.with { memory in
      memory = known
      (memory.value, memory.content, memory.importance) = (old.value, old.content, old.importance)
      (memory.source, memory.sourceSessionId, memory.sourceStep) = (old.source, old.sourceSessionId, old.sourceStep)
      memory.expiresAt = old.expiresAt
      memory.updatedAt = transaction.now
      memory.version += 1
    }
    guard !MemoryRepository.isExpired(memory, at: transaction.now) else {
      throw WireError(.failedPrecondition, "version \(wanted) of the memory \(quoted(known.key)) has expired")
    }
    _ = try MemoryRepository.put(memory, in: transaction)
    return memory
  }

  /// Moves what a session learned to the shared scope, where it is a new version if something is there already.
  private func confirm(_ request: MemoryConfirmRequest, in transaction: any Transaction) throws(WireError) -> Memory {
    let (_, memory) = try find(request.memory ?? MemoryRef(), in: transaction)
    guard memory.scope != MemoryRules.sharedScope else {
      throw WireError(.failedPrecondition, "the memory \(quoted(memory.key)) is shared already")
    }
    let shared = try MemoryWriting.share(memory, in: transaction)
    let own = MemoryRepository.Selection(
      dbConnectionId: memory.dbConnectionId, scope: memory.scope, namespace: memory.namespace, key: memory.key)
    try MemoryRepository.forget(own, limit: nil, in: transaction)
    return shared
  }

  private func get(_ ref: MemoryRef, in transaction: any Transaction) throws(WireError) -> Memory {
    let (seq, memory) = try find(ref, in: transaction)
    return ref.version == 0 ? memory : try version(ref.version, of: memory, seq: seq, in: transaction)
  }

  private func version(
    _ number: UInt64, of memory: Memory, seq: Int64, in transaction: any Transaction
  ) throws(WireError) -> Memory {
    let found = try MemoryRepository.version(number, seq: seq, of: memory, in: transaction)
    guard let found else {
      throw WireError(
        .notFound, "the memory \(quoted(memory.key)) has no version \(number)",
        hint: "'kaictl memory history' shows those it has.")
    }
    return found
  }

  /// Answers from a reader, and notes the use afterwards: nobody waits for that, and a failure of it costs nothing.
  private func recall(_ query: MemoryRecallRequest, for request: InboundRequest, _ context: CallContext) {
    let life = context.readLife(of: request)
    store.read(for: context.principal.keyId) { (transaction) throws(WireError) in
      try transaction.heed(life)
      if let overload = context.connection.overload { throw overload }
      return try search(query).run(in: transaction)
    } completion: { (result: Result<[MemorySearch.Found], WireError>) in
      context.streams.close(request.streamID)
      switch result {
      case .failure(let error):
        context.answered(error)
        context.connection.send([.error(request.streamID, error)])
      case .success(let found):
        context.answered(nil)
        context.connection.send([.response(request.streamID, MemoryHits.with { $0.hits = found.map(\.hit).fitting() })])
        guard !found.isEmpty else { return }
        store.writeInBackground { (transaction) throws(WireError) in
          try MemoryRepository.touch(found.map(\.seq), in: transaction)
        }
      }
    }
  }

  private func search(_ request: MemoryRecallRequest) throws(WireError) -> MemorySearch {
    try ConnectionAlias.require(request.dbConnectionId)
    guard request.limit <= 100 else { throw WireError(.invalidArgument, "limit is \(request.limit), but must be 1...100") }
    if !request.sessionId.isEmpty { try Identifier.session.require(request.sessionId) }
    return MemorySearch(
      dbConnectionId: request.dbConnectionId, sessionId: request.sessionId,
      namespace: try MemoryRules.optionalNamespace(request.namespace), query: request.query,
      limit: request.limit == 0 ? 10 : Int(request.limit), explains: request.explain,
      embedding: request.embedding, vectors: vectors)
  }

  /// The one that the first of the scopes has which a read looks into.
  private func find(_ ref: MemoryRef, in transaction: any Transaction) throws(WireError) -> (seq: Int64, memory: Memory) {
    try ConnectionAlias.require(ref.dbConnectionId)
    let (namespace, key) = (try MemoryRules.namespace(ref.namespace), try MemoryRules.key(ref.key))
    for scope in try MemoryRules.readScopes(ref.scope) {
      let identity = MemoryRepository.Identity(
        dbConnectionId: ref.dbConnectionId, scope: scope, namespace: namespace, key: key)
      if let found = try MemoryRepository.find(identity, in: transaction) { return found }
    }
    throw WireError(
      .notFound,
      "there is no memory \(quoted(key)) in namespace \(quoted(namespace)) of scope "
        + "'\(ref.scope.isEmpty ? MemoryRules.sharedScope : ref.scope)'")
  }

  private func list(_ request: MemoryListRequest, in transaction: any Transaction) throws(WireError) -> MemoryList {
    var selection = MemoryRepository.Selection(liveAt: transaction.now)
    if !request.dbConnectionId.isEmpty {
      try ConnectionAlias.require(request.dbConnectionId)
      selection.dbConnectionId = request.dbConnectionId
    }
    if let scope = request.scope { selection.scope = try MemoryRules.scope(scope) }
    selection.namespace = try MemoryRules.optionalNamespace(request.namespace)
    return try MemoryRepository.list(selection, page: try PageRequest(request.page, list: "memory"), in: transaction)
  }

  private func selection(_ request: MemoryForgetRequest) throws(WireError) -> MemoryRepository.Selection {
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
    if let prefix = request.keyPrefix { selection.keyPrefix = try MemoryRules.key(prefix) }
    return selection
  }

  /// Removes the next slice of what is to be forgotten: memories first, then what kept replies say of them.
  private func forget(
    _ request: MemoryForgetRequest, _ selection: MemoryRepository.Selection, after earlier: MemoryForgotten,
    in transaction: any Transaction
  ) throws(WireError) -> SlicedWrite<MemoryForgotten, MemoryForgotten>.Step {
    let rows = SlicedWrite<MemoryForgotten, MemoryForgotten>.rows
    var total = earlier
    let gone = try MemoryRepository.forget(selection, limit: rows, in: transaction)
    total.add(gone)
    guard gone.count < rows else { return .more(total) }
    guard total.count > 0 || request.key == nil else {
      throw WireError(.notFound, "there is no memory \(quoted(request.key ?? "")) there")
    }
    let replies = try ReplyRepository.forget(
      about: ReplyRepository.subject(ofConnection: request.dbConnectionId), says: request.dbConnectionId,
      [.memoryRemember, .memoryUndo, .memoryConfirm], saying: request.key, limit: rows, in: transaction)
    guard replies < rows else { return .more(total) }
    transaction.wipeLog()
    return .done(total)
  }
}
