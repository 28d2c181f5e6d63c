import Glibc
import SQLite
import Wire

/// A user's SQLite file, opened read-only. An actor with a thread of its own: calls are serialised and never block the pool.
actor SQLiteDatabase: UserDatabase {
  /// The largest text, blob or row that can be read or made.
  private static let valueBytes: Int32 = 32 * 1024 * 1024
  private static let sqlBytes: Int32 = 1024 * 1024
  /// How long to wait for a writer of another process.
  private static let busyMilliseconds: Int32 = 2_000
  /// For reading the schema.
  private static let schemaMilliseconds: Int64 = 30_000

  nonisolated let dialect = Dialect.sqlite
  nonisolated private let executor = DatabaseExecutor()
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let path: String
  private let authorizer = ReadOnlyAuthorizer()
  private var connection: SQLiteConnection?

  init(path: String) { self.path = path }

  /// Opens the file, and reads from it once to see that it is a database.
  /// - Throws: `database_unavailable`.
  func open() throws(WireError) {
    try requireFile()
    do throws(SQLiteError) {
      let connection = try SQLiteConnection(path: path, access: .readOnly)
      try connection.restrictForUntrustedSQL(valueBytes: Self.valueBytes, sqlBytes: Self.sqlBytes)
      connection.setBusyTimeout(milliseconds: Self.busyMilliseconds)
      _ = try connection.prepare("SELECT count(*) FROM sqlite_schema").step()
      connection.setAuthorizer { [authorizer] in authorizer.allows($0) }
      self.connection = connection
    } catch {
      throw WireError(.databaseUnavailable, "The database \(path) cannot be opened: \(error.message).")
    }
  }

  func close() { connection = nil }

  func tables() async throws(WireError) -> [TableInfo] {
    try await watched(milliseconds: Self.schemaMilliseconds) { (connection, watch) throws(WireError) in
      do throws(SQLiteError) { return try SQLiteSchema.tables(connection) } catch {
        throw self.wireError(error, watch)
      }
    }
  }

  func query(
    _ sql: String, _ parameters: [DatabaseValue], limits: QueryLimits
  ) async throws(WireError) -> QueryResult {
    try await watched(milliseconds: limits.milliseconds) { (connection, watch) throws(WireError) in
      let statement = try self.prepare(sql, connection, watch)
      do throws(SQLiteError) {
        try statement.bind(parameters.map(\.sqlite))
        return try statement.collect(limits, watch)
      } catch {
        throw self.wireError(error, watch)
      }
    }
  }

  // MARK: One call

  /// Runs `work` with a progress handler that stops it when its time is over or the waiting task is cancelled.
  private func watched<T: Sendable>(
    milliseconds: Int64, _ work: (SQLiteConnection, QueryWatch) throws(WireError) -> T
  ) async throws(WireError) -> T {
    guard let connection else { throw WireError(.databaseUnavailable, "The database was closed.") }
    let watch = QueryWatch(milliseconds: milliseconds)
    authorizer.clear()
    let result = await withTaskCancellationHandler {
      connection.setProgressHandler { watch.mayProceed }
      defer { connection.setProgressHandler(nil) }
      return Result { () throws(WireError) in
        guard !watch.isCancelled else { throw WireError(.cancelled, "The query was cancelled before it began.") }
        return try work(connection, watch)
      }
    } onCancel: {
      watch.cancel()
    }
    return try result.get()
  }

  /// Compiles the one statement that `sql` may hold.
  private func prepare(
    _ sql: String, _ connection: SQLiteConnection, _ watch: QueryWatch
  ) throws(WireError) -> SQLiteStatement {
    guard !sql.utf8.contains(0) else { throw WireError(.sqlRefused, "The SQL has a NUL character in it.") }
    guard !SQLTail.isEmpty(sql.utf8) else { throw WireError(.sqlRefused, "There is no statement in the SQL.") }
    let statement: SQLiteStatement
    do throws(SQLiteError) { statement = try connection.prepare(sql) } catch {
      throw wireError(error, watch, hint: SQLiteErrorHint.hint(error.message, sql: sql, connection))
    }
    guard SQLTail.isEmpty(sql.utf8.dropFirst(statement.consumedBytes)) else {
      throw WireError(.sqlRefused, "There is more than one statement in the SQL; send one at a time.")
    }
    guard statement.isReadOnly else { throw WireError(.sqlRefused, "The statement would change the database.") }
    return statement
  }

  // MARK: Errors

  private func requireFile() throws(WireError) {
    var info = stat()
    guard stat(path, &info) == 0 else {
      let reason = errno == ENOENT ? "there is no such file" : String(cString: strerror(errno))
      throw WireError(.databaseUnavailable, "The database \(path) cannot be opened: \(reason).")
    }
    guard info.st_mode & S_IFMT == S_IFREG else {
      throw WireError(.databaseUnavailable, "The database \(path) cannot be opened: it is not a file.")
    }
  }

  private func wireError(_ error: SQLiteError, _ watch: QueryWatch, hint: String = "") -> WireError {
    // Asked of the authorizer itself: SQLite has several codes for a refusal, and some come only while the statement runs.
    if let what = authorizer.refused {
      return WireError(.sqlRefused, "The database is open for reading only, and \(what) is not allowed.")
    }
    if error.isInterrupted {
      return watch.isCancelled
        ? WireError(.cancelled, "The query was cancelled.")
        : WireError(.sqlTimeout, "The query was interrupted after \(watch.elapsedMs) ms.")
    }
    if error.isBusy {
      return WireError(.databaseUnavailable, "Another process keeps the database locked.", hint: "Try again later.")
    }
    if error.isCorrupt || error.isReadOnly {
      return WireError(.databaseUnavailable, "The database cannot be read: \(error.message).")
    }
    return WireError(.sqlError, "\(error.message).\(hint)")
  }
}
