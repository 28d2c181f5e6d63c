import Guards
import NIOCore
import Synchronization

/// The connections of a server: who may come in, and whom to tell when it stops.
///
/// Nobody can take all places. Of those in the handshake each address has at most half, and when all are taken the address with the most
/// gives one up; of the connections each key has at most half, and some are kept for admins.
final class ConnectionRegistry: Sendable {
  private struct State {
    var nextID: UInt64 = 1
    /// The addresses of those in the handshake.
    var halfOpen: [UInt64: String] = [:]
    /// The keys of those that have proved who they are.
    var open: [UInt64: String] = [:]
    var openByKey: [String: Int] = [:]
    var isStopping = false
    var channels: [UInt64: NIOLoopBoundBox<ServerConnectionHandler?>] = [:]
    var emptied: [CheckedContinuation<Void, Never>] = []
    /// Since the last line of the log about them.
    var refusals = 0
    var refusalsLoggedAt: NIODeadline?
  }

  enum Admission: Equatable {
    /// - Parameter evicted: a connection in the handshake that has to go for it.
    case admitted(UInt64, evicted: UInt64?)
    /// - Parameter toLog: how many were refused since the last line of the log; nil when there was one just now.
    case refused(toLog: Int?)
  }

  private let halfOpenLimit: Int
  private let limit: Int
  private let state = Mutex(State())

  init(halfOpenLimit: Int, limit: Int) {
    self.halfOpenLimit = halfOpenLimit
    self.limit = limit
  }

  var count: Int { state.withLock { $0.channels.count } }

  /// Of those in the handshake, what one address may have.
  private var addressLimit: Int { Guard.handshakes.isOff ? halfOpenLimit : max(1, halfOpenLimit / 2) }
  /// Of the connections, what one key may have.
  private var keyLimit: Int { Guard.places.isOff ? limit : max(8, limit / 2) }
  /// Kept for admins.
  private var reserve: Int { Guard.places.isOff ? 0 : min(8, limit / 8) }
  private static let logInterval = TimeAmount.seconds(10)

  /// A place in the handshake for a new connection.
  /// - Parameter address: what is counted together; see `SocketAddress.neighbourhood`.
  func admit(_ address: String, _ now: NIODeadline) -> Admission {
    state.withLock { state in
      let isOver = state.channels.count >= limit + halfOpenLimit
      var counts: [String: Int] = [:]
      for address in state.halfOpen.values { counts[address, default: 0] += 1 }
      guard !state.isStopping, !isOver, counts[address, default: 0] < addressLimit else { return refusal(&state, now) }
      var evicted: UInt64?
      if state.halfOpen.count >= halfOpenLimit {
        guard !Guard.handshakes.isOff, let worst = counts.max(by: { $0.value < $1.value }),
          worst.value > counts[address, default: 0] + 1,
          let oldest = state.halfOpen.filter({ $0.value == worst.key }).keys.min()
        else { return refusal(&state, now) }
        state.halfOpen[oldest] = nil
        evicted = oldest
      }
      defer { state.nextID += 1 }
      state.halfOpen[state.nextID] = address
      return .admitted(state.nextID, evicted: evicted)
    }
  }

  private func refusal(_ state: inout State, _ now: NIODeadline) -> Admission {
    state.refusals += 1
    if let last = state.refusalsLoggedAt, now < last + Self.logInterval { return .refused(toLog: nil) }
    defer { (state.refusals, state.refusalsLoggedAt) = (0, now) }
    return .refused(toLog: state.refusals)
  }

  func add(_ id: UInt64, _ handler: NIOLoopBoundBox<ServerConnectionHandler?>) {
    state.withLock { $0.channels[id] = handler }
  }

  /// A connection has proved whose it is, and wants one of the places.
  /// - Returns: why it gets none.
  func open(_ id: UInt64, _ keyId: String, _ role: Role) -> WireError? {
    state.withLock { state in
      let isAdmin = role == .admin
      guard state.open.count < (isAdmin ? limit : limit - reserve) else {
        return WireError(.overloaded, "the server has all the \(limit) connections that it may have", retryAfterMs: 1_000)
      }
      guard isAdmin || state.openByKey[keyId, default: 0] < keyLimit else {
        return WireError(.overloaded, "this key has all the \(keyLimit) connections that one key may have", retryAfterMs: 1_000)
      }
      state.halfOpen[id] = nil
      state.open[id] = keyId
      state.openByKey[keyId, default: 0] += 1
      return nil
    }
  }

  func remove(_ id: UInt64) {
    let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      state.halfOpen[id] = nil
      state.channels[id] = nil
      if let key = state.open.removeValue(forKey: id) {
        let left = state.openByKey[key, default: 1] - 1
        state.openByKey[key] = left > 0 ? left : nil
      }
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

  /// Runs `act` for one connection, on its event loop.
  func with(_ id: UInt64, _ act: @escaping @Sendable (ServerConnectionHandler) -> Void) {
    guard let box = state.withLock({ $0.channels[id] }) else { return }
    box.eventLoop.execute {
      if let handler = box.value { act(handler) }
    }
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
