import Wire

/// The segments that chains of checkpoints are made of; see ``SessionMigrations`` for how they hang together.
enum SegmentRepository {
  /// Makes a segment for a new session.
  /// - Parameters:
  ///   - parent: the segment that holds the fork's step; nil for a session that starts empty.
  ///   - baseStep: the last step that is read from the parents, 0 for none.
  static func make(parent: Int64?, baseStep: UInt64, in transaction: any Transaction) throws(WireError) -> Int64 {
    let made = try transaction.query(
      "INSERT INTO segments (parent_id, base_step, is_owned) VALUES (?, ?, 1) RETURNING id",
      [parent.map { .integer($0) } ?? .null, Value(baseStep)]
    ) { (row) in row.int64(0) }
    guard let id = made.first else { throw WireError(.storageFailed, "the store did not number a new segment") }
    return id
  }

  /// The chain of a session that writes to `segmentId` and stands at `head`.
  static func chain(
    segmentId: Int64, head: UInt64, in transaction: any Transaction
  ) throws(WireError) -> Chain {
    var segments: [Chain.Segment] = []
    var next: Int64? = segmentId
    while let id = next {
      let found = try transaction.first("SELECT parent_id, base_step, first_step FROM segments WHERE id = ?", [.integer(id)]) {
        (row) in
        (
          parent: row.isNull(0) ? nil : row.int64(0),
          segment: Chain.Segment(id: id, baseStep: row.uint64(1), firstStep: row.uint64(2))
        )
      }
      guard let found else { throw WireError(.corrupt, "segment \(id) of a session's chain is missing") }
      segments.append(found.segment)
      next = found.segment.isCut ? nil : found.parent
    }
    return Chain(segments: segments, head: head)
  }

  /// The session that wrote this segment is gone.
  static func disown(_ id: Int64, in transaction: any Transaction) throws(WireError) {
    try transaction.execute("UPDATE segments SET is_owned = 0 WHERE id = ?", [.integer(id)])
  }

  /// A session writes this segment from now on.
  static func own(_ id: Int64, in transaction: any Transaction) throws(WireError) {
    try transaction.execute("UPDATE segments SET is_owned = 1 WHERE id = ?", [.integer(id)])
  }

  /// Removes up to `limit` checkpoints that nobody can see any more from a segment without owner, and the segment itself
  /// once it is empty and no fork stands on it; then goes on with its parent, which may have waited for that.
  /// - Returns: how many checkpoints went, of which fewer than `limit` mean that nothing is left to do, and the segment to go on with.
  static func collect(
    _ start: Int64, limit: Int, in transaction: any Transaction
  ) throws(WireError) -> (removed: Int, segment: Int64) {
    var removed = 0
    var id = start
    while removed < limit {
      let found = try transaction.first(
        """
        SELECT parent_id, is_owned, (SELECT max(base_step) FROM segments AS fork WHERE fork.parent_id = segments.id)
        FROM segments WHERE id = ?
        """, [.integer(id)]
      ) { (row) in
        (parent: row.isNull(0) ? nil : row.int64(0), isOwned: row.bool(1), lastForked: row.isNull(2) ? nil : row.uint64(2))
      }
      guard let found, !found.isOwned else { break }
      removed += try transaction.execute(
        """
        DELETE FROM checkpoints WHERE seq IN
        (SELECT seq FROM checkpoints WHERE segment_id = ? AND step > ? ORDER BY step DESC LIMIT ?)
        """, [.integer(id), Value(found.lastForked ?? 0), .integer(Int64(limit - removed))])
      guard removed < limit, found.lastForked == nil else { break }
      try transaction.execute("DELETE FROM segments WHERE id = ?", [.integer(id)])
      guard let parent = found.parent else { break }
      id = parent
    }
    return (removed, id)
  }

  /// Segments with something that no session can see, and that no deletion under way will come to.
  static func unseen(limit: Int, in transaction: any Transaction) throws(WireError) -> [Int64] {
    try transaction.query(
      """
      SELECT id FROM segments WHERE is_owned = 0 AND id NOT IN (SELECT segment_id FROM session_deletions) AND (
        NOT EXISTS (SELECT 1 FROM segments AS fork WHERE fork.parent_id = segments.id)
        OR EXISTS (SELECT 1 FROM checkpoints WHERE segment_id = segments.id
          AND step > (SELECT max(base_step) FROM segments AS fork WHERE fork.parent_id = segments.id)))
      ORDER BY id DESC LIMIT ?
      """, [.integer(Int64(limit))]
    ) { (row) in row.int64(0) }
  }
}
