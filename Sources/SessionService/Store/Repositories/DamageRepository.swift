import Wire

/// Steps and artifacts whose stored bytes were found not to be what was written. They are not served; here they have their names.
enum DamageRepository {
  /// A step of a segment, or an artifact of a session.
  struct Place: Sendable, Equatable {
    var sessionId = ""
    var path = ""
    var segmentId: Int64 = 0
    var step: UInt64 = 0
  }

  /// - Returns: whether it was not known.
  static func note(_ place: Place, in transaction: any Transaction) throws(WireError) -> Bool {
    try transaction.execute(
      "INSERT INTO damage (session_id, path, segment_id, step, found_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
      [.text(place.sessionId), .text(place.path), .integer(place.segmentId), Value(place.step), Value(transaction.now)]) > 0
  }

  /// Forgets what is gone: the step or the artifact was removed, or written anew.
  static func forgetGone(in transaction: any Transaction) throws(WireError) {
    try transaction.execute(
      """
      DELETE FROM damage WHERE
        (path = '' AND NOT EXISTS (SELECT 1 FROM checkpoints c WHERE c.segment_id = damage.segment_id AND c.step = damage.step))
        OR (path <> '' AND NOT EXISTS (SELECT 1 FROM artifacts a WHERE a.session_id = damage.session_id AND a.path = damage.path
          AND a.updated_at <= damage.found_at))
      """)
  }

  static func count(in transaction: any Transaction) throws(WireError) -> Int64 {
    try transaction.first("SELECT count(*) FROM damage", []) { (row) in row.int64(0) } ?? 0
  }

  /// One sentence each, at most 20.
  static func sentences(in transaction: any Transaction) throws(WireError) -> [String] {
    try transaction.query(
      """
      SELECT d.session_id, d.path, d.step, (SELECT group_concat(s.id, ', ') FROM sessions s WHERE s.segment_id = d.segment_id)
      FROM damage d ORDER BY d.found_at LIMIT 20
      """, []
    ) { (row) in
      row.text(1).isEmpty
        ? "step \(row.uint64(2)) of session \(row.optionalText(3) ?? "(deleted, kept for its forks)") is damaged"
        : "artifact \(quoted(row.text(1))) of session \(row.text(0)) is damaged"
    }
  }
}
