import NIOCore
import Synchronization
import Wire

/// Holds keys to their rates: a bucket of tokens for each, which holds one second's worth and is shared by all connections of the key.
final class KeyRates: Sendable {
  private struct Bucket {
    var tokens: Double
    var filledAt: NIODeadline
  }

  /// Of keys that have a rate alone.
  private let buckets = Mutex<[String: Bucket]>([:])

  /// Takes a token for one request.
  /// - Throws: `overloaded` with the time until there is one.
  func admit(_ principal: Principal, _ now: NIODeadline) throws(WireError) {
    guard let rate = principal.limits.requestsPerSecond else { return }
    let wait: Double = buckets.withLock { buckets in
      let most = Double(rate)
      var bucket = buckets[principal.keyId] ?? Bucket(tokens: most, filledAt: now)
      let elapsed = Double(max(0, (now - bucket.filledAt).nanoseconds)) / 1e9
      bucket.tokens = min(most, bucket.tokens + elapsed * most)
      bucket.filledAt = max(now, bucket.filledAt)
      let isThere = bucket.tokens >= 1
      if isThere { bucket.tokens -= 1 }
      buckets[principal.keyId] = bucket
      return isThere ? 0 : (1 - bucket.tokens) / most
    }
    guard wait > 0 else { return }
    throw WireError(
      .overloaded, "the key '\(principal.keyId)' may make \(rate) requests a second, and has",
      retryAfterMs: UInt32(wait * 1_000) + 1)
  }
}
