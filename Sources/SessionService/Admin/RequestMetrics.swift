import CoreMetrics
import NIOCore
import Synchronization
import Telemetry
import Wire

/// A request from its arrival to its answer, for those who measure.
struct SeenRequest: Sendable {
  let method: Method
  let arrival: NIODeadline
  /// Its span, if somebody wants to keep the trace that it belongs to.
  let span: Span?
  /// What belongs to it is under this.
  let trace: TraceContext?

  init(_ request: InboundRequest, _ arrival: NIODeadline) {
    (method, self.arrival) = (request.method, arrival)
    let caller = TraceContext(request.head)
    guard Tracing.isOn, caller?.isSampled ?? Self.isWorthATrace(request.method) else {
      (span, trace) = (nil, caller)
      return
    }
    let context = caller?.child() ?? .root()
    var span = Span(request.method.name, .server, context, parent: caller?.spanId, start: Span.now(), end: 0)
    span.attributes = [
      ("rpc.system", "kai-wire"), ("rpc.method", .text(request.method.name)), ("kai.key", .text(request.principal.keyId)),
    ]
    (self.span, trace) = (span, context)
  }

  /// What nodes do by themselves, all the time, begins no trace.
  private static func isWorthATrace(_ method: Method) -> Bool {
    switch method {
    case .nodeHeartbeat, .nodeEmit, .embeddingMissing, .serverInfo: false
    default: true
    }
  }

  func ended(_ error: WireError?) {
    guard var span else { return }
    span.end = Span.now()
    span.failure = error.map { $0.errorCode.name }
    Tracing.record(span)
  }
}

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

  func answered(_ request: SeenRequest, _ error: WireError?) {
    let method = request.method
    let row = rows[Int(method.rawValue)]
    row?.timer.recordNanoseconds((NIODeadline.now() - request.arrival).nanoseconds)
    request.ended(error)
    guard let error else {
      row?.well.increment()
      return
    }
    count(method, error.errorCode.rawValue, error.errorCode.name)
  }

  func opened(_ request: SeenRequest) {
    request.ended(nil)
    count(request.method, .max, "opened")
  }

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
