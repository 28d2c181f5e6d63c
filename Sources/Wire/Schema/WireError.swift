/// The number of an error: stable for ever, listed in ``ErrorTable``.
public struct ErrorCode: RawRepresentable, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The stable name, such as `not_found`; a code that this version does not know is `error_N`.
  public var name: String { ErrorTable.row(self)?.name ?? "error_\(rawValue)" }
}

/// What a caller may do with a failed request.
public enum Retry: UInt32, WireEnum {
  case unspecified = 0
  case never
  case sameConnection
  case reconnect
}

/// What a failed request left behind.
public enum Effect: UInt32, WireEnum {
  case unspecified = 0
  case none
  case unknown
  case applied
}

/// The one error type that the three programs exchange: a stable code, what happened, and what to do about it.
public struct WireError: Error, WireMessage, CustomStringConvertible {
  public static let messageName = "Error"

  public var code: UInt32 = 0
  public var message = ""
  public var hint = ""
  public var retry = Retry.unspecified
  public var effect = Effect.unspecified
  public var retryAfterMs: UInt32 = 0

  public init() {}

  /// An error with the table's hint and retry rule.
  public init(_ code: ErrorCode, _ message: String, hint: String? = nil, effect: Effect = .none, retryAfterMs: UInt32 = 0) {
    let row = ErrorTable.row(code)
    self.code = code.rawValue
    self.message = message
    self.hint = hint ?? row?.hint ?? ""
    self.retry = row?.retry ?? .never
    self.effect = effect
    self.retryAfterMs = retryAfterMs
  }

  public var errorCode: ErrorCode { ErrorCode(rawValue: code) }

  public var description: String {
    hint.isEmpty ? "\(errorCode.name): \(message)" : "\(errorCode.name): \(message) (\(hint))"
  }

  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "code", &code)
    v.field(2, "message", &message, max: 16 * 1024)
    v.field(3, "hint", &hint, max: 16 * 1024)
    v.field(4, "retry", &retry)
    v.field(5, "effect", &effect)
    v.field(6, "retry_after_ms", &retryAfterMs)
  }
}
