import Synchronization

/// Says when a query must stop: its time is over, or the task that waits for it was cancelled. Asked by SQLite's progress
/// handler on the database's thread; ``cancel()`` comes from any thread.
final class QueryWatch: Sendable {
  private let deadline: ContinuousClock.Instant
  private let start: ContinuousClock.Instant
  private let cancelled = Atomic(false)

  init(milliseconds: Int64) {
    start = .now
    deadline = start.advanced(by: .milliseconds(milliseconds))
  }

  func cancel() { cancelled.store(true, ordering: .relaxed) }

  var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

  var mayProceed: Bool { !isCancelled && ContinuousClock.now < deadline }

  var elapsedMs: UInt64 {
    let (seconds, attoseconds) = start.duration(to: .now).components
    return UInt64(clamping: seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
  }
}
