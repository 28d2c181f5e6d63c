import Synchronization

/// Keeps calls away from a server that fails again and again (M. Nygard, "Release It!"): after some failures in a row it is left
/// alone for a while, then one call tries whether it is well. So a server that is down is not asked by every task at once, and
/// one that comes back is not met by all of them in the same moment.
final class CircuitBreaker: Sendable {
  /// What a call may do now.
  enum Decision: Equatable, Sendable {
    case go
    /// The server is left alone for so long.
    case wait(Duration)
  }

  private struct State {
    var failures = 0
    var closedUntil: ContinuousClock.Instant?
    var pause: Duration
    /// A call is on its way that tries whether the server is well.
    var isTrying = false
  }

  private let failuresToOpen: Int
  private let firstPause: Duration
  private let longestPause: Duration
  private let state: Mutex<State>

  /// - Parameters:
  ///   - failuresToOpen: in a row.
  ///   - firstPause: doubles each time that the server is found to be still unwell.
  init(failuresToOpen: Int = 5, firstPause: Duration = .seconds(1), longestPause: Duration = .seconds(30)) {
    self.failuresToOpen = failuresToOpen
    self.firstPause = firstPause
    self.longestPause = longestPause
    state = Mutex(State(pause: firstPause))
  }

  /// Asks whether a call may go now; one that goes must say how it ended.
  func ask(at now: ContinuousClock.Instant) -> Decision {
    state.withLock { state in
      guard let until = state.closedUntil else { return .go }
      if now < until { return .wait(until - now) }
      // Whoever comes while another tries waits a little for what it finds.
      if state.isTrying { return .wait(firstPause) }
      state.isTrying = true
      return .go
    }
  }

  /// The server answered, whatever it said.
  func succeeded() {
    state.withLock { state in state = State(pause: firstPause) }
  }

  /// The server could not be reached, was silent, or failed.
  func failed(at now: ContinuousClock.Instant) {
    state.withLock { state in
      state.failures += 1
      state.isTrying = false
      guard state.failures >= failuresToOpen else { return }
      state.closedUntil = now + state.pause
      state.pause = min(state.pause * 2, longestPause)
    }
  }

  /// The call was given up before the server had a say.
  func abandoned() {
    state.withLock { $0.isTrying = false }
  }
}
