import NIOCore
import Synchronization

/// The connections of a server: how many are in the handshake, and whom to tell when it stops.
final class ConnectionRegistry: Sendable {
  private struct State {
    var nextID: UInt64 = 1
    var halfOpen: Set<UInt64> = []
    var isStopping = false
    var channels: [UInt64: NIOLoopBoundBox<ServerConnectionHandler?>] = [:]
    var emptied: [CheckedContinuation<Void, Never>] = []
  }

  private let halfOpenLimit: Int
  private let state = Mutex(State())

  init(halfOpenLimit: Int) {
    self.halfOpenLimit = halfOpenLimit
  }

  var count: Int { state.withLock { $0.channels.count } }

  /// The id of a new connection, or nil when it is one too many.
  func admit() -> UInt64? {
    state.withLock { state in
      guard state.halfOpen.count < halfOpenLimit, !state.isStopping else { return nil }
      defer { state.nextID += 1 }
      state.halfOpen.insert(state.nextID)
      return state.nextID
    }
  }

  func add(_ id: UInt64, _ handler: NIOLoopBoundBox<ServerConnectionHandler?>) {
    state.withLock { $0.channels[id] = handler }
  }

  /// The handshake is over.
  func opened(_ id: UInt64) {
    state.withLock { state in _ = state.halfOpen.remove(id) }
  }

  func remove(_ id: UInt64) {
    let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      state.halfOpen.remove(id)
      state.channels[id] = nil
      guard state.isStopping, state.channels.isEmpty else { return [] }
      defer { state.emptied = [] }
      return state.emptied
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Admits nobody any more.
  func beginStop() {
    state.withLock { $0.isStopping = true }
  }

  /// Runs `act` for each connection, on its event loop.
  func forEach(_ act: @escaping @Sendable (ServerConnectionHandler) -> Void) {
    let channels = state.withLock { $0.channels.values.map { $0 } }
    for box in channels {
      box.eventLoop.execute {
        if let handler = box.value { act(handler) }
      }
    }
  }

  /// Returns when the last connection has gone; only after ``beginStop()``.
  func waitUntilEmpty() async {
    await withCheckedContinuation { continuation in
      let isEmpty = state.withLock { state in
        if !state.channels.isEmpty { state.emptied.append(continuation) }
        return state.channels.isEmpty
      }
      if isEmpty { continuation.resume() }
    }
  }
}
