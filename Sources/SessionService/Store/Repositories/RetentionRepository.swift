import Wire

/// What retention asks of the store and does in it: the past of a segment, from its oldest step on.
enum RetentionRepository {
  /// The oldest step of a segment that the limits keep; everything before it may go.
  static func floor(
    of segmentId: Int64, head: UInt64, keeping retention: Retention, in transaction: any Transaction
  ) throws(WireError) -> UInt64 {
    var floor: UInt64 = 0
    if retention.steps > 0 { floor = max(floor, head >= retention.steps ? head - retention.steps + 1 : 0) }
    if retention.ageMs > 0 {
      let oldest = transaction.now.microseconds &- Int64(clamping: retention.ageMs).multipliedClamping(by: 1_000)
      let youngest = try transaction.first(
        "SELECT min(step) FROM checkpoints WHERE segment_id = ? AND created_at >= ?", [.integer(segmentId), .integer(oldest)]
      ) { (row) in row.isNull(0) ? head : row.uint64(0) }
      floor = max(floor, youngest ?? 0)
    }
    if retention.bytes > 0 {
      let tooMuch = try transaction.first(
        """
        SELECT max(step) FROM (
          SELECT step, sum(body_bytes + snapshot_bytes) OVER (ORDER BY step DESC) AS total
          FROM checkpoints WHERE segment_id = ?
        ) WHERE total > ?
        """, [.integer(segmentId), .integer(Int64(clamping: retention.bytes))]
      ) { (row) in row.isNull(0) ? 0 : row.uint64(0) }
      floor = max(floor, (tooMuch ?? 0) + 1)
    }
    return floor
  }

  /// The earliest step of a segment from which a fork still reads, or nil.
  static func firstFork(of segmentId: Int64, in transaction: any Transaction) throws(WireError) -> UInt64? {
    try transaction.first(
      "SELECT min(base_step) FROM segments WHERE parent_id = ? AND first_step <= base_step + 1", [.integer(segmentId)]
    ) { (row) in row.isNull(0) ? nil : row.uint64(0) } ?? nil
  }

  /// The newest step of a segment at or before `step` that carries a snapshot, or nil.
  static func snapshot(
    of segmentId: Int64, atOrBefore step: UInt64, in transaction: any Transaction
  ) throws(WireError) -> UInt64? {
    try transaction.first(
      "SELECT max(step) FROM checkpoints WHERE segment_id = ? AND step <= ? AND snapshot_bytes > 0",
      [.integer(segmentId), Value(step)]
    ) { (row) in row.isNull(0) ? nil : row.uint64(0) } ?? nil
  }

  /// Steps before `step` and the bytes of their bodies and snapshots.
  static func weigh(
    _ segmentId: Int64, before step: UInt64, in transaction: any Transaction
  ) throws(WireError) -> (checkpoints: UInt64, bytes: UInt64) {
    try transaction.first(
      "SELECT count(*), sum(body_bytes + snapshot_bytes) FROM checkpoints WHERE segment_id = ? AND step < ?",
      [.integer(segmentId), Value(step)]
    ) { (row) in (row.uint64(0), row.uint64(1)) } ?? (0, 0)
  }

  /// From now on nobody sees steps before `step`.
  static func cut(_ segmentId: Int64, before step: UInt64, in transaction: any Transaction) throws(WireError) {
    try transaction.execute("UPDATE segments SET first_step = ? WHERE id = ?", [Value(step), .integer(segmentId)])
  }

  /// Removes steps that nobody sees any more.
  /// - Returns: how many; 0 when nothing is left to do.
  static func sweep(limit: Int, in transaction: any Transaction) throws(WireError) -> Int {
    try transaction.execute(
      """
      DELETE FROM checkpoints WHERE seq IN (
        SELECT c.seq FROM segments s JOIN checkpoints c ON c.segment_id = s.id AND c.step < s.first_step
        WHERE s.first_step > 0 LIMIT ?)
      """, [.integer(Int64(limit))])
  }

  /// Removes the events before the first that is as young as `moment`: clocks may have gone back, and what is younger stays.
  static func removeEvents(
    of sessionId: String, before moment: Timestamp, in transaction: any Transaction
  ) throws(WireError) -> Int {
    try transaction.execute(
      """
      DELETE FROM events WHERE session_id = ? AND seq < (SELECT min(seq) FROM events WHERE session_id = ? AND at >= ?)
      """, [.text(sessionId), .text(sessionId), Value(moment)])
  }

  /// Sessions that have a policy, in the order they were made, after the one numbered `seq`.
  static func sessionsWithPolicy(
    after seq: Int64, limit: Int, in transaction: any Transaction
  ) throws(WireError) -> [(seq: Int64, id: String)] {
    try transaction.query(
      "SELECT seq, id FROM sessions WHERE policy IS NOT NULL AND seq > ? ORDER BY seq LIMIT ?",
      [.integer(seq), .integer(Int64(limit))]
    ) { (row) in (row.int64(0), row.text(1)) }
  }
}

extension Int64 {
  fileprivate func multipliedClamping(by factor: Int64) -> Int64 {
    let (product, isTooLarge) = multipliedReportingOverflow(by: factor)
    return isTooLarge ? .max : product
  }
}
