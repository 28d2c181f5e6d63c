import Wire

/// The leases' rows: one a session at most. Their deadlines are not stored (see ``HeldLease``).
enum LeaseRepository {
  private static let columns = "session_id, task_id, node_id, node_name, key_id, epoch"

  static func find(sessionId: String, in transaction: any Transaction) throws(WireError) -> Lease? {
    try transaction.first("SELECT \(columns) FROM leases WHERE session_id = ?", [.text(sessionId)]) { (row) in lease(row) }
  }

  static func all(in transaction: any Transaction) throws(WireError) -> [Lease] {
    try transaction.query("SELECT \(columns) FROM leases ORDER BY session_id", []) { (row) in lease(row) }
  }

  static func insert(_ lease: Lease, in transaction: any Transaction) throws(WireError) {
    try transaction.execute(
      "INSERT INTO leases (\(columns), granted_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
      [
        .text(lease.sessionId), .text(lease.taskId), .text(lease.nodeId), .text(lease.nodeName), .text(lease.keyId),
        Value(lease.epoch), Value(transaction.now),
      ])
  }

  static func delete(sessionId: String, in transaction: any Transaction) throws(WireError) {
    try transaction.execute("DELETE FROM leases WHERE session_id = ?", [.text(sessionId)])
  }

  private static func lease(_ row: any Row) -> Lease {
    Lease(
      sessionId: row.text(0), taskId: row.text(1), nodeId: row.text(2), nodeName: row.text(3), keyId: row.text(4),
      epoch: row.uint64(5))
  }
}
