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
    router.read(Methods.schemaRefresh) { (transaction, request, _) throws(WireError) in
      try refresh(request, in: transaction)
    }
  }

  private func refresh(
    _ request: SchemaRefreshRequest, in transaction: any Transaction
  ) throws(WireError) -> SchemaRefreshAsked {
    _ = try ConnectionRepository.get(request.dbConnectionId, in: transaction)
    let connection = try queue.loadConnection(request.dbConnectionId, transaction)
    let order = SchemaOrder.with {
      $0.connection = connection
      $0.onlyOpen = request.onlyOpen
    }
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
      $0.askedAt = transaction.now
    }
  }
}
