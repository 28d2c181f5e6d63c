import Guards
import Synchronization

/// How many bytes the connections of a server may hold together: requests under way, frames that have not arrived whole, what uploads may
/// send, and replies that wait for their readers. No key may hold more than half of it.
public final class MemoryBudget: Sendable {
  public let limitBytes: Int
  private let heldBytes = Atomic<Int>(0)
  private let state = Mutex(State())

  private struct State {
    var shares: [String: MemoryShare] = [:]
    var accounts: [ObjectIdentifier: MemoryAccount] = [:]
  }

  /// However full it is, each connection may still have this much under way: heartbeats and small commits go on while uploads and
  /// floods wait.
  static let floorBytes = 16 * 1024

  public init(limitBytes: Int) { self.limitBytes = limitBytes }

  /// Bytes that are held now.
  public var usedBytes: Int { heldBytes.load(ordering: .relaxed) }

  /// What one key may hold on all its connections.
  public var keyLimitBytes: Int { limitBytes / 2 }

  /// Opens the account of a connection.
  package func open(_ keyId: String) -> MemoryAccount {
    state.withLock { state in
      let share = state.shares[keyId] ?? MemoryShare()
      state.shares[keyId] = share
      share.connections += 1
      let account = MemoryAccount(self, share, keyId)
      state.accounts[ObjectIdentifier(account)] = account
      return account
    }
  }

  fileprivate func close(_ account: MemoryAccount) {
    state.withLock { state in
      guard state.accounts.removeValue(forKey: ObjectIdentifier(account)) != nil else { return }
      account.share.connections -= 1
      if account.share.connections == 0 { state.shares[account.keyId] = nil }
    }
  }

  fileprivate func change(by bytes: Int) { heldBytes.wrappingAdd(bytes, ordering: .relaxed) }

  /// The connection that holds the most, if that is a part that matters.
  fileprivate var worst: MemoryAccount? {
    let worst = state.withLock { $0.accounts.values.max { $0.heldBytes < $1.heldBytes } }
    return worst.flatMap { $0.heldBytes > limitBytes / 32 ? $0 : nil }
  }
}

/// What the connections of one key hold together.
final class MemoryShare: Sendable {
  fileprivate let heldBytes = Atomic<Int>(0)
  private let connectionCount = Atomic<Int>(0)

  /// Changed under the budget's lock alone.
  fileprivate var connections: Int {
    get { connectionCount.load(ordering: .relaxed) }
    set { connectionCount.store(newValue, ordering: .relaxed) }
  }
}

/// What one connection holds of its server's budget. Every function may be called from any thread.
package final class MemoryAccount: Sendable {
  private let budget: MemoryBudget
  fileprivate let share: MemoryShare
  fileprivate let keyId: String
  private let held = Atomic<Int>(0)
  private let closer = Mutex<(@Sendable (WireError) -> Void)?>(nil)

  fileprivate init(_ budget: MemoryBudget, _ share: MemoryShare, _ keyId: String) {
    (self.budget, self.share, self.keyId) = (budget, share, keyId)
  }

  package var heldBytes: Int { held.load(ordering: .relaxed) }

  /// Holds more, or gives back with a negative number.
  package func change(by bytes: Int) {
    guard bytes != 0, !Guard.memory.isOff else { return }
    held.wrappingAdd(bytes, ordering: .relaxed)
    share.heldBytes.wrappingAdd(bytes, ordering: .relaxed)
    budget.change(by: bytes)
  }

  /// How much more the connection may hold; less than nothing when others hold too much.
  package var roomBytes: Int {
    min(budget.limitBytes - budget.usedBytes, budget.keyLimitBytes - share.heldBytes.load(ordering: .relaxed))
  }

  /// How the connection can be ended when it holds the most and all is held.
  package func closes(by close: @escaping @Sendable (WireError) -> Void) { closer.withLock { $0 = close } }

  /// Why no reply should be made for this connection now; nil while there is room. When everything is held, the connection that holds the
  /// most is ended.
  package var refusal: WireError? {
    if share.heldBytes.load(ordering: .relaxed) > budget.keyLimitBytes {
      return WireError(
        .overloaded,
        "the replies and requests of this key hold \(budget.keyLimitBytes) bytes, which is all that one key may have",
        hint: "Read the replies that are under way first.", retryAfterMs: 1_000)
    }
    guard budget.usedBytes > budget.limitBytes else { return nil }
    if let worst = budget.worst {
      worst.closer.withLock { $0 }?(
        WireError(.overloaded, "the server has no memory left, and this connection holds the most of it", retryAfterMs: 1_000))
    }
    return WireError(.overloaded, "the server has no memory left for replies", retryAfterMs: 1_000)
  }

  /// The connection is over. What it still holds is given back by whoever holds it.
  package func close() {
    closer.withLock { $0 = nil }
    budget.close(self)
  }
}
