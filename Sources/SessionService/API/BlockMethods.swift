import Wire

/// `block.*`: text that goes with every question of a connection or of a session.
struct BlockMethods: Sendable {
  static let defaultLimit: UInt32 = 5_000
  static let maxLimit: UInt32 = 16_000
  /// Of one scope.
  static let most = 64

  func register(on router: inout Router) {
    router.write(Methods.blockPut) { (transaction, request, context) throws(WireError) in
      try put(request, by: context.principal.role, in: transaction)
    }
    router.read(Methods.blockGet) { (transaction, request, _) throws(WireError) in
      try find(request, in: transaction)
    }
    router.read(Methods.blockList) { (transaction, request, _) throws(WireError) in
      try ConnectionAlias.require(request.dbConnectionId)
      let blocks = try Self.visible(request.dbConnectionId, request.sessionId, in: transaction)
      let fitting = blocks.fitting()
      return BlockList.with { ($0.blocks, $0.omitted) = (fitting, UInt64(blocks.count - fitting.count)) }
    }
    router.write(Methods.blockDelete) { (transaction, request, _) throws(WireError) in
      let block = try find(request, in: transaction)
      try BlockRepository.delete(block.dbConnectionId, block.scope, label: block.label, in: transaction)
      return Empty()
    }
  }

  /// The shared blocks, then the session's own, of which one hides a shared one with the same label.
  static func visible(
    _ dbConnectionId: String, _ sessionId: String, in transaction: any Transaction
  ) throws(WireError) -> [MemoryBlock] {
    let shared = try BlockRepository.list(dbConnectionId, MemoryRules.sharedScope, in: transaction)
    guard !sessionId.isEmpty else { return shared }
    try Identifier.session.require(sessionId)
    let own = try BlockRepository.list(dbConnectionId, sessionId, in: transaction)
    return shared.filter { block in !own.contains { $0.label == block.label } } + own
  }

  private func put(
    _ request: BlockPutRequest, by role: Role, in transaction: any Transaction
  ) throws(WireError) -> MemoryBlock {
    guard let given = request.block else { throw WireError(.invalidArgument, "the block is missing") }
    _ = try ConnectionRepository.get(given.dbConnectionId, in: transaction)
    let scope = try MemoryRules.scope(given.scope)
    let label = try KnowledgeRules.name(given.label)
    try MemoryWriting.requireSession(
      of: MemoryRepository.Identity(dbConnectionId: given.dbConnectionId, scope: scope, namespace: "", key: label),
      in: transaction)
    let known = try BlockRepository.find(given.dbConnectionId, scope, label: label, in: transaction)
    try requireVersion(request.ifVersion, of: known?.version ?? 0, "the block \(quoted(label))")
    if known == nil {
      let count = try BlockRepository.list(given.dbConnectionId, scope, in: transaction).count
      guard count < Self.most else {
        throw WireError(.limitExceeded, "the scope '\(scope)' has \(count) blocks, and may have no more", hint: "Delete some.")
      }
    }
    var block =
      known
      ?? MemoryBlock.with { block in
        (block.dbConnectionId, block.scope, block.label) = (given.dbConnectionId, scope, label)
        (block.createdAt, block.limit) = (transaction.now, Self.defaultLimit)
      }
    if role == .agent {
      // Nor may one of the session's hide it.
      let shared = try BlockRepository.find(given.dbConnectionId, MemoryRules.sharedScope, label: label, in: transaction)
      guard !block.readOnly, !(shared?.readOnly ?? false) else {
        throw WireError(.forbidden, "the block \(quoted(label)) is read-only for agents")
      }
    } else {
      block.readOnly = given.readOnly
      block.description = given.description
      if given.limit > 0 { block.limit = given.limit }
      guard block.limit <= Self.maxLimit else {
        throw WireError(.invalidArgument, "limit is \(block.limit), but must be 1...\(Self.maxLimit)")
      }
    }
    guard given.value.count <= Int(block.limit) else {
      throw WireError(
        .limitExceeded, "the value has \(given.value.count) characters, but the block \(quoted(label)) may have \(block.limit)",
        hint: "Shorten it, or raise the block's limit.")
    }
    block.value = given.value
    block.updatedAt = transaction.now
    block.version += 1
    try BlockRepository.put(block, in: transaction)
    return block
  }

  private func find(_ ref: BlockRef, in transaction: any Transaction) throws(WireError) -> MemoryBlock {
    try ConnectionAlias.require(ref.dbConnectionId)
    let scope = try MemoryRules.scope(ref.scope)
    guard let block = try BlockRepository.find(ref.dbConnectionId, scope, label: ref.label, in: transaction) else {
      throw WireError(.notFound, "there is no block \(quoted(ref.label)) in scope '\(scope)'")
    }
    return block
  }
}
