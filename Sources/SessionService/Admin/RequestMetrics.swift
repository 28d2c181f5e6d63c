import CoreMetrics
import NIOCore
import Synchronization
import Wire

/// How many requests there were of each method, how they ended, and how long they took from their arrival to their answer. Streams are
/// counted when they are opened.
final class RequestMetrics: Sendable {
  static let seconds = "kai_request_seconds"
  static let requests = "kai_requests_total"

  /// What a method's good ends are counted in, by its number: the way that nearly every request goes, without a lock of its own.
  private struct Row: Sendable {
    let timer: Timer
    let well: Counter
  }

  private let rows: [Row?]
  /// Of other ends, by the method's number and the code's.
  private let counters = Mutex<[UInt64: Counter]>([:])

  init() {
    var rows = [Row?](repeating: nil, count: 1 + Int(Method.allCases.map(\.rawValue).max() ?? 0))
    for method in Method.allCases where method != .unspecified && method.rule.shape == .unary {
      rows[Int(method.rawValue)] = Row(
        timer: Timer(label: Self.seconds, dimensions: [("method", method.name)]),
        well: Counter(label: Self.requests, dimensions: [("method", method.name), ("code", "ok")]))
    }
    self.rows = rows
  }

  func answered(_ method: Method, _ error: WireError?, since start: NIODeadline) {
    let row = rows[Int(method.rawValue)]
    row?.timer.recordNanoseconds((NIODeadline.now() - start).nanoseconds)
    guard let error else {
      row?.well.increment()
      return
    }
    count(method, error.errorCode.rawValue, error.errorCode.name)
  }

  func opened(_ method: Method) { count(method, .max, "opened") }

  private func count(_ method: Method, _ code: UInt32, _ name: String) {
    let key = UInt64(method.rawValue) << 32 | UInt64(code)
    let counter = counters.withLock { counters in
      if let known = counters[key] { return known }
      let made = Counter(label: Self.requests, dimensions: [("method", method.name), ("code", name)])
      counters[key] = made
      return made
    }
    counter.increment()
  }
}
