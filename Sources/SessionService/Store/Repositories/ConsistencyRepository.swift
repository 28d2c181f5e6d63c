import Wire

/// Looks for rows that do not fit together: each function returns one sentence a problem, at most 20.
enum ConsistencyRepository {
  /// Sessions whose newest step cannot be found.
  static func sessionsWithoutHead(in transaction: any Transaction) throws(WireError) -> [String] {
    try transaction.query(
      """
      SELECT id, head_step FROM sessions WHERE head_step > fork_step AND NOT EXISTS
      (SELECT 1 FROM checkpoints WHERE segment_id = sessions.segment_id AND step = sessions.head_step) LIMIT 20
      """, []
    ) { (row) in "step \(row.uint64(1)) of session \(row.text(0)) is missing" }
  }

  /// Artifacts whose bytes are not all there.
  static func artifactsWithoutContent(in transaction: any Transaction) throws(WireError) -> [String] {
    try transaction.query(
      """
      SELECT session_id, path FROM artifacts WHERE size <>
      (SELECT coalesce(sum(length(bytes)), 0) FROM content_chunks WHERE content_chunks.content_id = artifacts.content_id)
      LIMIT 20
      """, []
    ) { (row) in "artifact \(quoted(row.text(1))) of session \(row.text(0)) is not whole" }
  }
}
