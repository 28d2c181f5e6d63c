import CSQLite

/// An error of the SQLite library.
public struct SQLiteError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The extended result code, such as 787 for SQLITE_CONSTRAINT_FOREIGNKEY.
  public let code: Int32
  public let message: String
  /// Where in the SQL text the error is, in bytes from 0, when SQLite knows.
  public let offset: Int?

  public init(code: Int32, message: String, offset: Int? = nil) {
    self.code = code
    self.message = message
    self.offset = offset
  }

  init(connection: OpaquePointer?, code: Int32) {
    let offset = connection.map { sqlite3_error_offset($0) } ?? -1
    let text = connection.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
    let extended = connection.map { sqlite3_extended_errcode($0) } ?? code
    self.init(
      code: extended & 0xff == code & 0xff ? extended : code, message: text, offset: offset >= 0 ? Int(offset) : nil)
  }

  /// The primary result code: the low byte of `code`.
  public var primary: Int32 { code & 0xff }

  /// The code of a statement that was stopped.
  public static let interrupted = SQLITE_INTERRUPT
  public var isInterrupted: Bool { primary == SQLITE_INTERRUPT }
  public var isBusy: Bool { primary == SQLITE_BUSY }
  public var isConstraint: Bool { primary == SQLITE_CONSTRAINT }
  /// A unique or primary key is taken.
  public var isUniqueViolation: Bool {
    code == (SQLITE_CONSTRAINT | (8 << 8)) || code == (SQLITE_CONSTRAINT | (6 << 8))
  }
  public var isOutOfMemory: Bool { primary == SQLITE_NOMEM }
  /// The file, or one that SQLite needs beside it, cannot be opened.
  public var isCannotOpen: Bool { primary == SQLITE_CANTOPEN }
  public var isFull: Bool { primary == SQLITE_FULL }
  public var isDenied: Bool { primary == SQLITE_AUTH }
  public var isReadOnly: Bool { primary == SQLITE_READONLY }
  public var isCorrupt: Bool { primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB }

  public var description: String { "\(message) (SQLite \(code))" }
}
