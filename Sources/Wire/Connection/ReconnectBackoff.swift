import NIOCore

/// How long to wait before the next attempt: doubling from 50 ms to 5 s, each time a random half to whole of it, so that clients that
/// lost the same server do not come back together.
struct ReconnectBackoff: Sendable {
  static let baseMs: Int64 = 50
  static let capMs: Int64 = 5_000

  /// A connection that stood this long ends the outage before it.
  static let stableAfter = TimeAmount.seconds(5)

  private(set) var attempts = 0
  /// When the connection that stands was opened.
  private var openedAt: NIODeadline?

  /// - Parameter random: 0..<1
  mutating func nextDelayMs(random: Double) -> Int64 {
    let ceiling = min(Self.baseMs << min(Int64(attempts), 10), Self.capMs)
    attempts += 1
    return ceiling / 2 + Int64(Double(ceiling / 2) * min(max(random, 0), 1))
  }

  /// A connection stands.
  mutating func opened(_ now: NIODeadline) { openedAt = now }

  /// A connection has ended, or none could be made.
  /// - Parameter random: 0..<1
  /// - Returns: how long to wait before the next attempt.
  mutating func lost(_ now: NIODeadline, random: Double) -> Int64 {
    if let openedAt, now - openedAt > Self.stableAfter { attempts = 0 }
    openedAt = nil
    return nextDelayMs(random: random)
  }
}
