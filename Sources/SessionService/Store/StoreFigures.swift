import Synchronization
import Wire

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
    /// Transactions that failed as a whole.
    var failedCommits: UInt64 = 0
    /// Why nothing is written; nil once something has been written again.
    var trouble: WireError?
    /// The trouble is for good: nothing is written until the store is opened anew.
    var isBroken = false
    var room = DiskRoom.enough
    /// Why a write that makes the store grow would be refused or fail now.
    var problem: WireError? { trouble ?? room.refusal }
    /// The log still has what was removed: the next commit after a second empties it.
    var logWaitsForWiping = false
  }

  private let state = Mutex(Snapshot())

  var snapshot: Snapshot { state.withLock { $0 } }

  /// The disk has taken something.
  func committed(in seconds: Double) {
    state.withLock { state in
      state.commits += 1
      if !state.isBroken { state.trouble = nil }
      state.commitSeconds = state.commits == 1 ? seconds : state.commitSeconds + (seconds - state.commitSeconds) * Self.weight
    }
  }

  /// Of the newest commit in the mean.
  private static let weight = 0.05

  /// A transaction failed as a whole.
  /// - Parameter isForGood: whether nothing more is written until the store is opened anew.
  func failed(_ error: WireError, isForGood: Bool) {
    state.withLock { state in
      state.failedCommits += 1
      guard !state.isBroken else { return }
      state.trouble = error
      state.isBroken = isForGood
    }
  }

  func room(_ room: DiskRoom) { state.withLock { $0.room = room } }

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
