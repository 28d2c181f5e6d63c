import Wire

/// What a memory's fields may hold.
enum MemoryRules {
  static let sharedScope = "shared"
  static let defaultImportance = 0.5
  /// Versions of one memory, all of which are kept.
  static let maxVersions: UInt64 = 10_000
  /// What a session notes for itself is never shared.
  static let sessionNamespaces: Set = ["session_context", "session_working"]
  /// What a scope ends in that reads what is shared, too.
  private static let withShared = "+shared"

  /// The scope that a text names: empty means shared.
  /// - Throws: `invalid_argument` for anything but `shared` and a session's id.
  static func scope(_ text: String) throws(WireError) -> String {
    if text.isEmpty || text == sharedScope { return sharedScope }
    guard Identifier.session.matches(text) else {
      throw WireError(.invalidArgument, "\(quoted(text)) is no scope: it must be 'shared' or a session's id")
    }
    return text
  }

  /// The scopes that a read looks into, in turn: of `ID+shared` the session's own first.
  /// - Throws: `invalid_argument`
  static func readScopes(_ text: String) throws(WireError) -> [String] {
    guard text.hasSuffix(withShared) else { return [try scope(text)] }
    let session = try scope(String(text.dropLast(withShared.count)))
    return session == sharedScope ? [sharedScope] : [session, sharedScope]
  }

  /// - Throws: `invalid_argument` for a session's own namespace in the shared scope.
  static func requireScope(_ scope: String, for namespace: String) throws(WireError) {
    let root = namespace.split(separator: "/").first.map { String($0) } ?? ""
    guard scope == sharedScope, sessionNamespaces.contains(root) else { return }
    throw WireError(
      .invalidArgument, "what is in \(quoted(root)) belongs to one session, and cannot be shared",
      hint: "Name the session as the scope, or use another namespace.")
  }

  /// - Throws: `limit_exceeded` when there is no room for another version.
  static func requireRoom(after version: UInt64, key: String) throws(WireError) {
    guard version < maxVersions else {
      throw WireError(
        .limitExceeded, "the memory \(quoted(key)) has \(maxVersions) versions, and no more are kept",
        hint: "Forget it, and remember it anew.")
    }
  }

  /// A namespace: segments with `/` between them, none of them empty.
  /// - Throws: `invalid_argument`
  static func namespace(_ text: String) throws(WireError) -> String {
    guard !text.isEmpty else { throw WireError(.invalidArgument, "namespace is missing", hint: "Such as 'corrections'.") }
    return try optionalNamespace(text)
  }

  /// The same, or empty for all.
  static func optionalNamespace(_ text: String) throws(WireError) -> String {
    guard text.utf8.count <= Limits.memoryKeyBytes else {
      throw WireError(.invalidArgument, "namespace may have at most \(Limits.memoryKeyBytes) bytes")
    }
    let segments = text.split(separator: "/", omittingEmptySubsequences: false)
    guard text.isEmpty || segments.allSatisfy({ !$0.isEmpty }) else {
      throw WireError(.invalidArgument, "the namespace \(quoted(text)) has an empty segment")
    }
    return text
  }

  /// - Throws: `invalid_argument` when it is empty or too long.
  static func key(_ text: String) throws(WireError) -> String {
    guard (1...Limits.memoryKeyBytes).contains(text.utf8.count) else {
      throw WireError(.invalidArgument, "key must have 1 to \(Limits.memoryKeyBytes) bytes")
    }
    return text
  }

  /// - Throws: `invalid_json`, or `limit_exceeded` over 64 KiB.
  static func value(_ text: String) throws(WireError) -> String {
    text.isEmpty ? "{}" : try JSONObjectText.normalized(text, name: "value", maxBytes: Limits.memoryValueBytes)
  }

  /// - Throws: `limit_exceeded` over 64 KiB.
  static func content(_ text: String) throws(WireError) -> String {
    guard text.utf8.count <= Limits.memoryValueBytes else {
      throw WireError(.limitExceeded, "content has \(text.utf8.count) bytes, but may have at most \(Limits.memoryValueBytes)")
    }
    return text
  }

  /// - Throws: `invalid_argument` outside of 0...1.
  static func importance(_ value: Double) throws(WireError) -> Double {
    guard (0...1).contains(value) else { throw WireError(.invalidArgument, "importance is \(value), but must be 0...1") }
    return value
  }

  /// When a memory that lives that long expires; zero for never.
  static func expiry(inMs: UInt64, at now: Timestamp) throws(WireError) -> Timestamp {
    if inMs == 0 { return Timestamp() }
    let (microseconds, isTooLong) = inMs.multipliedReportingOverflow(by: 1_000)
    guard !isTooLong, let span = Int64(exactly: microseconds), span <= .max - max(0, now.microseconds) else {
      throw WireError(.invalidArgument, "expires_in_ms is too far in the future; leave it out for never")
    }
    return Timestamp(microseconds: now.microseconds + span)
  }
}
