import Synchronization

/// What a store counts about itself since it was opened.
final class StoreFigures: Sendable {
  struct Snapshot: Sendable, Equatable {
    /// Commits, each with one fsync.
    var commits: UInt64 = 0
    /// What a commit with its fsync takes, in seconds; the newest counts most.
    var commitSeconds = 0.0
    var units: UInt64 = 0
    /// Units that threw and were undone alone.
    var failedUnits: UInt64 = 0
    var checkpoints: UInt64 = 0
    /// Pages in the write-ahead log.
    var walPages = 0
    /// A commit failed for good: nothing is written until the store is opened anew.
    var isBroken = false
    /// The log still has what was removed: the next commit after a second empties it.
    var logWaitsForWiping = false
  }

  private let state = Mutex(Snapshot())

  var snapshot: Snapshot { state.withLock { $0 } }

  func committed(in seconds: Double) {
    state.withLock { state in
      state.commits += 1
      state.commitSeconds = state.commits == 1 ? seconds : state.commitSeconds + (seconds - state.commitSeconds) * Self.weight
    }
  }

  /// Of the newest commit in the mean.
  private static let weight = 0.05

  func broke() { state.withLock { $0.isBroken = true } }

  func ran(failed: Bool) {
    state.withLock { state in
      state.units += 1
      if failed { state.failedUnits += 1 }
    }
  }

  func walPages(_ pages: Int) { state.withLock { $0.walPages = pages } }

  func logWaitsForWiping(_ waits: Bool) { state.withLock { $0.logWaitsForWiping = waits } }

  func checkpointed(walPages: Int) {
    state.withLock { state in
      state.checkpoints += 1
      state.walPages = walPages
    }
  }
}
