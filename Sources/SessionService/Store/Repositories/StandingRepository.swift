import Wire

/// What a commit must know before it may write, in one query: it runs for every step of every session.
struct Standing: Sendable {
  let head: SessionRepository.Head
  let lease: Lease?
  /// Whether a person wants the commit's task to stop.
  let isCancelRequested: Bool
  /// The number of the session's newest event, 0 when it has none.
  let lastEvent: UInt64
}

enum StandingRepository {
  /// - Throws: `not_found`, or `invalid_argument` when `sessionId` has not the form of a session's id.
  static func get(sessionId: String, taskId: String, in transaction: any Transaction) throws(WireError) -> Standing {
    try Identifier.session.require(sessionId)
    let found = try transaction.first(
      """
      SELECT s.segment_id, s.status, s.head_step, s.epoch,
        l.task_id, l.node_id, l.node_name, l.key_id, l.epoch,
        (SELECT cancel_requested FROM tasks WHERE id = ?), (SELECT max(seq) FROM events WHERE session_id = s.id)
      FROM sessions s LEFT JOIN leases l ON l.session_id = s.id WHERE s.id = ?
      """, [.text(taskId), .text(sessionId)]
    ) { (row) in
      Standing(
        head: SessionRepository.Head(
          segmentId: row.int64(0), status: row.enumeration(1), step: row.uint64(2), epoch: row.uint64(3)),
        lease: row.isNull(4)
          ? nil
          : Lease(
            sessionId: sessionId, taskId: row.text(4), nodeId: row.text(5), nodeName: row.text(6), keyId: row.text(7),
            epoch: row.uint64(8)),
        isCancelRequested: row.bool(9), lastEvent: row.uint64(10))
    }
    guard let found else { throw SessionRepository.missing(sessionId) }
    return found
  }
}
