import Wire

/// The vectors of memories, in sets: one for each model and scope.
enum VectorRepository {
  struct Stored: Sendable {
    let seq: Int64
    let version: UInt64
    let vector: [UInt8]
    let changed: Int64
  }

  /// Keeps the vector of a memory as it is now.
  static func put(
    _ vector: [UInt8], model: String, of memory: Memory, seq: Int64, in transaction: any Transaction
  ) throws(WireError) {
    try transaction.execute(
      """
      INSERT INTO memory_vectors (model, db_connection_id, scope, seq, version, changed, vector) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (model, db_connection_id, scope, seq) DO UPDATE SET version = excluded.version, changed = excluded.changed,
        vector = excluded.vector
      """,
      [
        .text(model), .text(memory.dbConnectionId), .text(memory.scope), .integer(seq), Value(memory.version),
        .integer(try ChangeNumbers.next(in: transaction)), .blob(vector),
      ])
  }

  /// Those of a set that came after a change.
  static func changes(
    model: String, _ dbConnectionId: String, _ scope: String, after changed: Int64, in transaction: any Transaction
  ) throws(WireError) -> [Stored] {
    try transaction.query(
      """
      SELECT seq, version, vector, changed FROM memory_vectors
      WHERE model = ? AND db_connection_id = ? AND scope = ? AND changed > ? ORDER BY changed
      """, [.text(model), .text(dbConnectionId), .text(scope), .integer(changed)]
    ) { (row) in Stored(seq: row.int64(0), version: row.uint64(1), vector: row.blob(2), changed: row.int64(3)) }
  }

  /// Removes the vectors of a memory, and leaves its number for the sets in memory that have them.
  static func remove(
    seq: Int64, _ dbConnectionId: String, _ scope: String, in transaction: any Transaction
  ) throws(WireError) {
    guard try transaction.execute("DELETE FROM memory_vectors WHERE seq = ?", [.integer(seq)]) > 0 else { return }
    try transaction.execute(
      "INSERT INTO vector_removals (db_connection_id, scope, changed, seq) VALUES (?, ?, ?, ?)",
      [.text(dbConnectionId), .text(scope), .integer(try ChangeNumbers.next(in: transaction)), .integer(seq)])
  }

  /// The memories of a scope whose vectors went after a change.
  static func removals(
    _ dbConnectionId: String, _ scope: String, after changed: Int64, in transaction: any Transaction
  ) throws(WireError) -> [Int64] {
    try transaction.query(
      "SELECT seq FROM vector_removals WHERE db_connection_id = ? AND scope = ? AND changed > ? ORDER BY changed",
      [.text(dbConnectionId), .text(scope), .integer(changed)]
    ) { (row) in row.int64(0) }
  }

  /// Forgets some of the vectors that went up to a change.
  /// - Returns: how many.
  static func sweepRemovals(upTo changed: Int64, limit: Int, in transaction: any Transaction) throws(WireError) -> Int {
    try transaction.execute(
      """
      DELETE FROM vector_removals WHERE (db_connection_id, scope, changed) IN (
        SELECT db_connection_id, scope, changed FROM vector_removals WHERE changed <= ? LIMIT ?)
      """, [.integer(changed), .integer(Int64(limit))])
  }

  /// Forgets which vectors went: at the start no set is in memory.
  static func forgetRemovals(in transaction: any Transaction) throws(WireError) {
    try transaction.execute("DELETE FROM vector_removals")
  }

  /// Drops all of a connection, and has its memories looked at again.
  static func removeAll(_ dbConnectionId: String, in transaction: any Transaction) throws(WireError) {
    try transaction.execute("DELETE FROM memory_vectors WHERE db_connection_id = ?", [.text(dbConnectionId)])
    let seqs = try transaction.query("SELECT seq FROM memories WHERE db_connection_id = ?", [.text(dbConnectionId)]) { (row) in
      row.int64(0)
    }
    for seq in seqs {
      try transaction.execute(
        "UPDATE memories SET changed = ? WHERE seq = ?", [.integer(try ChangeNumbers.next(in: transaction)), .integer(seq)])
    }
  }

  /// The memories that changed after a number, each with whether it has a vector of the model as it is now.
  static func changedMemories(
    after changed: Int64, model: String, limit: Int, in transaction: any Transaction
  ) throws(WireError) -> [(changed: Int64, seq: Int64, isEmbedded: Bool)] {
    try transaction.query(
      """
      SELECT m.changed, m.seq, EXISTS (
        SELECT 1 FROM memory_vectors v WHERE v.seq = m.seq AND v.model = ? AND v.version = m.version)
      FROM memories m WHERE m.changed > ? ORDER BY m.changed LIMIT ?
      """, [.text(model), .integer(changed), .integer(Int64(limit))]
    ) { (row) in (changed: row.int64(0), seq: row.int64(1), isEmbedded: row.bool(2)) }
  }

  static func counts(_ dbConnectionId: String, in transaction: any Transaction) throws(WireError) -> [EmbeddedCount] {
    try transaction.query(
      """
      SELECT v.model, count(*) FROM memory_vectors v JOIN memories m ON m.seq = v.seq AND m.version = v.version
      WHERE v.db_connection_id = ? GROUP BY v.model ORDER BY v.model LIMIT 64
      """, [.text(dbConnectionId)]
    ) { (row) in
      EmbeddedCount.with { ($0.model, $0.embedded) = (row.text(0), row.uint64(1)) }
    }
  }
}

/// Numbers the writes of memories and of their vectors, in one row of numbers that never repeats, whatever is deleted.
enum ChangeNumbers {
  /// The number of the last change.
  static func last(in transaction: any Transaction) throws(WireError) -> Int64 {
    try transaction.first("SELECT last FROM memory_changes", []) { (row) in row.int64(0) } ?? 0
  }

  static func next(in transaction: any Transaction) throws(WireError) -> Int64 {
    let numbers = try transaction.query("UPDATE memory_changes SET last = last + 1 RETURNING last", []) { (row) in row.int64(0) }
    guard let number = numbers.first else { throw WireError(.storageFailed, "the store did not number a change") }
    return number
  }
}
