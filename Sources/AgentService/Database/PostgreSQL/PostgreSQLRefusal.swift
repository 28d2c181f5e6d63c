import Wire

/// Why a connection to a PostgreSQL server was not made, as far as users are told.
///
/// The sentences are fixed: libpq's own words may repeat the URI's user or a piece of its password, and tell a closed port from an
/// open one. What only a PostgreSQL server says is told apart; all else is one sentence.
enum PostgreSQLRefusal {
  case noServer
  case login
  case noDatabase
  case notLetIn
  case full
  case starting
  case noEncryption
  case certificate
  case other

  /// - Parameter message: libpq's.
  init(_ message: String) {
    let signs: [(String, PostgreSQLRefusal)] = [
      ("password authentication failed", .login), ("no password supplied", .login), ("authentication failed", .login),
      ("is not permitted to log in", .login), ("pg_hba.conf", .notLetIn), ("too many connections", .full),
      ("too many clients", .full), ("remaining connection slots", .full), ("the database system is", .starting),
      ("not currently accepting connections", .noDatabase), ("certificate verify failed", .certificate),
      ("server certificate for", .certificate), ("server does not support SSL", .noEncryption),
      ("permission denied for database", .login),
    ]
    if let sign = signs.first(where: { message.contains($0.0) }) {
      self = sign.1
    } else if message.contains("FATAL:"), message.contains("does not exist") {
      self = message.contains("role \"") ? .login : .noDatabase
    } else {
      self = message.contains("FATAL:") ? .other : .noServer
    }
  }

  /// Waiting may mend it.
  var isTemporary: Bool { self == .full || self == .starting }

  var error: WireError {
    let change = "'kaictl connection update ALIAS --uri URI' gives another address."
    switch self {
    case .noServer:
      return WireError(
        .databaseUnavailable, "No PostgreSQL server answers at the connection's address, or this node may not go there.",
        hint: "Check host and port, that the server runs, and which hosts --databases-hosts allows this node; \(change)")
    case .login:
      return WireError(
        .databaseUnavailable, "The database server does not take the connection's user and password.",
        hint: "Check both, and that the role may log in; \(change)")
    case .noDatabase:
      return WireError(
        .databaseUnavailable, "The database server has no database of this name that can be connected to.",
        hint: "Check the name behind the host in the URI; \(change)")
    case .notLetIn:
      return WireError(
        .databaseUnavailable, "The database server lets no such connection in from this node (pg_hba.conf).",
        hint: "Its operator allows the node's address, user and database there; it may ask for sslmode=require in the URI.")
    case .full:
      return .retryable(
        "The database server has no connection left for this one.",
        hint: "Try again when others have ended, or raise the connection limit of the role, the database or the server.")
    case .starting:
      return .retryable("The database server is just starting or stopping.", hint: "Try again in a moment.")
    case .noEncryption:
      return WireError(
        .databaseUnavailable, "The database server does not offer the encryption that the connection's sslmode asks for.",
        hint: "Switch TLS on at the server, or use another sslmode; \(change)")
    case .certificate:
      return WireError(
        .databaseUnavailable, "The certificate of the database server is not trusted by this node.",
        hint: "Check --databases-ca-file of the node, and that the URI's host is the certificate's.")
    case .other:
      return WireError(
        .databaseUnavailable, "The database server refused the connection.",
        hint: "Its log says why; the node's log has the server's words. \(change)")
    }
  }
}

extension WireError {
  /// `database_unavailable` of which the same call may be rid in a moment.
  static func retryable(_ message: String, hint: String) -> WireError {
    var error = WireError(.databaseUnavailable, message, hint: hint, retryAfterMs: 2_000)
    error.retry = .sameConnection
    return error
  }
}
