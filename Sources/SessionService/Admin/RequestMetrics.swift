import CoreMetrics
import NIOCore
import Synchronization
import Wire

/// How many requests there were of each method, how they ended, and how long they took from their arrival to their answer. Streams are
/// counted when they are opened.
final class RequestMetrics: Sendable {
  static let seconds = "kai_request_seconds"
  static let requests = "kai_requests_total"

  private struct Key: Hashable {
    let method: Method
    let code: String
  }

  private let timers: [Method: Timer]
  private let counters = Mutex<[Key: Counter]>([:])

  init() {
    timers = Dictionary(
      uniqueKeysWithValues: Method.allCases.filter { $0 != .unspecified && $0.rule.shape == .unary }.map { method in
        (method, Timer(label: Self.seconds, dimensions: [("method", method.name)]))
      })
  }

  func answered(_ method: Method, _ error: WireError?, since start: NIODeadline) {
    timers[method]?.recordNanoseconds((NIODeadline.now() - start).nanoseconds)
    count(method, error?.errorCode.name ?? "ok")
  }

  func opened(_ method: Method) { count(method, "opened") }

  private func count(_ method: Method, _ code: String) {
    let key = Key(method: method, code: code)
    let counter = counters.withLock { counters in
      if let known = counters[key] { return known }
      let made = Counter(label: Self.requests, dimensions: [("method", method.name), ("code", code)])
      counters[key] = made
      return made
    }
    counter.increment()
  }
}
