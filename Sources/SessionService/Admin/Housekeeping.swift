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

  /// Removes replies and memories that have expired, and the bytes of artifacts that are gone.
  func sweep() async throws(WireError) {
    try await repeatedly { (transaction) throws(WireError) in try ReplyRepository.sweep(limit: sliceRows, in: transaction) }
    try await repeatedly { (transaction) throws(WireError) in
      try MemoryRepository.sweepExpired(limit: sliceRows, index: memoryIndex, in: transaction)
    }
    try await repeatedly { (transaction) throws(WireError) in
      // Chunks are large: a slice holds 4 MiB of them.
      try ContentRepository.sweep(limit: 16, in: transaction)
    }
  }

  private func repeatedly(_ slice: @escaping StoreUnit<Int>) async throws(WireError) {
    while !Task.isCancelled, try await store.write(slice) > 0 {}
  }
}
