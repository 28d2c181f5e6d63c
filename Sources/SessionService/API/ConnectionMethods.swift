import Wire

/// `connection.*`: the users' databases.
struct ConnectionMethods: Sendable {
  let store: any Store
  let vault: SecretVault
  let ring: KeyRing
  let open: ConnectionRegistry

  func register(on router: inout Router) {
    router.write(Methods.connectionCreate) { (transaction, request, _) throws(WireError) in
      try create(request, in: transaction)
    }
    router.read(Methods.connectionGet) { (transaction, request, _) throws(WireError) in
      try ConnectionRepository.get(request.id, in: transaction)
    }
    router.read(Methods.connectionList) { (transaction, request, context) throws(WireError) in
      let page = try ConnectionRepository.list(
        context.access?.connections, page: try PageRequest(request.page, list: "connection"), in: transaction)
      return ConnectionList.with { list in
        list.connections = page.items
        list.total = page.total
        list.nextCursor = page.nextCursor
      }
    }
    router.write(Methods.connectionUpdate) { (transaction, request, _) throws(WireError) in
      try update(request, in: transaction)
    }
    router.live(.connectionDelete) { (request, context) throws(WireError) in
      let ref = try ConnectionRef(decoding: request.message)
      SlicedWrite<Empty, Empty>(store: store, request: request, context: context) { (_, transaction) throws(WireError) in
        try delete(ref, in: transaction)
      }.run(Empty())
    }
  }

  private func create(
    _ request: ConnectionCreateRequest, in transaction: any Transaction
  ) throws(WireError) -> DatabaseConnection {
    try ConnectionAlias.require(request.id)
    let uri = try DatabaseURI(request.uri)
    let connection = try DatabaseConnection.with { (connection) throws(WireError) in
      connection.id = request.id
      connection.dialect = uri.dialect
      connection.uri = uri.masked
      connection.description = try Self.description(request.description)
      connection.learning = request.learning
      connection.createdAt = transaction.now
      connection.updatedAt = transaction.now
      connection.version = 1
    }
    try ConnectionRepository.insert(
      connection, sealedURI: try vault.seal(uri.text, owner: connection.id), in: transaction)
    return connection
  }

  private func update(
    _ request: ConnectionUpdateRequest, in transaction: any Transaction
  ) throws(WireError) -> DatabaseConnection {
    var connection = try ConnectionRepository.get(request.id, in: transaction)
    try requireVersion(request.ifVersion, of: connection.version, "connection '\(connection.id)'")
    var sealed: [UInt8]?
    if !request.uri.isEmpty {
      let uri = try DatabaseURI(request.uri)
      connection.dialect = uri.dialect
      connection.uri = uri.masked
      sealed = try vault.seal(uri.text, owner: connection.id)
      // What was found in another database says nothing about this one.
      try SchemaRepository.delete(connection.id, in: transaction)
    }
    if request.learning != .unspecified { connection.learning = request.learning }
    if let description = request.description { connection.description = try Self.description(description) }
    try ConnectionRepository.save(&connection, sealedURI: sealed, in: transaction)
    return connection
  }

  /// Takes its memories along, in slices: under the same alias another database may come one day.
  private func delete(
    _ request: ConnectionRef, in transaction: any Transaction
  ) throws(WireError) -> SlicedWrite<Empty, Empty>.Step {
    let connection = try ConnectionRepository.get(request.id, in: transaction)
    let sessions = try SessionRepository.count(dbConnectionId: connection.id, in: transaction)
    guard sessions == 0 else {
      throw WireError(
        .failedPrecondition, "connection '\(connection.id)' is used by \(sessions) session\(sessions == 1 ? "" : "s")",
        hint: "Delete them first; 'kaictl session list --connection \(connection.id)' lists them.")
    }
    let rows = SlicedWrite<Empty, Empty>.rows
    let gone = try MemoryRepository.forget(
      MemoryRepository.Selection(dbConnectionId: connection.id), limit: rows, in: transaction)
    guard gone.count < rows else { return .more(Empty()) }
    let replies = try ReplyRepository.forget(
      about: ReplyRepository.subject(ofConnection: connection.id), says: connection.id,
      [.memoryRemember, .memoryUndo, .memoryConfirm, .knowledgePut, .blockPut], limit: rows, in: transaction)
    guard replies < rows else { return .more(Empty()) }
    transaction.wipeLog()
    try KnowledgeRepository.deleteAll(connection.id, in: transaction)
    try BlockRepository.deleteAll(dbConnectionId: connection.id, in: transaction)
    try SchemaRepository.delete(connection.id, in: transaction)
    try ConnectionRepository.delete(connection.id, in: transaction)
    let narrowed = try KeyRepository.withdraw(connection: connection.id, in: transaction)
    transaction.afterCommit { [ring, open] in
      for key in narrowed where key.revokedAt.microseconds == 0 {
        ring.put(key)
        open.close(keyId: key.id, WireError(.unavailable, "what the key '\(key.id)' sees has changed"))
      }
    }
    return .done(Empty())
  }

  private static func description(_ text: String) throws(WireError) -> String {
    guard text.utf8.count <= Limits.titleBytes else {
      throw WireError(
        .invalidArgument, "the description has \(text.utf8.count) bytes, but may have at most \(Limits.titleBytes)")
    }
    return text
  }
}
