/// The number of an error: stable for ever, listed in ``ErrorTable``.
public struct ErrorCode: RawRepresentable, Sendable, Hashable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The stable name, such as `not_found`; a code that this version does not know is `error_N`.
  public var name: String { ErrorTable.row(self)?.name ?? "error_\(rawValue)" }
}

/// What a caller may do with a failed request.
public enum Retry: UInt32, WireEnum {
  /// Read as never.
  case unspecified = 0
  /// The same request will fail again.
  case never
  /// Later, on the same connection.
  case sameConnection
  /// On a new connection.
  case reconnect
}

/// What a failed request left behind.
public enum Effect: UInt32, WireEnum {
  /// Read as unknown.
  case unspecified = 0
  /// Nothing was changed.
  case none
  /// It may or may not have been carried out: repeat it with the same idempotency key.
  case unknown
  /// It was carried out.
  case applied
}

/// The one error type that the three programs exchange: a stable code, what happened, and what to do about it.
public struct WireError: Error, WireMessage, CustomStringConvertible {
  public static let messageName = "Error"

  /// A number of docs/ERRORS.md: stable for ever.
  public var code: UInt32 = 0
  /// What happened, in a sentence; the wording may change.
  public var message = ""
  /// What to do about it, in a sentence; may be empty.
  public var hint = ""
  /// Whether the same request may be sent again.
  public var retry = Retry.unspecified
  /// What the request has left behind.
  public var effect = Effect.unspecified
  /// How long to wait before that, in milliseconds; 0 when it does not matter.
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
