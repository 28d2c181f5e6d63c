import Wire

/// How much of everything there is.
enum CensusRepository {
  /// The figures of `server.stats` that come from the store.
  static func stats(in transaction: any Transaction) throws(WireError) -> [Stat] {
    var stats: [Stat] = []
    for status in SessionStatus.allCases where status != .unspecified {
      let count = try count("sessions WHERE status = ?", [Value(status)], in: transaction)
      stats.append(Stat("sessions_\(status.label)", count))
    }
    for (name, table) in [
      ("checkpoints", "checkpoints"), ("memories", "memories"), ("artifacts", "artifacts"),
      ("db_connections", "connections"), ("remembered_replies", "replies"),
    ] {
      stats.append(Stat(name, try count(table, [], in: transaction)))
    }
    return stats
  }

  private static func count(
    _ what: String, _ values: [Value], in transaction: any Transaction
  ) throws(WireError) -> Double {
    Double(try transaction.first("SELECT count(*) FROM \(what)", values) { (row) in row.int64(0) } ?? 0)
  }
}
