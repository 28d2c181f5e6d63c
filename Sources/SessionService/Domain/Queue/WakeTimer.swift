/// Which timer is awaited for the dispatcher's next deadline. Only one counts; a timer cannot be taken back, so one that an
/// earlier one replaced fires too, and is to do nothing: else each would set another, for ever.
struct WakeTimer: Sendable {
  /// Timers closer together than this are joined, in milliseconds.
  static let stepMs: Int64 = 20

  private var awaitedAtMs: Int64?

  /// - Returns: the timer to set, or nil when none is needed or one that comes early enough is set already.
  mutating func set(for wakeAtMs: Int64?, nowMs: Int64) -> (atMs: Int64, waitMs: Int64)? {
    guard let wakeAtMs else { return nil }
    if let awaitedAtMs, awaitedAtMs <= wakeAtMs + Self.stepMs { return nil }
    let waitMs = max(Self.stepMs, wakeAtMs - nowMs)
    awaitedAtMs = nowMs + waitMs
    return (nowMs + waitMs, waitMs)
  }

  /// A timer fired.
  /// - Returns: whether it is the one that was awaited.
  mutating func fired(_ atMs: Int64) -> Bool {
    guard awaitedAtMs == atMs else { return false }
    awaitedAtMs = nil
    return true
  }
}
