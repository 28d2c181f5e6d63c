import Wire

/// The replies kept beside idempotency keys, so that a repeated request gets the first one's answer.
enum ReplyRepository {
  struct Stored: Sendable, Equatable {
    /// SHA-256 of the request.
    let requestHash: [UInt8]
    let reply: [UInt8]
  }

  static func find(
    principal: String, method: Method, key: [UInt8], in transaction: any Transaction
  ) throws(WireError) -> Stored? {
    try transaction.first(
      """
      SELECT request_hash, reply FROM replies
      WHERE principal = ? AND method = ? AND idempotency_key = ? AND created_at > ?
      """,
      [.text(principal), Value(method), .blob(key), Value(oldest(at: transaction.now))]
    ) { (row) in Stored(requestHash: row.blob(0), reply: row.blob(1)) }
  }

  /// Keeps a reply; one that is too old to count is replaced.
  static func keep(
    _ stored: Stored, principal: String, method: Method, key: [UInt8], in transaction: any Transaction
  ) throws(WireError) {
    try transaction.execute(
      """
      INSERT INTO replies (principal, method, idempotency_key, request_hash, reply, created_at) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (principal, method, idempotency_key)
      DO UPDATE SET request_hash = excluded.request_hash, reply = excluded.reply, created_at = excluded.created_at
      """,
      [
        .text(principal), Value(method), .blob(key), .blob(stored.requestHash), .blob(stored.reply), Value(transaction.now),
      ])
  }

  /// Removes up to `limit` replies that are too old to count.
  /// - Returns: how many went.
  static func sweep(limit: Int, in transaction: any Transaction) throws(WireError) -> Int {
    let old = try transaction.query(
      "SELECT principal, method, idempotency_key FROM replies WHERE created_at <= ? ORDER BY created_at LIMIT ?",
      [Value(oldest(at: transaction.now)), .integer(Int64(limit))]
    ) { (row) in [Value.text(row.text(0)), .integer(row.int64(1)), .blob(row.blob(2))] }
    for key in old {
      try transaction.execute("DELETE FROM replies WHERE principal = ? AND method = ? AND idempotency_key = ?", key)
    }
    return old.count
  }

  /// Removes the replies that say all of these texts, of one method or of all: what they tell of is gone. A request that is repeated
  /// afterwards runs again.
  static func forget(_ method: Method? = nil, saying texts: [String], in transaction: any Transaction) throws(WireError) {
    let says = texts.map { _ in " AND instr(reply, CAST(? AS BLOB)) > 0" }.joined()
    try transaction.execute(
      "DELETE FROM replies WHERE (? IS NULL OR method = ?)" + says,
      [method.map { Value($0) } ?? .null, method.map { Value($0) } ?? .null] + texts.map { .text($0) })
  }

  private static func oldest(at now: Timestamp) -> Timestamp {
    now.advanced(milliseconds: -Limits.idempotencyTtlMs)
  }
}
