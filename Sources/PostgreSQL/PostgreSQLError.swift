/// What the server, or the way to it, said.
public struct PostgreSQLError: Error, Sendable, Equatable {
  /// The server's SQLSTATE, five characters; empty when the connection itself failed.
  public let sqlState: String
  public let message: String
  /// The server's own advice, often empty.
  public let hint: String

  public init(sqlState: String = "", message: String, hint: String = "") {
    self.sqlState = sqlState
    self.message = message
    self.hint = hint
  }

  /// The class of the server's program_limit_exceeded, with an end of our own.
  static let tooLarge = "54KAI"

  /// A row was given up for its size, and the connection with it.
  public var isTooLarge: Bool { sqlState == Self.tooLarge }
  /// Cancelled, or stopped by `statement_timeout`.
  public var isCancelled: Bool { sqlState == "57014" }
  /// A lock was not had within `lock_timeout`.
  public var isLockTimeout: Bool { sqlState == "55P03" }
  /// The connection is of no use any more.
  public var isConnectionLost: Bool {
    // 08P01 is about what a statement was sent with.
    sqlState.isEmpty || sqlState.hasPrefix("08") && sqlState != "08P01" || sqlState.hasPrefix("57P")
  }
}
