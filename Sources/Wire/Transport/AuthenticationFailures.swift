import NIOCore
import Synchronization

/// Counts the failed authentications of each address with each key id. Too many of them turn that pair away for a while, before anything
/// is checked; others behind the same address are let in with their own keys.
final class AuthenticationFailures: Sendable {
  /// Pairs that are remembered; beyond that those whose time is over first are forgotten.
  static let pairs = 10_000

  private struct Entry {
    var count: Int
    var end: NIODeadline
  }

  private struct Pair: Hashable {
    let address: String
    let keyId: String
  }

  private let state = Mutex<[Pair: Entry]>([:])

  /// How many pairs are remembered.
  var count: Int { state.withLock { $0.count } }

  /// - Parameter address: without a port.
  func note(_ address: String, _ keyId: String, _ now: NIODeadline) {
    let pair = Pair(address: address, keyId: keyId)
    state.withLock { entries in
      if entries[pair] == nil, entries.count >= Self.pairs { Self.makeRoom(in: &entries) }
      var entry = entries[pair] ?? Entry(count: 0, end: now)
      if entry.end <= now { entry = Entry(count: 0, end: now + .milliseconds(Limits.authWindowMs)) }
      entry.count += 1
      entries[pair] = entry
    }
  }

  /// Forgets an eighth at once: one at a time would look through all of them for each new key id that somebody makes up.
  private static func makeRoom(in entries: inout [Pair: Entry]) {
    for entry in entries.sorted(by: { $0.value.end < $1.value.end }).prefix(entries.count / 8) { entries[entry.key] = nil }
  }

  /// Why a pair is turned away now; nil while it is not.
  func refusal(of address: String, _ keyId: String, _ now: NIODeadline) -> WireError? {
    let pair = Pair(address: address, keyId: keyId)
    let left = state.withLock { entries -> Int64? in
      guard let entry = entries[pair], entry.count >= Limits.authFailures, entry.end > now else { return nil }
      return (entry.end - now).nanoseconds / 1_000_000
    }
    guard let left else { return nil }
    return WireError(
      .rateLimited, "too many authentications with this key id from this address failed",
      retryAfterMs: UInt32(clamping: max(1, left)))
  }
}
