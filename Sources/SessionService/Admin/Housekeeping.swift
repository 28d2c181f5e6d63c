import Logging
import Wire

/// What nobody waits for: removes what has become useless, in slices small enough that nobody notices.
struct Housekeeping: Sendable {
  let store: any Store
  let deletion: SessionDeletion
  let vectors: VectorCache
  let logger: Logger
  /// Sessions in which nothing has happened for so many days are removed; nil keeps all.
  var deleteIdleDays: Int?
  var sliceRows = 256
  /// Each has many words.
  private let sliceMemories = 64
  /// Changes of memories and vectors after which a set of vectors that nobody searched is made anew instead of being kept up.
  var keptChanges: Int64 = 1_000

  /// Puts right what an earlier run of the service left half-done. To be called before serving.
  func recover() async throws(WireError) {
    try await store.write { (transaction) throws(WireError) in
      try ContentRepository.discardUploads(in: transaction)
      try VectorRepository.forgetRemovals(in: transaction)
    }
    try await deletion.finishAll()
    try await removeUnseen()
  }

  /// Removes steps that no session can see: versions before 0.3 could lose them when a fork was deleted after its parent.
  private func removeUnseen() async throws(WireError) {
    while let first = try await store.read({ (transaction) throws(WireError) in
      try SegmentRepository.unseen(limit: 1, in: transaction).first
    }) {
      var segment = first
      var removed = sliceRows
      while removed == sliceRows {
        (removed, segment) = try await store.write { [segment] (transaction) throws(WireError) in
          try SegmentRepository.collect(segment, limit: sliceRows, in: transaction)
        }
      }
    }
  }

  /// Indexes memories whose words an older version of the service found, then sweeps now and then until the task is cancelled.
  func run(every interval: Duration) async {
    do throws(WireError) { try await indexMemories() } catch {
      logger.warning("memories could not be indexed anew; the next start tries again", metadata: ["error": "\(error)"])
    }
    while !Task.isCancelled {
      do throws(WireError) { try await sweep() } catch {
        logger.warning("housekeeping failed and will try again", metadata: ["error": "\(error)"])
      }
      guard (try? await Task.sleep(for: interval)) != nil else { return }
    }
  }

  /// Fills the index of words anew if it is not what this version would make of the memories.
  func indexMemories() async throws(WireError) {
    guard try await store.read({ (transaction) throws(WireError) in try !TermIndexRepository.isCurrent(in: transaction) }) else {
      return
    }
    try await store.write { (transaction) throws(WireError) in try TermIndexRepository.clear(in: transaction) }
    try await index { (last, transaction) throws(WireError) in
      let memories = try MemoryRepository.page(after: last, limit: sliceMemories, in: transaction)
      for (seq, memory) in memories { try MemoryRepository.index(memory, seq: seq, in: transaction) }
      return memories.last?.seq
    }
    try await index { (last, transaction) throws(WireError) in
      let pieces = try KnowledgeRepository.page(after: last, limit: sliceMemories, in: transaction)
      for (seq, piece) in pieces { try KnowledgeRepository.index(piece, seq: seq, in: transaction) }
      return pieces.last?.seq
    }
    guard !Task.isCancelled else { return }
    try await store.write { (transaction) throws(WireError) in try TermIndexRepository.markCurrent(in: transaction) }
  }

  /// Goes through rows in slices: `slice` indexes those behind a number and says the last one's, or nil when there are none.
  private func index(
    _ slice: @escaping @Sendable (Int64, any Transaction) throws(WireError) -> Int64?
  ) async throws(WireError) {
    var last: Int64? = 0
    while let after = last, !Task.isCancelled {
      last = try await store.write { (transaction) throws(WireError) in try slice(after, transaction) }
    }
  }

  /// Removes replies and memories that have expired, the bytes of artifacts that are gone, what retention has cut, and sessions that have been
  /// idle for too long.
  func sweep() async throws(WireError) {
    try await repeatedly { (transaction) throws(WireError) in try ReplyRepository.sweep(limit: sliceRows, in: transaction) }
    try await repeatedly { (transaction) throws(WireError) in
      try MemoryRepository.sweepExpired(limit: sliceRows, in: transaction)
    }
    try await repeatedly { (transaction) throws(WireError) in
      // Chunks are large: a slice holds 4 MiB of them.
      try ContentRepository.sweep(limit: 16, in: transaction)
    }
    try await forgetRemovals()
    try await applyRetention()
    try await repeatedly { (transaction) throws(WireError) in
      try RetentionRepository.sweep(limit: sliceRows, in: transaction)
    }
    try await removeIdle()
  }

  /// Forgets which vectors went, except for what sets in memory are likely to ask for.
  private func forgetRemovals() async throws(WireError) {
    let last = try await store.read { (transaction) throws(WireError) in try ChangeNumbers.last(in: transaction) }
    let upTo = last - keptChanges
    guard upTo > 0 else { return }
    vectors.forget(upTo: upTo)
    try await repeatedly { (transaction) throws(WireError) in
      try VectorRepository.sweepRemovals(upTo: upTo, limit: sliceRows, in: transaction)
    }
  }

  private func removeIdle() async throws(WireError) {
    guard let deleteIdleDays else { return }
    var last: Int64 = 0
    while !Task.isCancelled {
      let (moment, sessions) = try await store.read { [last] (transaction) throws(WireError) in
        let moment = transaction.now.advanced(milliseconds: -Int64(deleteIdleDays) * 86_400_000)
        return (moment, try SessionRepository.idle(since: moment, after: last, limit: sliceRows, in: transaction))
      }
      guard let newest = sessions.last else { return }
      for session in sessions where !Task.isCancelled {
        guard try await deletion.remove(session.id, idleSince: moment) else { continue }
        logger.notice(
          "a session was removed: nothing happened in it for \(deleteIdleDays) days", metadata: ["session": "\(session.id)"])
      }
      last = newest.seq
    }
  }

  /// Prunes each session that has a retention.
  private func applyRetention() async throws(WireError) {
    var last: Int64 = 0
    while !Task.isCancelled {
      let sessions = try await store.read { [last] (transaction) throws(WireError) in
        try RetentionRepository.sessionsWithPolicy(after: last, limit: sliceRows, in: transaction)
      }
      guard let newest = sessions.last else { return }
      for session in sessions {
        do throws(WireError) {
          try await store.write { (transaction) throws(WireError) in
            guard try SessionRepository.get(session.id, in: transaction).policy?.retention != nil else { return }
            _ = try SessionPruning.prune(session.id, keeping: nil, in: transaction)
          }
        } catch  where error.errorCode == .notFound {
          // It was deleted meanwhile.
        }
      }
      last = newest.seq
    }
  }

  private func repeatedly(_ slice: @escaping StoreUnit<Int>) async throws(WireError) {
    while !Task.isCancelled, try await store.write(slice) > 0 {}
  }
}
