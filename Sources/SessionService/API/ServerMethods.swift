import Wire

/// `server.*`: what this process is and how it fares.
struct ServerMethods: Sendable {
  let identity: ServerIdentity
  let figures: StoreFigures
  let connections: ConnectionRegistry
  let check: StoreCheck
  let machine: @Sendable () -> [Stat]
  /// Makes the queue hand out nothing more and call back what runs, until the service is started again.
  let drain: @Sendable () -> Void

  func register(on router: inout Router) {
    let info = ServerInfo.with { info in
      info.serverId = identity.serverId
      info.version = identity.version
      info.protocolVersion = 1
      info.startedAt = identity.startedAt
      info.storeBackend = "sqlite"
      info.schemaVersion = Migrations.latest
    }
    router.constant(Methods.serverInfo, info)
    router.read(Methods.serverStats) { (transaction, _, _) throws(WireError) in
      let stats = try stats(in: transaction)
      return ServerStats.with { $0.stats = stats }
    }
    router.read(Methods.serverCheck) { (transaction, _, _) throws(WireError) in
      try check.run(in: transaction)
    }
    // No task is given to a node any more. One that runs stops at its next step boundary: its node commits the step and
    // hands the task back, without an attempt burned. Submits are still taken and stored. The next start of the service
    // takes up all that is queued, so this is what to call before a stop.
    router.memory(Methods.serverDrain) { (_, _) throws(WireError) in
      drain()
      return Empty()
    }
  }

  private func stats(in transaction: any Transaction) throws(WireError) -> [Stat] {
    let store = figures.snapshot
    var stats = [
      Stat("connections_open", Double(connections.count)),
      Stat("store_commits", Double(store.commits)),
      Stat("store_units", Double(store.units)),
      Stat("store_failed_units", Double(store.failedUnits)),
      Stat("store_checkpoints", Double(store.checkpoints)),
      Stat("store_wal_pages", Double(store.walPages)),
      Stat("store_commit_ms", store.commitSeconds * 1e3),
      Stat("clock_seconds", Double(transaction.now.microseconds) / 1e6),
    ]
    stats += machine()
    stats += try CensusRepository.stats(in: transaction)
    return stats
  }
}

/// What this process calls itself.
struct ServerIdentity: Sendable {
  /// `srv_` + 12 hex digits, the same for the life of a data folder.
  let serverId: String
  let version: String
  let startedAt: Timestamp

  /// The id that belongs to the first master key of a data folder.
  static func serverId(master: [UInt8]) -> String {
    "srv_" + hex(KeyDerivation.secret(master: master, keyId: "server id").prefix(6))
  }

  init(serverId: String, version: String, startedAt: Timestamp) {
    self.serverId = serverId
    self.version = version
    self.startedAt = startedAt
  }
}
