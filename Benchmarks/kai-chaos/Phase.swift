import Synchronization

/// A part of a run that everybody in it takes part in until it is over.
final class Phase: Sendable {
  private let state = Mutex<(isOver: Bool, patience: ContinuousClock.Instant?)>((false, nil))

  var isOver: Bool { state.withLock { $0.isOver } }

  /// Whether what was begun in it should have ended by now.
  var isPatienceOver: Bool { state.withLock { $0.patience.map { $0 <= .now } ?? false } }

  func end(patience: Duration) { state.withLock { $0 = (true, .now + patience) } }

  /// Waits so long, or until `isEnough`, or until the phase is over.
  func wait(_ time: Duration, unless isEnough: () -> Bool = { false }) async {
    let deadline = ContinuousClock.now + time
    while ContinuousClock.now < deadline, !isOver, !isEnough() {
      try? await Task.sleep(for: min(.milliseconds(10), deadline - .now))
    }
  }
}
