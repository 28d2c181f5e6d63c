import Wire

/// The artifacts' rows. Their bytes are in ``ContentRepository``.
enum ArtifactRepository {
  private static let columns = """
    id, session_id, path, media_type, size, sha256, task_id, created_at, updated_at, version
    """

  /// - Throws: `not_found`
  static func get(
    sessionId: String, path: String, in transaction: any Transaction
  ) throws(WireError) -> (artifact: Artifact, contentId: Int64) {
    if let found = try find(sessionId: sessionId, path: path, in: transaction) { return found }
    throw WireError(
      .notFound, "session '\(sessionId)' has no artifact \(quoted(path))",
      hint: "List them with 'kaictl artifact list \(sessionId)'.")
  }

  static func find(
    sessionId: String, path: String, in transaction: any Transaction
  ) throws(WireError) -> (artifact: Artifact, contentId: Int64)? {
    try transaction.first(
      "SELECT \(columns), content_id FROM artifacts WHERE session_id = ? AND path = ?", [.text(sessionId), .text(path)]
    ) { (row) in (artifact: artifact(row), contentId: row.int64(10)) }
  }

  /// Adds an artifact, or replaces the one of the same session and path.
  static func put(_ artifact: Artifact, contentId: Int64, in transaction: any Transaction) throws(WireError) {
    try transaction.execute(
      """
      INSERT INTO artifacts (\(columns), content_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (session_id, path) DO UPDATE SET
        media_type = excluded.media_type, size = excluded.size, sha256 = excluded.sha256, task_id = excluded.task_id,
        updated_at = excluded.updated_at, version = excluded.version, content_id = excluded.content_id
      """,
      [
        .text(artifact.id), .text(artifact.sessionId), .text(artifact.path), .text(artifact.mediaType),
        Value(artifact.size), .blob(artifact.sha256), .text(artifact.taskId), Value(artifact.createdAt),
        Value(artifact.updatedAt), Value(artifact.version), .integer(contentId),
      ])
  }

  static func delete(_ id: String, in transaction: any Transaction) throws(WireError) {
    try transaction.execute("DELETE FROM artifacts WHERE id = ?", [.text(id)])
  }

  /// Removes up to `limit` artifacts of a session; their contents wait to be swept.
  /// - Returns: how many went.
  static func deleteAll(ofSession id: String, limit: Int, in transaction: any Transaction) throws(WireError) -> Int {
    let found = try transaction.query(
      "SELECT id, content_id FROM artifacts WHERE session_id = ? LIMIT ?", [.text(id), .integer(Int64(limit))]
    ) { (row) in (id: row.text(0), contentId: row.int64(1)) }
    for artifact in found {
      try ContentRepository.set(artifact.contentId, .discarded, in: transaction)
      try delete(artifact.id, in: transaction)
    }
    return found.count
  }

  /// The first of a session's artifacts behind a number.
  static func next(
    ofSession id: String, after seq: Int64, in transaction: any Transaction
  ) throws(WireError) -> (artifact: Artifact, seq: Int64, contentId: Int64)? {
    try transaction.first(
      "SELECT \(columns), seq, content_id FROM artifacts WHERE session_id = ? AND seq > ? ORDER BY seq LIMIT 1",
      [.text(id), .integer(seq)]
    ) { (row) in (artifact: artifact(row), seq: row.int64(10), contentId: row.int64(11)) }
  }

  /// Of all artifacts of a session.
  static func bytes(ofSession id: String, in transaction: any Transaction) throws(WireError) -> UInt64 {
    try transaction.first("SELECT coalesce(sum(size), 0) FROM artifacts WHERE session_id = ?", [.text(id)]) { (row) in
      row.uint64(0)
    } ?? 0
  }

  static func list(
    sessionId: String, page: PageRequest, in transaction: any Transaction
  ) throws(WireError) -> FoundPage<Artifact> {
    let total = try transaction.first("SELECT count(*) FROM artifacts WHERE session_id = ?", [.text(sessionId)]) { (row) in
      row.uint64(0)
    }
    let found = try transaction.query(
      "SELECT \(columns), seq FROM artifacts WHERE session_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
      [.text(sessionId), .integer(page.before), .integer(Int64(page.limit) + 1)]
    ) { (row) in (seq: row.int64(10), item: artifact(row)) }
    return FoundPage(found: found, total: total ?? 0, request: page, list: "artifact")
  }

  private static func artifact(_ row: any Row) -> Artifact {
    Artifact.with { artifact in
      artifact.id = row.text(0)
      artifact.sessionId = row.text(1)
      artifact.path = row.text(2)
      artifact.mediaType = row.text(3)
      artifact.size = row.uint64(4)
      artifact.sha256 = row.blob(5)
      artifact.taskId = row.text(6)
      artifact.createdAt = row.timestamp(7)
      artifact.updatedAt = row.timestamp(8)
      artifact.version = row.uint64(9)
    }
  }
}
