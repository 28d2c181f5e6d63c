import Logging
import Wire

/// What nobody waits for: removes what has become useless, in slices small enough that nobody notices.
struct Housekeeping: Sendable {
  let store: any Store
  let deletion: SessionDeletion
  let memoryIndex: any MemoryIndex
  let logger: Logger
  var sliceRows = 256

  /// Puts right what an earlier run of the service left half-done. To be called before serving.
  func recover() async throws(WireError) {
    try await store.write { (transaction) throws(WireError) in
      try ContentRepository.discardUploads(in: transaction)
    }
    try await deletion.finishAll()
  }

  /// Sweeps now and then until the task is cancelled.
  func run(every interval: Duration) async {
    while !Task.isCancelled {
      do throws(WireError) { try await sweep() } catch {
        logger.warning("housekeeping failed and will try again", metadata: ["error": "\(error)"])
      }
      guard (try? await Task.sleep(for: interval)) != nil else { return }
    }
  }

  /// Removes replies and memories that have expired, the bytes of artifacts that are gone, and what retention has cut.
  func sweep() async throws(WireError) {
    try await repeatedly { (transaction) throws(WireError) in try ReplyRepository.sweep(limit: sliceRows, in: transaction) }
    try await repeatedly { (transaction) throws(WireError) in
      try MemoryRepository.sweepExpired(limit: sliceRows, index: memoryIndex, in: transaction)
    }
    try await repeatedly { (transaction) throws(WireError) in
      // Chunks are large: a slice holds 4 MiB of them.
      try ContentRepository.sweep(limit: 16, in: transaction)
    }
    try await applyRetention()
    try await repeatedly { (transaction) throws(WireError) in
      try RetentionRepository.sweep(limit: sliceRows, in: transaction)
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
