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
  /// - Parameter subjects: what it tells of: sessions by their ids, connections by ``subject(ofConnection:)``.
  static func keep(
    _ stored: Stored, principal: String, method: Method, key: [UInt8], subjects: Set<String>, in transaction: any Transaction
  ) throws(WireError) {
    let name: [Value] = [.text(principal), Value(method), .blob(key)]
    try transaction.execute(
      """
      INSERT INTO replies (principal, method, idempotency_key, request_hash, reply, created_at, has_subjects)
      VALUES (?, ?, ?, ?, ?, ?, 1)
      ON CONFLICT (principal, method, idempotency_key)
      DO UPDATE SET request_hash = excluded.request_hash, reply = excluded.reply, created_at = excluded.created_at
      """, name + [.blob(stored.requestHash), .blob(stored.reply), Value(transaction.now)])
    for subject in subjects {
      try transaction.execute(
        """
        INSERT INTO reply_subjects (subject, principal, method, idempotency_key) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
        """, [.text(subject)] + name)
    }
  }

  /// How a connection is named as a subject: an alias may look like anything else.
  static func subject(ofConnection alias: String) -> String { "connection " + alias }

  /// Removes up to `limit` replies that are too old to count.
  /// - Returns: how many went.
  static func sweep(limit: Int, in transaction: any Transaction) throws(WireError) -> Int {
    let old = try transaction.query(
      "SELECT principal, method, idempotency_key FROM replies WHERE created_at <= ? ORDER BY created_at LIMIT ?",
      [Value(oldest(at: transaction.now)), .integer(Int64(limit))], name)
    for reply in old { try remove(reply, in: transaction) }
    return old.count
  }

  /// Removes up to `limit` replies about a subject, which is gone. A request that is repeated afterwards runs again.
  /// - Parameters:
  ///   - methods: nil for all.
  ///   - text: what the reply must say as well.
  ///   - says: what a reply says that was kept before subjects were noted.
  /// - Returns: how many went; fewer than `limit` mean that none is left.
  static func forget(
    about subject: String, says: String, _ methods: [Method]? = nil, saying text: String? = nil, limit: Int,
    in transaction: any Transaction
  ) throws(WireError) -> Int {
    let kinds = methods.map { " AND r.method IN (\($0.map { "\($0.rawValue)" }.joined(separator: ", ")))" } ?? ""
    let speaks = text == nil ? "" : " AND instr(r.reply, CAST(? AS BLOB)) > 0"
    let texts: [Value] = text.map { [.text($0)] } ?? []
    var found = try transaction.query(
      """
      SELECT r.principal, r.method, r.idempotency_key FROM reply_subjects s
      JOIN replies r ON r.principal = s.principal AND r.method = s.method AND r.idempotency_key = s.idempotency_key
      WHERE s.subject = ?\(kinds)\(speaks) LIMIT ?
      """, [.text(subject)] + texts + [.integer(Int64(limit))], name)
    if found.count < limit {
      found += try transaction.query(
        """
        SELECT r.principal, r.method, r.idempotency_key FROM replies r
        WHERE r.has_subjects = 0 AND instr(r.reply, CAST(? AS BLOB)) > 0\(kinds)\(speaks) LIMIT ?
        """, [.text(says)] + texts + [.integer(Int64(limit - found.count))], name)
    }
    for reply in found { try remove(reply, in: transaction) }
    return found.count
  }

  private static func name(_ row: any Row) -> [Value] { [.text(row.text(0)), .integer(row.int64(1)), .blob(row.blob(2))] }

  private static func remove(_ name: [Value], in transaction: any Transaction) throws(WireError) {
    for table in ["replies", "reply_subjects"] {
      try transaction.execute("DELETE FROM \(table) WHERE principal = ? AND method = ? AND idempotency_key = ?", name)
    }
  }

  private static func oldest(at now: Timestamp) -> Timestamp {
    now.advanced(milliseconds: -Limits.idempotencyTtlMs)
  }
}
