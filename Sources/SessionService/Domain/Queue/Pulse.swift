/// Tells whether the service itself stood still: its beat, which comes every ``intervalMs``, did not come for a while.
///
/// A stopped process and a paused virtual machine hear nothing from nodes and see all deadlines pass at once when they go on. That is no
/// silence of the nodes.
struct Pulse: Sendable {
  static let intervalMs: Int64 = 500
  /// A beat may be this late on a machine that is merely busy; leases last much longer.
  static let lateMs: Int64 = 3_000

  private var beatAtMs: Int64

  init(beatAtMs: Int64) { self.beatAtMs = beatAtMs }

  mutating func beat(_ nowMs: Int64) { beatAtMs = nowMs }

  /// - Returns: whether the service stood still until now; asked again, it says no.
  mutating func isLate(_ nowMs: Int64) -> Bool {
    guard nowMs - beatAtMs > Self.intervalMs + Self.lateMs else { return false }
    beatAtMs = nowMs
    return true
  }
}
