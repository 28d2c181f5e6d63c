/// A JSON value (RFC 8259). Objects keep their order; integers that fit are kept exact.
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  public struct Member: Sendable, Equatable {
    public var key: String
    public var value: JSONValue
    public init(_ key: String, _ value: JSONValue) {
      self.key = key
      self.value = value
    }
  }
}

/// Why a text is not JSON, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  public let message: String
  /// In bytes, from 0.
  public let offset: Int
  public init(_ message: String, offset: Int) {
    self.message = message
    self.offset = offset
  }
  public var description: String { "\(message) at byte \(offset)" }
}
