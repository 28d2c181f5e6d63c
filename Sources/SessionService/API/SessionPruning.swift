import Wire

/// Retention: removes the oldest steps of a session, and the events that tell of them.
///
/// What a resume needs stays: the steps are cut at one that carries a snapshot of all before it. So does what a fork reads.
/// The cut is one small write; the rows behind it go in slices, by ``Housekeeping``.
enum SessionPruning {
  /// - Parameter retention: nil takes the session's own.
  /// - Throws: `failed_precondition` when there is neither.
  static func prune(
    _ id: String, keeping retention: Retention?, in transaction: any Transaction
  ) throws(WireError) -> SessionPruned {
    let session = try SessionRepository.get(id, in: transaction)
    guard let retention = retention ?? session.policy?.retention, !retention.keepsEverything else {
      throw WireError(
        .failedPrecondition, "session '\(id)' keeps everything: it has no retention",
        hint: "Say what to keep, such as 'kaictl session prune \(id) --keep-steps 100'.")
    }
    let head = try SessionRepository.head(id, in: transaction)
    let chain = try SegmentRepository.chain(segmentId: head.segmentId, head: head.step, in: transaction)
    var pruned = SessionPruned.with {
      $0.id = id
      $0.firstStep = chain.first
    }
    guard let cut = try cut(of: head, in: chain, keeping: retention, in: transaction),
      let first = try CheckpointRepository.find(step: cut, of: id, in: chain, transaction)
    else { return pruned }
    let weight = try RetentionRepository.weigh(head.segmentId, before: cut, in: transaction)
    try RetentionRepository.cut(head.segmentId, before: cut, in: transaction)
    let events = try RetentionRepository.removeEvents(of: id, before: first.createdAt, in: transaction)
    pruned.firstStep = cut
    pruned.checkpoints = weight.checkpoints
    pruned.bytes = weight.bytes
    pruned.events = UInt64(events)
    return pruned
  }

  /// The step that becomes the oldest, or nil when nothing can go.
  private static func cut(
    of head: SessionRepository.Head, in chain: Chain, keeping retention: Retention, in transaction: any Transaction
  ) throws(WireError) -> UInt64? {
    var floor = try RetentionRepository.floor(
      of: head.segmentId, head: head.step, keeping: retention, in: transaction)
    if let fork = try RetentionRepository.firstFork(of: head.segmentId, in: transaction) { floor = min(floor, fork) }
    guard let cut = try RetentionRepository.snapshot(of: head.segmentId, atOrBefore: floor, in: transaction),
      cut > chain.first
    else { return nil }
    return cut
  }
}
