import JSON

extension JSONValue {
  /// No model has ever read or written more in one turn; and a thousand such turns can still be added up.
  static let mostTokens: Int64 = 1_000_000_000_000

  /// A number of tokens that a server says it used: what cannot be one is cut to what can.
  var tokens: UInt64? { integer.map { UInt64(max(0, min($0, Self.mostTokens))) } }
}
