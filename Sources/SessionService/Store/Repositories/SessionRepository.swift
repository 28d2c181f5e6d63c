import Wire

/// The sessions' rows.
enum SessionRepository {
  /// What a commit needs to know of its session.
  struct Head: Sendable {
    let segmentId: Int64
    let status: SessionStatus
    let step: UInt64
    let epoch: UInt64
  }

  /// Which sessions a list shows.
  struct Filter: Sendable {
    var dbConnectionId: String?
    var status: SessionStatus?
    var titleContains: String?
    /// nil for all.
    var connections: Set<String>?
  }

  private static let columns = """
    id, db_connection_id, status, mode, recursion_limit, title, metadata, created_at, updated_at, version, head_step, epoch,
    fork_session_id, fork_step, policy
    """

  /// - Throws: `not_found`, or `invalid_argument` when `id` has not the form of a session's id.
  static func get(_ id: String, in transaction: any Transaction) throws(WireError) -> Session {
    try Identifier.session.require(id)
    guard let found = try find(id, in: transaction) else { throw missing(id) }
    return found
  }

  static func find(_ id: String, in transaction: any Transaction) throws(WireError) -> Session? {
    try transaction.first("SELECT \(columns) FROM sessions WHERE id = ?", [.text(id)]) {
      (row) throws(WireError) in try session(row)
    }
  }

  /// What `idle` asks of a session's row, with the moment four times. A step moves the row's own time; a task that ended without one is an event.
  private static let idleness = """
    updated_at < ? AND NOT EXISTS (SELECT 1 FROM tasks WHERE session_id = sessions.id AND status IN (1, 2, 3))
    AND coalesce((SELECT at FROM events WHERE session_id = sessions.id ORDER BY seq DESC LIMIT 1), 0) < ?
    AND NOT EXISTS (SELECT 1 FROM artifacts WHERE session_id = sessions.id AND updated_at >= ?)
    AND NOT EXISTS (SELECT 1 FROM memories WHERE scope = sessions.id AND updated_at >= ?)
    """

  /// Sessions that seem to be idle since `moment`, in the order they were made, after the one numbered `seq`; ``isIdle(_:since:in:)`` knows.
  static func idle(
    since moment: Timestamp, after seq: Int64, limit: Int, in transaction: any Transaction
  ) throws(WireError) -> [(seq: Int64, id: String)] {
    try transaction.query(
      "SELECT seq, id FROM sessions WHERE seq > ? AND \(idleness) ORDER BY seq LIMIT ?",
      [.integer(seq)] + Array(repeating: Value(moment), count: 4) + [.integer(Int64(limit))]
    ) { (row) in (row.int64(0), row.text(1)) }
  }

  /// Whether nothing has happened in a session since `moment` and no task is left to do in it; false for one that is not there.
  static func isIdle(_ id: String, since moment: Timestamp, in transaction: any Transaction) throws(WireError) -> Bool {
    let connectionId = try transaction.first(
      "SELECT db_connection_id FROM sessions WHERE id = ? AND \(idleness)",
      [.text(id)] + Array(repeating: Value(moment), count: 4)
    ) { (row) in row.text(0) }
    guard let connectionId else { return false }
    return try BlockRepository.list(connectionId, id, in: transaction).allSatisfy { $0.updatedAt < moment }
  }

  /// - Throws: `not_found`, or `invalid_argument` when `id` has not the form of a session's id.
  static func head(_ id: String, in transaction: any Transaction) throws(WireError) -> Head {
    try Identifier.session.require(id)
    let found = try transaction.first(
      "SELECT segment_id, status, head_step, epoch FROM sessions WHERE id = ?", [.text(id)]
    ) { (row) in
      Head(segmentId: row.int64(0), status: row.enumeration(1), step: row.uint64(2), epoch: row.uint64(3))
    }
    guard let found else { throw missing(id) }
    return found
  }

  /// Adds a session, whose chain is written to the segment.
  static func insert(_ session: Session, segmentId: Int64, in transaction: any Transaction) throws(WireError) {
    try transaction.execute(
      """
      INSERT INTO sessions (\(columns), segment_id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(session.id), .text(session.dbConnectionId), Value(session.status), Value(session.mode),
        Value(session.recursionLimit), Value(session.title), .text(session.metadata), Value(session.createdAt),
        Value(session.updatedAt), Value(session.version), Value(session.headStep), Value(session.epoch),
        Value(session.forkedFrom?.sessionId), Value(session.forkedFrom?.step ?? 0), policy(session),
        .integer(segmentId),
      ])
  }

  /// Writes what a person or the queue may change (status, mode, recursion limit, title, metadata, policy), raises the version
  /// and gives it this unit's time. The head and the epoch have functions of their own.
  static func save(_ session: inout Session, in transaction: any Transaction) throws(WireError) {
    session.version += 1
    session.updatedAt = transaction.now
    try transaction.execute(
      """
      UPDATE sessions SET status = ?, mode = ?, recursion_limit = ?, title = ?, metadata = ?, policy = ?,
        updated_at = ?, version = ?
      WHERE id = ?
      """,
      [
        Value(session.status), Value(session.mode), Value(session.recursionLimit), Value(session.title),
        .text(session.metadata), policy(session), Value(session.updatedAt), Value(session.version), .text(session.id),
      ])
  }

  /// Changes the status alone; the caller has asked ``SessionTransitions``.
  static func setStatus(_ id: String, _ status: SessionStatus, in transaction: any Transaction) throws(WireError) {
    try transaction.execute(
      "UPDATE sessions SET status = ?, version = version + 1, updated_at = ? WHERE id = ?",
      [Value(status), Value(transaction.now), .text(id)])
  }

  /// Notes a committed step. The version stays: steps are no change of the session's settings.
  static func advanceHead(_ id: String, to step: UInt64, in transaction: any Transaction) throws(WireError) {
    try transaction.execute(
      "UPDATE sessions SET head_step = ?, updated_at = ? WHERE id = ?", [Value(step), Value(transaction.now), .text(id)])
  }

  /// Begins a new lease: whoever holds an older epoch can write nothing more.
  /// - Returns: the new epoch.
  static func raiseEpoch(_ id: String, in transaction: any Transaction) throws(WireError) -> UInt64 {
    try transaction.execute("UPDATE sessions SET epoch = epoch + 1 WHERE id = ?", [.text(id)])
    return try head(id, in: transaction).epoch
  }

  /// - Returns: whether there was one.
  static func delete(_ id: String, in transaction: any Transaction) throws(WireError) -> Bool {
    try transaction.execute("DELETE FROM sessions WHERE id = ?", [.text(id)]) > 0
  }

  static func exists(_ id: String, on dbConnectionId: String, in transaction: any Transaction) throws(WireError) -> Bool {
    try transaction.first(
      "SELECT 1 FROM sessions WHERE id = ? AND db_connection_id = ?", [.text(id), .text(dbConnectionId)], { (_) in true })
      ?? false
  }

  static func count(dbConnectionId: String, in transaction: any Transaction) throws(WireError) -> UInt64 {
    try transaction.first("SELECT count(*) FROM sessions WHERE db_connection_id = ?", [.text(dbConnectionId)]) { (row) in
      row.uint64(0)
    } ?? 0
  }

  /// A page of the sessions that match, newest first, and how many match in all.
  static func list(
    _ filter: Filter, page: PageRequest, in transaction: any Transaction
  ) throws(WireError) -> FoundPage<Session> {
    var condition = Condition()
    if let connection = filter.dbConnectionId { condition.add("db_connection_id = ?", .text(connection)) }
    if let status = filter.status { condition.add("status = ?", Value(status)) }
    if let part = filter.titleContains {
      condition.add("lower(title) LIKE lower(?) ESCAPE '\\'", .text("%" + escapedForLike(part) + "%"))
    }
    if let connections = filter.connections { condition.add("db_connection_id", oneOf: connections) }
    let total = try transaction.first("SELECT count(*) FROM sessions WHERE \(condition.text)", condition.values) { (row) in
      row.uint64(0)
    }
    let found = try transaction.query(
      "SELECT \(columns), seq FROM sessions WHERE \(condition.text) AND seq < ? ORDER BY seq DESC LIMIT ?",
      condition.values + [.integer(page.before), .integer(Int64(page.limit) + 1)]
    ) { (row) throws(WireError) in (seq: row.int64(15), item: try session(row)) }
    return FoundPage(found: found, total: total ?? 0, request: page, list: "session")
  }

  private static func policy(_ session: Session) -> Value { session.policy.map { .blob($0.encoded()) } ?? .null }

  private static func session(_ row: any Row) throws(WireError) -> Session {
    try Session.with { (session) throws(WireError) in
      session.id = row.text(0)
      session.dbConnectionId = row.text(1)
      session.status = row.enumeration(2)
      session.mode = row.enumeration(3)
      session.recursionLimit = row.uint32(4)
      session.title = row.optionalText(5)
      session.metadata = row.text(6)
      session.createdAt = row.timestamp(7)
      session.updatedAt = row.timestamp(8)
      session.version = row.uint64(9)
      session.headStep = row.uint64(10)
      session.epoch = row.uint64(11)
      if !row.isNull(14) { session.policy = try SessionPolicy(decoding: row.blob(14)) }
      guard let parent = row.optionalText(12) else { return }
      session.forkedFrom = ForkPoint.with { fork in
        fork.sessionId = parent
        fork.step = row.uint64(13)
      }
    }
  }

  static func missing(_ id: String) -> WireError { WireError(.notFound, "there is no session '\(id)'") }
}
