import Wire
import Words

/// `knowledge.*`: what stewards taught about connections.
struct KnowledgeMethods: Sendable {
  let queue: TaskQueue
  let vectors: VectorCache

  func register(on router: inout Router) {
    router.write(Methods.knowledgePut) { (transaction, request, _) throws(WireError) in
      try put(request, in: transaction)
    }
    router.read(Methods.knowledgeGet) { (transaction, request, _) throws(WireError) in
      try find(request, in: transaction).knowledge
    }
    router.read(Methods.knowledgeList) { (transaction, request, _) throws(WireError) in
      try ConnectionAlias.require(request.dbConnectionId)
      let page = try KnowledgeRepository.list(
        request.dbConnectionId, request.kind, page: try PageRequest(request.page, list: "knowledge"), in: transaction)
      return KnowledgeList.with { ($0.knowledge, $0.total, $0.nextCursor) = (page.items, page.total, page.nextCursor) }
    }
    router.read(Methods.knowledgeSearch) { (transaction, request, _) throws(WireError) in
      try search(request, in: transaction)
    }
    router.write(Methods.knowledgeDelete) { (transaction, request, _) throws(WireError) in
      let (seq, knowledge) = try find(request, in: transaction)
      try KnowledgeRepository.delete(knowledge, seq: seq, in: transaction)
      return Empty()
    }
    router.write(Methods.knowledgeReport) { (transaction, report, _) throws(WireError) in
      try note(report, in: transaction)
    }
    router.read(Methods.knowledgeBackground) { (transaction, request, _) throws(WireError) in
      let assembly = try BackgroundAssembly(request, vectors) { [store = queue.store] seqs in
        store.writeInBackground { (transaction) throws(WireError) in try MemoryRepository.touch(seqs, in: transaction) }
      }
      return try assembly.background(in: transaction)
    }
  }

  private func put(_ request: KnowledgePutRequest, in transaction: any Transaction) throws(WireError) -> Knowledge {
    guard let given = request.knowledge else { throw WireError(.invalidArgument, "the knowledge is missing") }
    var knowledge = try KnowledgeRules.checked(given)
    _ = try ConnectionRepository.get(knowledge.dbConnectionId, in: transaction)
    let known = try KnowledgeRepository.find(
      knowledge.dbConnectionId, knowledge.kind, name: knowledge.name, in: transaction)?.knowledge
    try requireVersion(request.ifVersion, of: known?.version ?? 0, "the \(knowledge.kind.label) \(quoted(knowledge.name))")
    if known == nil {
      let count = try KnowledgeRepository.count(knowledge.dbConnectionId, knowledge.kind, in: transaction)
      guard count < KnowledgeRules.most else {
        throw WireError(
          .limitExceeded, "connection '\(knowledge.dbConnectionId)' has \(count) pieces of this kind, and may have no more",
          hint: "Delete some.")
      }
    }
    knowledge.id = known?.id ?? transaction.makeId(Identifier.knowledge.prefix)
    knowledge.createdAt = known?.createdAt ?? transaction.now
    knowledge.updatedAt = transaction.now
    knowledge.version = (known?.version ?? 0) + 1
    // What a node has looked at before needs no second look.
    if let known, known.sql.hasSameBytes(as: knowledge.sql), known.state == .ready { knowledge.state = .ready }
    try KnowledgeRepository.put(knowledge, in: transaction)
    if knowledge.state == .unchecked { try order(knowledge, in: transaction) }
    return knowledge
  }

  /// Lets a node look at the SQL: what does not run is refused.
  private func order(_ knowledge: Knowledge, in transaction: any Transaction) throws(WireError) {
    let connection = try queue.loadConnection(knowledge.dbConnectionId, transaction)
    let order = SchemaOrder.with {
      $0.connection = connection
      $0.checks = [.with { ($0.id, $0.version, $0.sql) = (knowledge.id, knowledge.version, knowledge.sql) }]
    }
    guard queue.view({ $0.hasListener }) else {
      throw WireError(
        .failedPrecondition, "no node is attached that could try the SQL",
        hint: "Start a kai-agent; 'kaictl node list' shows those that are there.")
    }
    transaction.afterCommit { [queue] in
      queue.decide { (dispatcher, _) in dispatcher.order(order)?.actions ?? [] }
    }
  }

  /// What a node found out.
  private func note(_ report: KnowledgeChecked, in transaction: any Transaction) throws(WireError) -> Empty {
    guard var knowledge = try KnowledgeRepository.find(id: report.id, in: transaction), knowledge.version == report.version,
      knowledge.dbConnectionId == report.dbConnectionId
    else { return Empty() }
    knowledge.state = report.error == nil ? .ready : .refused
    knowledge.problem = report.error.map { String($0.message.prefix(400)) } ?? ""
    try KnowledgeRepository.put(knowledge, in: transaction)
    return Empty()
  }

  private func search(_ request: KnowledgeSearchRequest, in transaction: any Transaction) throws(WireError) -> KnowledgeHits {
    try ConnectionAlias.require(request.dbConnectionId)
    guard request.kind != .unspecified else {
      throw WireError(.invalidArgument, "the kind is missing: \(KnowledgeKind.labels.joined(separator: ", "))")
    }
    guard request.limit <= 100 else { throw WireError(.invalidArgument, "limit is \(request.limit), but must be 1...100") }
    let hits = try KnowledgeSearch(dbConnectionId: request.dbConnectionId).hits(
      request.kind, request.query, limit: request.limit == 0 ? 10 : Int(request.limit), in: transaction)
    return KnowledgeHits.with { $0.hits = hits.fitting() }
  }

  private func find(
    _ ref: KnowledgeRef, in transaction: any Transaction
  ) throws(WireError) -> (seq: Int64, knowledge: Knowledge) {
    try ConnectionAlias.require(ref.dbConnectionId)
    let name = try KnowledgeRules.name(ref.name)
    guard let found = try KnowledgeRepository.find(ref.dbConnectionId, ref.kind, name: name, in: transaction) else {
      throw WireError(
        .notFound, "connection '\(ref.dbConnectionId)' has no \(ref.kind.label) \(quoted(name))",
        hint: "'kaictl knowledge \(ref.kind.label) list' shows those that are there.")
    }
    return found
  }
}
