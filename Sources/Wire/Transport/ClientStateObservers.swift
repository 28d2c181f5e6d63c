import Synchronization

/// Who watches a client's connection.
final class ClientStateObservers: Sendable {
  private struct State {
    var last: ClientConnectionState?
    var nextID = 0
    var continuations: [Int: AsyncStream<ClientConnectionState>.Continuation] = [:]
  }

  private let state = Mutex(State())

  func stream() -> AsyncStream<ClientConnectionState> {
    let (stream, continuation) = AsyncStream.makeStream(of: ClientConnectionState.self, bufferingPolicy: .bufferingNewest(64))
    let (id, last) = state.withLock { state in
      state.nextID += 1
      if state.last != .closed { state.continuations[state.nextID] = continuation }
      // Inside the lock, so that no later state can overtake it; yielding calls nobody.
      if let last = state.last { continuation.yield(last) }
      return (state.nextID, state.last)
    }
    continuation.onTermination = { [weak self] _ in self?.forget(id) }
    if last == .closed { continuation.finish() }
    return stream
  }

  func tell(_ new: ClientConnectionState) {
    let continuations = state.withLock { state in
      state.last = new
      for continuation in state.continuations.values { continuation.yield(new) }
      return new == .closed ? Array(state.continuations.values) : []
    }
    for continuation in continuations { continuation.finish() }
  }

  private func forget(_ id: Int) {
    state.withLock { state in _ = state.continuations.removeValue(forKey: id) }
  }
}
