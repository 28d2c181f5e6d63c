import CSQLite

/// A connection to a SQLite database. Used by one thread at a time; only ``SQLiteInterrupter`` may cross threads.
public final class SQLiteConnection {
  public enum Access: Sendable {
    /// The file must exist; nothing can be written through this connection.
    case readOnly
    /// The same, for a file that nobody writes to: no lock is taken, and no file made beside it.
    case immutable
    /// The file is made when it is missing.
    case readWriteCreate
  }

  /// Of the library that runs, as it numbers itself: 3.40.1 is 3040001.
  public static var libraryVersion: Int { Int(sqlite3_libversion_number()) }

  let handle: OpaquePointer
  private var authorizer: Box<Authorizer>?
  private var progress: Box<() -> Bool>?
  private var busy: Box<() -> Bool>?

  /// Opens a database file. A directory, a missing file (read-only) or a file that is no database is an error here or at
  /// the first statement.
  /// - Parameter path: a plain file name, never read as a URI.
  /// - Throws: ``SQLiteError``
  public init(path: String, access: Access) throws(SQLiteError) {
    let flags =
      switch access {
      case .readOnly: SQLITE_OPEN_READONLY
      case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
      case .readWriteCreate: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      }
    var opened: OpaquePointer?
    // A relative name that begins with "file:" would be read as a URI if the library was built that way.
    let plain = path.hasPrefix("/") ? path : "./" + path
    let name = access == .immutable ? "file:" + Self.encoded(plain) + "?immutable=1" : plain
    let code = sqlite3_open_v2(name, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
    guard code == SQLITE_OK, let opened else {
      let error = SQLiteError(connection: opened, code: code)
      sqlite3_close_v2(opened)
      throw error
    }
    handle = opened
    _ = kai_sqlite_defensive(opened)
  }

  deinit {
    sqlite3_close_v2(handle)
  }

  /// A path as a part of a URI.
  private static func encoded(_ path: String) -> String {
    path.utf8.map { byte in
      let scalar = Unicode.Scalar(byte)
      guard scalar.isASCII, byte > 0x20, byte < 0x7f, !"%?#".unicodeScalars.contains(scalar) else {
        return (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
      }
      return String(scalar)
    }.joined()
  }

  /// Runs every statement of a script, ignoring rows.
  /// - Throws: ``SQLiteError``
  public func execute(script: String) throws(SQLiteError) {
    let code = sqlite3_exec(handle, script, nil, nil, nil)
    guard code == SQLITE_OK else { throw SQLiteError(connection: handle, code: code) }
  }

  /// Prepares the first statement of `sql`.
  /// - Parameter persistent: it will be kept and run many times.
  /// - Throws: ``SQLiteError``; also when `sql` holds no statement at all.
  public func prepare(_ sql: String, persistent: Bool = false) throws(SQLiteError) -> SQLiteStatement {
    try SQLiteStatement(connection: self, sql: sql, persistent: persistent)
  }

  /// Rows changed by the last INSERT, UPDATE or DELETE.
  public var changes: Int { Int(sqlite3_changes64(handle)) }

  public var lastInsertRowId: Int64 { sqlite3_last_insert_rowid(handle) }

  /// False inside BEGIN … COMMIT.
  public var isAutocommit: Bool { sqlite3_get_autocommit(handle) != 0 }

  /// How long to wait for another process's lock, in milliseconds.
  public func setBusyTimeout(milliseconds: Int32) {
    sqlite3_busy_timeout(handle, milliseconds)
  }

  /// Asks `wait` what to do about a lock of another connection: it sleeps for a moment and returns true to try again, or false
  /// for an error. It takes the place of ``setBusyTimeout(milliseconds:)``.
  public func setBusyHandler(_ wait: (() -> Bool)?) {
    guard let wait else {
      sqlite3_busy_handler(handle, nil, nil)
      busy = nil
      return
    }
    let box = Box(wait)
    busy = box
    sqlite3_busy_handler(
      handle,
      { context, _ in
        guard let context else { return 0 }
        return Unmanaged<Box<() -> Bool>>.fromOpaque(context).takeUnretainedValue().value() ? 1 : 0
      }, Unmanaged.passUnretained(box).toOpaque())
  }

  /// Lets another thread stop what this connection is doing.
  public var interrupter: SQLiteInterrupter { SQLiteInterrupter(connection: self) }

  /// Asks `authorize` about every access while a statement is prepared; nil takes the authorizer away.
  public func setAuthorizer(_ authorize: Authorizer?) {
    guard let authorize else {
      sqlite3_set_authorizer(handle, nil, nil)
      authorizer = nil
      return
    }
    let box = Box(authorize)
    authorizer = box
    sqlite3_set_authorizer(
      handle,
      { context, action, first, second, database, trigger in
        guard let context else { return SQLITE_DENY }
        let access = SQLiteAccess(
          action: action, first: text(first), second: text(second), database: text(database), trigger: text(trigger))
        return Unmanaged<Box<Authorizer>>.fromOpaque(context).takeUnretainedValue().value(access) ? SQLITE_OK : SQLITE_DENY
      }, Unmanaged.passUnretained(box).toOpaque())
  }

  /// Calls `proceed` about every `instructions` virtual machine instructions; false interrupts the statement.
  public func setProgressHandler(instructions: Int32 = 1_000, _ proceed: (() -> Bool)?) {
    guard let proceed else {
      sqlite3_progress_handler(handle, 0, nil, nil)
      progress = nil
      return
    }
    let box = Box(proceed)
    progress = box
    sqlite3_progress_handler(
      handle, instructions,
      { context in
        guard let context else { return 1 }
        return Unmanaged<Box<() -> Bool>>.fromOpaque(context).takeUnretainedValue().value() ? 0 : 1
      }, Unmanaged.passUnretained(box).toOpaque())
  }
}

/// Decides about one access; false refuses the whole statement.
public typealias Authorizer = (SQLiteAccess) -> Bool

/// What a statement wants to do, as SQLite tells an authorizer.
public struct SQLiteAccess: Sendable {
  /// One of the SQLITE_READ, SQLITE_SELECT, … action codes.
  public let action: Int32
  /// The table, index, pragma or file, depending on the action.
  public let first: String?
  /// The column, function or pragma argument, depending on the action.
  public let second: String?
  public let database: String?
  public let trigger: String?
}

/// Stops a running statement from another thread.
public struct SQLiteInterrupter: @unchecked Sendable {
  // sqlite3_interrupt is documented as safe from any thread while the connection is open; holding it keeps it open.
  private let connection: SQLiteConnection

  init(connection: SQLiteConnection) { self.connection = connection }

  public func interrupt() { sqlite3_interrupt(connection.handle) }
}

/// Gives a closure an address for C to hold.
final class Box<Value> {
  let value: Value
  init(_ value: Value) { self.value = value }
}

private func text(_ pointer: UnsafePointer<CChar>?) -> String? {
  pointer.map { String(cString: $0) }
}
