/// When to try a failed call again: exponential back-off with full jitter, or what the server asks for, inside one budget.
struct RetrySchedule: Sendable {
  var maxRetries = 4
  var base = Duration.milliseconds(500)
  var cap = Duration.seconds(8)
  /// For all tries and the waits between them.
  var budget = Duration.seconds(600)

  /// How long to wait before the next try, or nil to give up.
  /// - Parameters:
  ///   - retry: 1 for the first retry.
  ///   - elapsed: since the first try began.
  ///   - retryAfter: what the server asked for; never undercut.
  ///   - random: 0..<1
  func delay(retry: Int, elapsed: Duration, retryAfter: Duration?, random: Double) -> Duration? {
    guard retry <= maxRetries else { return nil }
    let ceiling = min(base * (1 << min(max(retry - 1, 0), 20)), cap)
    let jitter = ceiling * random
    let delay = retryAfter.map { $0 + min(jitter, base) } ?? jitter
    return elapsed + delay < budget ? delay : nil
  }
}
