import Wire

/// A table with rows that belong to a session and go with it.
struct SessionOwnedTable: Sendable {
  enum Kind: Sendable { case tasks, events, uncounted }
  /// With a column `session_id`.
  let name: String
  /// A column whose values are unique within a session.
  let key: String
  let kind: Kind

  /// Removes up to `limit` rows of a session.
  /// - Returns: how many went.
  func deleteRows(ofSession id: String, limit: Int, in transaction: any Transaction) throws(WireError) -> Int {
    try transaction.execute(
      "DELETE FROM \(name) WHERE session_id = ? AND \(key) IN (SELECT \(key) FROM \(name) WHERE session_id = ? LIMIT ?)",
      [.text(id), .text(id), .integer(Int64(limit))])
  }
}

/// The tombstones of sessions whose rows are being removed.
enum SessionDeletionRepository {
  struct Tombstone: Sendable {
    /// What was removed so far.
    var removed: SessionDeleted
    /// Whose checkpoints are removed next.
    var segmentId: Int64
    /// Who asked for it, so that the answer can be kept for them, also when it is finished after a crash.
    let principal: String
    let idempotencyKey: [UInt8]
    let requestHash: [UInt8]
  }

  static func insert(_ tombstone: Tombstone, in transaction: any Transaction) throws(WireError) {
    try transaction.execute(
      """
      INSERT INTO session_deletions
      (session_id, segment_id, principal, idempotency_key, request_hash, checkpoints, tasks, artifacts, memories, events)
      VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0, 0)
      """,
      [
        .text(tombstone.removed.id), .integer(tombstone.segmentId), .text(tombstone.principal),
        .blob(tombstone.idempotencyKey), .blob(tombstone.requestHash),
      ])
  }

  static func find(_ id: String, in transaction: any Transaction) throws(WireError) -> Tombstone? {
    try transaction.first(
      """
      SELECT segment_id, principal, idempotency_key, request_hash, checkpoints, tasks, artifacts, memories, events
      FROM session_deletions WHERE session_id = ?
      """, [.text(id)]
    ) { (row) in
      let removed = SessionDeleted.with { removed in
        removed.id = id
        removed.checkpoints = row.uint64(4)
        removed.tasks = row.uint64(5)
        removed.artifacts = row.uint64(6)
        removed.memories = row.uint64(7)
        removed.events = row.uint64(8)
      }
      return Tombstone(
        removed: removed, segmentId: row.int64(0), principal: row.text(1), idempotencyKey: row.blob(2),
        requestHash: row.blob(3))
    }
  }

  /// Notes how far the removal has come.
  static func save(_ tombstone: Tombstone, in transaction: any Transaction) throws(WireError) {
    let removed = tombstone.removed
    try transaction.execute(
      """
      UPDATE session_deletions SET segment_id = ?, checkpoints = ?, tasks = ?, artifacts = ?, memories = ?, events = ?
      WHERE session_id = ?
      """,
      [
        .integer(tombstone.segmentId), Value(removed.checkpoints), Value(removed.tasks), Value(removed.artifacts),
        Value(removed.memories),
        Value(removed.events), .text(removed.id),
      ])
  }

  static func delete(_ id: String, in transaction: any Transaction) throws(WireError) {
    try transaction.execute("DELETE FROM session_deletions WHERE session_id = ?", [.text(id)])
  }

  /// The sessions whose removal was begun and not finished.
  static func unfinished(in transaction: any Transaction) throws(WireError) -> [String] {
    try transaction.query("SELECT session_id FROM session_deletions ORDER BY session_id", []) { (row) in row.text(0) }
  }
}
