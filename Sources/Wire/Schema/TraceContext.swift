/// Where something belongs in a trace (W3C Trace Context, Level 1): it goes with every request, from kaictl through kai-session to the
/// model's server.
public struct TraceContext: Sendable, Equatable {
  /// 16 bytes, not all 0.
  public let traceId: [UInt8]
  /// 8 bytes, not all 0: of the span that whatever carries this is under.
  public let spanId: [UInt8]
  /// Whether somebody wants to keep the trace.
  public let isSampled: Bool

  /// Of the work that runs; calls of ``WireClient`` carry it.
  @TaskLocal public static var current: TraceContext?

  /// - Returns: nil unless the ids have their lengths and are not all 0.
  public init?(traceId: [UInt8], spanId: [UInt8], isSampled: Bool) {
    guard traceId.count == 16, spanId.count == 8, traceId.contains(where: { $0 != 0 }), spanId.contains(where: { $0 != 0 })
    else { return nil }
    (self.traceId, self.spanId, self.isSampled) = (traceId, spanId, isSampled)
  }

  /// What a request's head says.
  public init?(_ head: RequestHead) {
    guard !head.traceId.isEmpty else { return nil }
    self.init(traceId: head.traceId, spanId: head.spanId, isSampled: head.traceFlags & 1 == 1)
  }

  /// Reads a `traceparent`; of versions after 00, what 00 has of them.
  public init?(parsing text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff", parts[0] != "00" || parts.count == 4,
      Self.bytes(parts[0]) != nil, let trace = Self.bytes(parts[1]), let span = Self.bytes(parts[2]),
      let flags = Self.bytes(parts[3]), flags.count == 1
    else { return nil }
    self.init(traceId: trace, spanId: span, isSampled: flags[0] & 1 == 1)
  }

  /// The value of the header `traceparent`.
  public var traceparent: String {
    "00-\(Self.hex(traceId))-\(Self.hex(spanId))-\(isSampled ? "01" : "00")"
  }

  /// A new trace, that somebody wants to keep.
  public static func root() -> TraceContext { TraceContext(newSpanOf: random(16), isSampled: true) }

  /// A new span under this one.
  public func child() -> TraceContext { TraceContext(newSpanOf: traceId, isSampled: isSampled) }

  private init(newSpanOf traceId: [UInt8], isSampled: Bool) {
    (self.traceId, spanId, self.isSampled) = (traceId, Self.random(8), isSampled)
  }

  private static func random(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    while true {
      let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
      if bytes.contains(where: { $0 != 0 }) { return bytes }
    }
  }

  /// Lower-case digits, two a byte.
  public static func hex(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static let digits = Array("0123456789abcdef".utf8)

  /// nil for anything but pairs of lower-case digits.
  private static func bytes(_ text: Substring) -> [UInt8]? {
    let values = text.utf8.map { digits.firstIndex(of: $0) }
    guard values.count % 2 == 0, values.allSatisfy({ $0 != nil }) else { return nil }
    return stride(from: 0, to: values.count, by: 2).map { UInt8((values[$0] ?? 0) << 4 | (values[$0 + 1] ?? 0)) }
  }
}
