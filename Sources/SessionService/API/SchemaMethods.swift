import Wire

/// `schema.*`: what nodes found in the users' databases.
struct SchemaMethods: Sendable {
  let queue: TaskQueue

  func register(on router: inout Router) {
    router.read(Methods.schemaGet) { (transaction, request, _) throws(WireError) in
      let connection = try ConnectionRepository.get(request.dbConnectionId, in: transaction)
      return try SchemaRepository.state(of: connection.id, known: request.knownScan, in: transaction)
    }
    router.write(Methods.schemaReport) { (transaction, report, _) throws(WireError) in
      let connection = try ConnectionRepository.get(report.dbConnectionId, in: transaction)
      // Another database may stand under the same alias by now.
      try requireVersion(report.connectionVersion, of: connection.version, "connection '\(connection.id)'")
      try SchemaRepository.save(report, in: transaction)
      return Empty()
    }
    router.live(.schemaRefresh) { (request, context) throws(WireError) in
      refresh(try SchemaRefreshRequest(decoding: request.message), for: request, context)
    }
  }

  /// Reads the connection, and asks a node once nothing is held that others wait for.
  private func refresh(_ wanted: SchemaRefreshRequest, for request: InboundRequest, _ context: CallContext) {
    let life = context.readLife(of: request)
    queue.store.read(for: context.principal.keyId) { (transaction) throws(WireError) in
      try transaction.heed(life)
      try context.access?.require(connection: wanted.dbConnectionId)
      _ = try ConnectionRepository.get(wanted.dbConnectionId, in: transaction)
      return try queue.loadConnection(wanted.dbConnectionId, transaction)
    } completion: { (result: Result<DatabaseConnection, WireError>) in
      context.streams.close(request.streamID)
      do throws(WireError) {
        let asked = try ask(for: try result.get(), onlyOpen: wanted.onlyOpen)
        context.answered(nil)
        context.connection.send([.response(request.streamID, asked)])
      } catch {
        context.answered(error)
        context.connection.send([.error(request.streamID, error)])
      }
    }
  }

  private func ask(for connection: DatabaseConnection, onlyOpen: Bool) throws(WireError) -> SchemaRefreshAsked {
    let order = SchemaOrder.with {
      $0.connection = connection
      $0.onlyOpen = onlyOpen
    }
    let askedAt = queue.now.wall
    var nodeName: String?
    queue.decide { (dispatcher, _) in
      guard let asked = dispatcher.order(order) else { return [] }
      nodeName = asked.nodeName
      return asked.actions
    }
    guard let nodeName else {
      throw WireError(
        .unavailable, "no node is attached that could open the database",
        hint: "Start a kai-agent; 'kaictl node list' shows those that are there.")
    }
    return SchemaRefreshAsked.with {
      $0.nodeName = nodeName
      $0.askedAt = askedAt
    }
  }
}
