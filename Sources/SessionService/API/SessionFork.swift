import Wire

/// A new session that starts at a step of another. It copies nothing: its chain reads through to its parent's.
enum SessionFork {
  /// - Parameters:
  ///   - step: absent means the parent's head.
  ///   - title: absent means the parent's.
  /// - Throws: `not_found` when the parent has no such step, or has it no more.
  static func make(
    of parentId: String, step: UInt64?, title: String?, in transaction: any Transaction
  ) throws(WireError) -> Session {
    let parent = try SessionRepository.get(parentId, in: transaction)
    let step = step ?? parent.headStep
    let head = try SessionRepository.head(parent.id, in: transaction)
    let chain = try SegmentRepository.chain(segmentId: head.segmentId, head: head.step, in: transaction)
    try chain.require(step, of: parent.id)
    let segment = try SegmentRepository.make(
      parent: chain.part(holding: step)?.segmentId, baseStep: step, in: transaction)
    let session = try Session.with { (session) throws(WireError) in
      session = parent
      session.id = transaction.makeId(Identifier.session.prefix)
      session.status = .active
      session.title = try SessionRules.title(title) ?? parent.title
      session.createdAt = transaction.now
      session.updatedAt = transaction.now
      session.version = 1
      session.headStep = step
      session.epoch = 0
      session.forkedFrom = ForkPoint.with { fork in
        fork.sessionId = parent.id
        fork.step = step
      }
    }
    try SessionRepository.insert(session, segmentId: segment, in: transaction)
    return session
  }
}
