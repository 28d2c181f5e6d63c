import NIOCore

/// Counts what a well-behaved peer does seldom. When one count is over its budget, the connection ends.
struct AbuseBudget {
  enum Kind: CaseIterable {
    /// CANCEL.
    case cancel
    /// A request that the connection itself had to refuse.
    case error
    /// PING, and CREDIT for a stream that sent nothing since the last one.
    case control
    /// What is harmless but makes no sense: frames for streams that have ended, unknown frame types, PONGs nobody asked for.
    case oddity
  }

  private var counts = [0, 0, 0, 0]
  private var windowEnd = NIODeadline.uptimeNanoseconds(0)

  /// - Throws: `abuse`.
  mutating func spend(_ kind: Kind, _ now: NIODeadline) throws(WireError) {
    if now >= windowEnd {
      windowEnd = now + .milliseconds(Limits.abuseWindowMs)
      counts[0] = 0
      counts[1] = 0
      counts[2] = 0
    }
    let (index, budget, name) =
      switch kind {
      case .cancel: (0, Limits.abuseCancels, "cancels")
      case .error: (1, Limits.abuseErrors, "refused requests")
      case .control: (2, Limits.abuseControlFrames, "control frames")
      case .oddity: (3, Limits.abuseOddities, "senseless frames")
      }
    counts[index] += 1
    guard counts[index] <= budget else { throw WireError(.abuse, "more than \(budget) \(name)") }
  }
}
