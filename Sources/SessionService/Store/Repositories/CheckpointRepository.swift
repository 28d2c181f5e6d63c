import Wire

/// The checkpoints' rows, which belong to segments (see ``SegmentRepository``).
enum CheckpointRepository {
  /// A checkpoint with what it carries.
  struct Stored: Sendable {
    let checkpoint: Checkpoint
    /// The compressed body, as it came.
    let body: [UInt8]
    /// The compressed snapshot, as it came; empty when there is none.
    let snapshot: [UInt8]
  }

  private static let columns = """
    step, epoch, task_id, node_id, created_at, kind, summary, body_bytes, body_crc, snapshot_bytes, snapshot_crc
    """

  /// Appends a step to a segment. The caller has checked the fence and the parent step, and moves the session's head.
  /// - Throws: `already_exists` when the segment has this step.
  static func append(
    _ checkpoint: Checkpoint, body: [UInt8], snapshot: [UInt8], segmentId: Int64, in transaction: any Transaction
  ) throws(WireError) {
    try transaction.execute(
      """
      INSERT INTO checkpoints (\(columns), segment_id, body, snapshot)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        Value(checkpoint.step), Value(checkpoint.epoch), .text(checkpoint.taskId), .text(checkpoint.nodeId),
        Value(checkpoint.createdAt), Value(checkpoint.kind), .text(checkpoint.summary), Value(checkpoint.bodyBytes),
        Value(checkpoint.bodyCrc), Value(checkpoint.snapshotBytes), Value(checkpoint.snapshotCrc), .integer(segmentId),
        .blob(body), snapshot.isEmpty ? .null : .blob(snapshot),
      ])
  }

  /// One step of a chain without what it carries, or nil.
  static func find(
    step: UInt64, of sessionId: String, in chain: Chain, _ transaction: any Transaction
  ) throws(WireError) -> Checkpoint? {
    guard let part = chain.part(holding: step) else { return nil }
    return try transaction.first(
      "SELECT \(columns) FROM checkpoints WHERE segment_id = ? AND step = ?", [.integer(part.segmentId), Value(step)]
    ) { (row) in checkpoint(row, sessionId) }
  }

  /// One step of a chain with its body, and its snapshot when it is wanted, or nil.
  /// - Throws: `corrupt` when they are not what was written.
  static func load(
    step: UInt64, withSnapshot: Bool, of sessionId: String, in chain: Chain, _ transaction: any Transaction
  ) throws(WireError) -> Stored? {
    guard let part = chain.part(holding: step) else { return nil }
    return try transaction.first(
      "SELECT \(columns), body, snapshot FROM checkpoints WHERE segment_id = ? AND step = ?",
      [.integer(part.segmentId), Value(step)]
    ) { (row) throws(WireError) in
      let found = checkpoint(row, sessionId)
      let (body, snapshot) = (row.blob(11), withSnapshot ? row.blob(12) : [])
      guard isSound(body, found.bodyBytes, found.bodyCrc),
        !withSnapshot || isSound(snapshot, found.snapshotBytes, found.snapshotCrc)
      else {
        throw WireError(
          .corrupt, "step \(step) of session '\(sessionId)' is damaged: its stored bytes do not match their checksum",
          hint: "Restore a backup, or go on from an earlier step in a fork ('kaictl session fork').")
      }
      return Stored(checkpoint: found, body: body, snapshot: snapshot)
    }
  }

  private static func isSound(_ bytes: [UInt8], _ count: UInt32, _ crc: UInt32) -> Bool {
    bytes.count == Int(count) && (count == 0 || bytes.withUnsafeBytes(Checksum.crc32) == crc)
  }

  /// Looks at the next checkpoints behind a number.
  /// - Returns: the last number, nil when there was none; the steps that are damaged.
  static func scrub(
    after seq: Int64, limit: Int, in transaction: any Transaction
  ) throws(WireError) -> (last: Int64?, damaged: [DamageRepository.Place]) {
    var damaged: [DamageRepository.Place] = []
    let seqs = try transaction.query(
      "SELECT \(columns), body, snapshot, seq, segment_id FROM checkpoints WHERE seq > ? ORDER BY seq LIMIT ?",
      [.integer(seq), .integer(Int64(limit))]
    ) { (row) in
      let found = checkpoint(row, "")
      let isBodySound = isSound(row.blob(11), found.bodyBytes, found.bodyCrc)
      if !isBodySound || !isSound(row.blob(12), found.snapshotBytes, found.snapshotCrc) {
        damaged.append(DamageRepository.Place(segmentId: row.int64(14), step: found.step))
      }
      return row.int64(13)
    }
    return (seqs.last, damaged)
  }

  /// The newest step at or before `step` that carries a snapshot, or nil.
  static func lastSnapshot(
    atOrBefore step: UInt64, in chain: Chain, _ transaction: any Transaction
  ) throws(WireError) -> UInt64? {
    for part in chain.parts.reversed() where part.first <= step {
      let found = try transaction.first(
        """
        SELECT step FROM checkpoints WHERE segment_id = ? AND step <= ? AND snapshot_bytes > 0
        ORDER BY step DESC LIMIT 1
        """, [.integer(part.segmentId), Value(min(step, part.last))]
      ) { (row) in row.uint64(0) }
      if let found { return found }
    }
    return nil
  }

  /// A page of a chain, newest first.
  static func list(
    of sessionId: String, in chain: Chain, page: PageRequest, _ transaction: any Transaction
  ) throws(WireError) -> FoundPage<Checkpoint> {
    var found: [(seq: Int64, item: Checkpoint)] = []
    for part in chain.parts.reversed() where found.count <= page.limit {
      let last = min(part.last, UInt64(page.before - 1))
      guard part.first <= last else { continue }
      found += try transaction.query(
        """
        SELECT \(columns) FROM checkpoints WHERE segment_id = ? AND step BETWEEN ? AND ? ORDER BY step DESC LIMIT ?
        """,
        [.integer(part.segmentId), Value(part.first), Value(last), .integer(Int64(page.limit + 1 - found.count))]
      ) { (row) in (seq: row.int64(0), item: checkpoint(row, sessionId)) }
    }
    return FoundPage(found: found, total: chain.head + 1 - chain.first, request: page, list: "checkpoint")
  }

  /// Of the bodies and snapshots of a chain.
  static func bytes(in chain: Chain, _ transaction: any Transaction) throws(WireError) -> UInt64 {
    var bytes: UInt64 = 0
    for part in chain.parts {
      bytes +=
        try transaction.first(
          "SELECT coalesce(sum(body_bytes + snapshot_bytes), 0) FROM checkpoints WHERE segment_id = ? AND step BETWEEN ? AND ?",
          [.integer(part.segmentId), Value(part.first), Value(part.last)]
        ) { (row) in row.uint64(0) } ?? 0
    }
    return bytes
  }

  private static func checkpoint(_ row: any Row, _ sessionId: String) -> Checkpoint {
    Checkpoint.with { checkpoint in
      checkpoint.sessionId = sessionId
      checkpoint.step = row.uint64(0)
      checkpoint.parentStep = checkpoint.step &- 1
      checkpoint.epoch = row.uint64(1)
      checkpoint.taskId = row.text(2)
      checkpoint.nodeId = row.text(3)
      checkpoint.createdAt = row.timestamp(4)
      checkpoint.kind = row.enumeration(5)
      checkpoint.summary = row.text(6)
      checkpoint.bodyBytes = row.uint32(7)
      checkpoint.bodyCrc = row.uint32(8)
      checkpoint.snapshotBytes = row.uint32(9)
      checkpoint.snapshotCrc = row.uint32(10)
    }
  }
}
