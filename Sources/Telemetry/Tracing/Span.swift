import Glibc
import JSON
package import Wire

/// One piece of work in a trace, when it is over.
package struct Span: Sendable {
  package enum Kind: Int64, Sendable {
    case `internal` = 1
    case server = 2
    case client = 3
  }

  package enum Value: Sendable, Equatable, ExpressibleByStringLiteral {
    case text(String)
    case integer(Int64)
    case truth(Bool)
    package init(stringLiteral value: String) { self = .text(value) }
  }

  package var name: String
  package var kind: Kind
  package var context: TraceContext
  /// The span that it is under; nil for a trace's first.
  package var parent: [UInt8]?
  /// Nanoseconds since 1970.
  package var start: UInt64
  package var end: UInt64
  package var attributes: [(String, Value)] = []
  /// Why it failed; nil when it did not.
  package var failure: String?

  package init(_ name: String, _ kind: Kind, _ context: TraceContext, parent: [UInt8]?, start: UInt64, end: UInt64) {
    (self.name, self.kind, self.context, self.parent, self.start, self.end) = (name, kind, context, parent, start, end)
  }

  /// Nanoseconds since 1970, now.
  package static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

/// The form that collectors read: an `ExportTraceServiceRequest` of OTLP 1 in JSON (opentelemetry.io/docs/specs/otlp).
enum OTLP {
  static func request(_ spans: [Span], resource: [(String, Span.Value)], version: String) -> JSONValue {
    let scope: JSONValue = ["name": "kai", "version": .string(version)]
    let scoped: JSONValue = ["scope": scope, "spans": .array(spans.map(span))]
    let whole: JSONValue = ["resource": ["attributes": attributes(resource)], "scopeSpans": .array([scoped])]
    return ["resourceSpans": .array([whole])]
  }

  private static func span(_ span: Span) -> JSONValue {
    var members: [JSONValue.Member] = [
      JSONValue.Member("traceId", .string(TraceContext.hex(span.context.traceId))),
      JSONValue.Member("spanId", .string(TraceContext.hex(span.context.spanId))),
    ]
    if let parent = span.parent { members.append(JSONValue.Member("parentSpanId", .string(TraceContext.hex(parent)))) }
    members += [
      JSONValue.Member("name", .string(span.name)), JSONValue.Member("kind", .integer(span.kind.rawValue)),
      // 64-bit numbers are strings, as protobuf's JSON has them.
      JSONValue.Member("startTimeUnixNano", .string("\(span.start)")),
      JSONValue.Member("endTimeUnixNano", .string("\(span.end)")),
      JSONValue.Member("attributes", attributes(span.attributes)),
    ]
    let status: JSONValue = span.failure.map { ["code": 2, "message": .string($0)] } ?? [:]
    members.append(JSONValue.Member("status", status))
    return .object(members)
  }

  private static func attributes(_ list: [(String, Span.Value)]) -> JSONValue {
    .array(list.map { key, value in ["key": .string(key), "value": self.value(value)] })
  }

  private static func value(_ value: Span.Value) -> JSONValue {
    switch value {
    case .text(let text): ["stringValue": .string(text)]
    case .integer(let number): ["intValue": .string("\(number)")]
    case .truth(let truth): ["boolValue": .bool(truth)]
    }
  }
}
