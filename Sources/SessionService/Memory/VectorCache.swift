import Synchronization
import Wire

/// The sets that were searched last, kept up with the store.
final class VectorCache: Sendable {
  static let maxBytes = 256 * 1024 * 1024
  static let maxSets = 1_024

  private struct Key: Hashable {
    let model: String
    let dbConnectionId: String
    let scope: String
  }

  private struct State {
    var sets: [Key: VectorSet] = [:]
    /// The one that was used last stands last.
    var order: [Key] = []
    /// What went up to this change may not be in the store any more.
    var forgotten: Int64 = 0

    mutating func remove(_ key: Key) {
      order.removeAll { $0 == key }
      sets[key] = nil
    }
  }

  private let state = Mutex(State())

  /// How many it keeps.
  var count: Int { state.withLock { $0.sets.count } }

  /// The set as the store has it now.
  func set(
    model: String, _ dbConnectionId: String, _ scope: String, in transaction: any Transaction
  ) throws(WireError) -> VectorSet {
    let key = Key(model: model, dbConnectionId: dbConnectionId, scope: scope)
    var set = state.withLock { state in
      let set = state.sets[key] ?? VectorSet()
      state.remove(key)
      state.order.append(key)
      state.sets[key] = set
      return set
    }
    let before = try set.catchUp(model: model, dbConnectionId, scope, in: transaction)
    if before > 0, before < state.withLock({ $0.forgotten }) {
      // It may have missed that vectors went.
      set = VectorSet()
      try set.catchUp(model: model, dbConnectionId, scope, in: transaction)
      state.withLock { [set] state in if state.sets[key] != nil { state.sets[key] = set } }
    }
    // One without vectors is made anew as fast as it is found; sessions and models come and go.
    let isEmpty = set.bytes == 0
    state.withLock { state in
      if isEmpty { return state.remove(key) }
      while state.order.count > 1,
        state.order.count > Self.maxSets || state.sets.values.reduce(0, { $0 + $1.bytes }) > Self.maxBytes
      {
        state.remove(state.order[0])
      }
    }
    return set
  }

  /// Makes sets anew that are not as new as a change: the store is about to forget which vectors went before it.
  func forget(upTo changed: Int64) { state.withLock { $0.forgotten = max($0.forgotten, changed) } }

  /// Forgets what it has of a connection: its vectors were dropped.
  func drop(_ dbConnectionId: String) {
    state.withLock { state in
      for key in state.order where key.dbConnectionId == dbConnectionId { state.remove(key) }
    }
  }
}
