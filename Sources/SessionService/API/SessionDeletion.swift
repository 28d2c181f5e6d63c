import NIOCore
import Wire

/// `session.delete`: removes a session and everything that belongs to it.
///
/// The first unit puts a tombstone in the session's place and ends its lease: from then on there is no such session. The
/// rows are removed in slices, so that nobody else waits long; the tombstone counts them. A removal that a crash cut off is
/// finished at the next start, or by the repeated request, whichever comes first.
struct SessionDeletion: Sendable {
  let store: any Store
  let queue: QueueSeam
  /// Rows that one unit removes at most.
  var sliceRows = 256

  func register(on router: inout Router) {
    router.live(.sessionDelete) { (request, context) throws(WireError) in
      let ref = try SessionRef(decoding: request.message)
      try Identifier.session.require(ref.id)
      delete(ref, for: request, context)
    }
  }

  /// Finishes what an earlier run of the service began.
  func finishAll() async throws(WireError) {
    let ids = try await store.read { (transaction) throws(WireError) in
      try SessionDeletionRepository.unfinished(in: transaction)
    }
    for id in ids {
      while try await store.write({ (transaction) throws(WireError) in try removeSlice(of: id, in: transaction) }) == nil {}
    }
  }

  /// Removes what an import that was given up has left in a session's place; not what another one has there by now. Should this fail, the
  /// next start finishes it.
  /// - Parameters:
  ///   - principal: who imported it.
  ///   - key: the import's idempotency key.
  ///   - completion: called when nothing is left, or the store cannot remove it now.
  func removeInBackground(
    _ id: String, importedBy principal: String, _ key: [UInt8], completion: @escaping @Sendable () -> Void
  ) {
    store.write { (transaction) throws(WireError) in
      guard let tombstone = try SessionDeletionRepository.find(id, in: transaction), tombstone.principal == principal,
        tombstone.idempotencyKey == key
      else { return true }
      return try removeSlice(of: id, in: transaction) != nil
    } completion: { result in
      guard case .success(false) = result else { return completion() }
      removeInBackground(id, importedBy: principal, key, completion: completion)
    }
  }

  /// Removes a session in which nothing has happened since `moment`, unless that is not so any more.
  /// - Returns: whether it was removed.
  func remove(_ id: String, idleSince moment: Timestamp) async throws(WireError) -> Bool {
    let isBegun = try await store.write { (transaction) throws(WireError) in
      guard try SessionRepository.isIdle(id, since: moment, in: transaction) else { return false }
      try begin(SessionRef(id: id), as: Claim(), in: transaction)
      return true
    }
    guard isBegun else { return false }
    while try await store.write({ (transaction) throws(WireError) in try removeSlice(of: id, in: transaction) }) == nil {}
    return true
  }

  /// Who removes a session, and for which request.
  struct Claim: Sendable {
    let principal: String
    let idempotencyKey: [UInt8]
    let requestHash: [UInt8]

    init(_ request: InboundRequest) {
      (principal, idempotencyKey, requestHash) = (request.principal.keyId, request.head.idempotencyKey, Idempotency.hash(request))
    }

    /// The service itself.
    init() { (principal, idempotencyKey, requestHash) = ("", [], []) }
  }

  /// What a unit of a delete came to.
  private enum Progress: Sendable {
    case more
    case answered(ByteBuffer, isReplay: Bool)
  }

  private func delete(
    _ ref: SessionRef, for request: InboundRequest, _ context: CallContext
  ) {
    store.write { (transaction) throws(WireError) in
      if let reply = try Idempotency.stored(request, in: transaction) { return Progress.answered(reply, isReplay: true) }
      if let begun = try SessionDeletionRepository.find(ref.id, in: transaction) {
        // Of which connection it was cannot be told any more: who began it may know.
        guard context.access == nil || begun.principal == request.principal.keyId else { throw SessionRepository.missing(ref.id) }
      } else {
        try context.access?.require(session: ref.id, in: transaction)
        try begin(ref, as: Claim(request), in: transaction)
      }
      guard let removed = try removeSlice(of: ref.id, in: transaction) else { return .more }
      return .answered(ByteBuffer(bytes: removed.encoded()), isReplay: false)
    } completion: { result in
      switch result {
      case .failure(let error):
        context.answered(error)
        context.connection.send([.error(request.streamID, error)])
      case .success(.more): delete(ref, for: request, context)
      case .success(.answered(let reply, let isReplay)):
        context.answered(nil)
        context.connection.send([Outbound(streamID: request.streamID, kind: .response(replayed: isReplay), message: reply)])
      }
    }
  }

  func begin(_ ref: SessionRef, as claim: Claim, in transaction: any Transaction) throws(WireError) {
    let session = try SessionRepository.get(ref.id, in: transaction)
    try requireVersion(ref.ifVersion, of: session.version, "session '\(session.id)'")
    let head = try SessionRepository.head(session.id, in: transaction)
    try queue.deletion.sessionWillBeDeleted(session.id, in: transaction)
    try SegmentRepository.disown(head.segmentId, in: transaction)
    try SessionDeletionRepository.insert(
      SessionDeletionRepository.Tombstone(
        removed: SessionDeleted.with { $0.id = session.id }, segmentId: head.segmentId,
        principal: claim.principal, idempotencyKey: claim.idempotencyKey, requestHash: claim.requestHash),
      in: transaction)
    _ = try SessionRepository.delete(session.id, in: transaction)
  }

  /// Removes the next slice.
  /// - Returns: the counts when nothing is left, else nil.
  func removeSlice(of id: String, in transaction: any Transaction) throws(WireError) -> SessionDeleted? {
    guard var tombstone = try SessionDeletionRepository.find(id, in: transaction) else {
      throw WireError(.notFound, "there is no session '\(id)'")
    }
    guard try removeRows(of: &tombstone, in: transaction) < sliceRows else {
      try SessionDeletionRepository.save(tombstone, in: transaction)
      return nil
    }
    let removed = tombstone.removed
    transaction.wipeLog()
    try SessionDeletionRepository.delete(id, in: transaction)
    try ReplyRepository.keep(
      ReplyRepository.Stored(requestHash: tombstone.requestHash, reply: removed.encoded()),
      principal: tombstone.principal, method: .sessionDelete, key: tombstone.idempotencyKey, subjects: [], in: transaction)
    return removed
  }

  /// - Returns: how many rows went; fewer than a slice means that nothing is left.
  private func removeRows(
    of tombstone: inout SessionDeletionRepository.Tombstone, in transaction: any Transaction
  ) throws(WireError) -> Int {
    let id = tombstone.removed.id
    let collected = try SegmentRepository.collect(tombstone.segmentId, limit: sliceRows, in: transaction)
    tombstone.segmentId = collected.segment
    tombstone.removed.checkpoints += UInt64(collected.removed)
    var total = collected.removed
    for table in queue.ownedTables where total < sliceRows {
      let count = try table.deleteRows(ofSession: id, limit: sliceRows - total, in: transaction)
      switch table.kind {
      case .tasks: tombstone.removed.tasks += UInt64(count)
      case .events: tombstone.removed.events += UInt64(count)
      case .uncounted: break
      }
      total += count
    }
    if total < sliceRows {
      let count = try ArtifactRepository.deleteAll(ofSession: id, limit: sliceRows - total, in: transaction)
      tombstone.removed.artifacts += UInt64(count)
      total += count
    }
    if total < sliceRows {
      total += try BlockRepository.deleteAll(ofSession: id, in: transaction)
    }
    if total < sliceRows {
      total += try ReplyRepository.forget(about: id, says: id, limit: sliceRows - total, in: transaction)
    }
    if total < sliceRows {
      let gone = try MemoryRepository.forget(
        MemoryRepository.Selection(scope: id), limit: sliceRows - total, in: transaction)
      tombstone.removed.memories += gone.count
      total += Int(gone.count)
    }
    if total < sliceRows {
      // A chunk is large: it counts for several rows.
      let rowsPerChunk = 8
      let chunks = max(1, (sliceRows - total) / rowsPerChunk)
      if try ContentRepository.sweep(limit: chunks, in: transaction) > 0 { total = sliceRows }
    }
    return total
  }
}
