import NIOCore
import Synchronization

/// Counts the failed authentications of each address. One with too many of them is turned away for a while, before anything is checked.
final class AuthenticationFailures: Sendable {
  /// Addresses that are remembered; beyond that the one whose time is over first is forgotten.
  static let addresses = 10_000

  private struct Entry {
    var count: Int
    var end: NIODeadline
  }

  private let state = Mutex<[String: Entry]>([:])

  /// - Parameter address: without a port.
  func note(_ address: String, _ now: NIODeadline) {
    state.withLock { entries in
      if entries[address] == nil, entries.count >= Self.addresses {
        entries = entries.filter { $0.value.end > now }
        if entries.count >= Self.addresses, let first = entries.min(by: { $0.value.end < $1.value.end }) {
          entries[first.key] = nil
        }
      }
      var entry = entries[address] ?? Entry(count: 0, end: now)
      if entry.end <= now { entry = Entry(count: 0, end: now + .milliseconds(Limits.authWindowMs)) }
      entry.count += 1
      entries[address] = entry
    }
  }

  /// Why an address is turned away now; nil while it is not.
  func refusal(of address: String, _ now: NIODeadline) -> WireError? {
    let left = state.withLock { entries -> Int64? in
      guard let entry = entries[address], entry.count >= Limits.authFailures, entry.end > now else { return nil }
      return (entry.end - now).nanoseconds / 1_000_000
    }
    guard let left else { return nil }
    return WireError(
      .rateLimited, "too many authentications from this address failed", retryAfterMs: UInt32(clamping: max(1, left)))
  }
}
