import Wire

/// What the store knows of the master key: a proof, from which it cannot be computed.
enum MasterKeyRepository {
  struct Record: Sendable, Equatable {
    let proof: [UInt8]
    /// Derived from the first master key, and the same for the life of the data folder.
    let serverId: String
  }

  static func find(in transaction: any Transaction) throws(WireError) -> Record? {
    try transaction.first("SELECT proof, server_id FROM master_key", []) { (row) in
      Record(proof: row.blob(0), serverId: row.text(1))
    }
  }

  static func put(_ record: Record, in transaction: any Transaction) throws(WireError) {
    try transaction.execute("DELETE FROM master_key")
    try transaction.execute(
      "INSERT INTO master_key (proof, server_id) VALUES (?, ?)", [.blob(record.proof), .text(record.serverId)])
  }
}
