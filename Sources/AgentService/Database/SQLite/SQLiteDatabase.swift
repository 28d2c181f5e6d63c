import Glibc
import SQLite
import Wire

/// A user's SQLite file, opened read-only. An actor with a thread of its own: calls are serialised and never block the pool.
actor SQLiteDatabase: UserDatabase {
  /// The largest text, blob or row that can be read or made.
  private static let valueBytes: Int32 = 32 * 1024 * 1024
  private static let sqlBytes: Int32 = 1024 * 1024
  /// How long to wait for another process's lock when the file is opened, and between two looks at it.
  private static let openMilliseconds: Int64 = 20_000
  private static let lockPause: UInt32 = 20_000
  /// For reading the schema.
  private static let schemaMilliseconds: Int64 = 30_000

  nonisolated let dialect = Dialect.sqlite
  nonisolated private let executor = DatabaseExecutor()
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let path: String
  private let access: DatabaseAccess
  private let authorizer = ReadOnlyAuthorizer()
  private var connection: SQLiteConnection?
  /// Of a file that is read as one that nobody writes to: what it was like then.
  private var quiet: QuietFile?
  /// The schema whose virtual tables are connected.
  private var schemaVersion: Int64?

  init(path: String, access: DatabaseAccess) { (self.path, self.access) = (path, access) }

  /// Opens the file, and reads from it once to see that it is a database, and none of KAI's own.
  /// - Throws: `database_unavailable`, with one sentence for every path at which there is none; `cancelled`.
  func open() async throws(WireError) {
    guard let file = access.folders.file(path) else {
      access.note("there is no file, or none that --databases-root allows, at '\(path)'")
      throw Self.nothingThere
    }
    quiet = QuietFile(file)
    do throws(SQLiteError) {
      try connect(file)
    } catch {
      access.note("'\(path)': \(error.description)")
      throw Self.nothingThere
    }
    do throws(WireError) {
      try await watched(milliseconds: Self.openMilliseconds) { (connection, watch) throws(WireError) in
        // These questions are our own.
        connection.setAuthorizer(nil)
        do throws(SQLiteError) {
          if try SQLiteSchema.isOfKAI(connection) { throw SQLiteError(code: 1, message: "it is a database of kai-session") }
        } catch {
          throw error.isBusy || error.isInterrupted
            ? self.wireError(error, watch) : WireError(.databaseUnavailable, error.description)
        }
      }
    } catch {
      connection = nil
      guard error.errorCode == .databaseUnavailable, error.retry == .never else { throw error }
      access.note("'\(path)': \(error.message)")
      throw Self.nothingThere
    }
  }

  private static let nothingThere = WireError(
    .databaseUnavailable, "There is no SQLite database at the connection's path, or none that this node may open.",
    hint: "Check the path, that kai-agent may read the file, and which folders its --databases-root allows; "
      + "'kaictl connection update ALIAS --uri URI' gives another.")

  private func connect(_ file: String) throws(SQLiteError) {
    let opened = try SQLiteConnection(path: file, access: quiet == nil ? .readOnly : .immutable)
    try opened.restrictForUntrustedSQL(valueBytes: Self.valueBytes, sqlBytes: Self.sqlBytes)
    connection = opened
    schemaVersion = nil
  }

  func close() { connection = nil }

  func tables() async throws(WireError) -> [TableInfo] {
    try await watched(milliseconds: Self.schemaMilliseconds) { (connection, watch) throws(WireError) in
      do throws(SQLiteError) { return try SQLiteSchema.tables(connection, mayProceed: { watch.mayProceed }) } catch {
        throw self.wireError(error, watch)
      }
    }
  }

  func query(
    _ sql: String, _ parameters: [DatabaseValue], limits: QueryLimits
  ) async throws(WireError) -> QueryResult {
    try await watched(milliseconds: limits.milliseconds) { (connection, watch) throws(WireError) in
      let statement = try self.prepare(sql, connection, watch)
      guard statement.parameterCount == parameters.count else { throw Self.unbound(statement, parameters.count) }
      do throws(SQLiteError) {
        try statement.bind(parameters.map(\.sqlite))
        return try statement.collect(limits, watch)
      } catch {
        throw self.wireError(error, watch)
      }
    }
  }

  // MARK: One call

  /// Runs `work` with handlers that stop it when its time is over or the waiting task is cancelled, and that wait for a lock of
  /// another process until then.
  private func watched<T: Sendable>(
    milliseconds: Int64, _ work: (SQLiteConnection, QueryWatch) throws(WireError) -> T
  ) async throws(WireError) -> T {
    let watch = QueryWatch(milliseconds: milliseconds)
    let result = await withTaskCancellationHandler {
      Result { () throws(WireError) in
        guard !watch.isCancelled else { throw WireError(.cancelled, "The query was cancelled before it began.") }
        return try settled(watch, work)
      }
    } onCancel: {
      watch.cancel()
    }
    return try result.get()
  }

  /// Runs `work`, and once more if somebody began to write to the file meanwhile that was read as a quiet one.
  private func settled<T>(
    _ watch: QueryWatch, _ work: (SQLiteConnection, QueryWatch) throws(WireError) -> T
  ) throws(WireError) -> T {
    guard connection != nil else { throw WireError(.databaseUnavailable, "The database was closed.") }
    if let quiet {
      let result = Result { () throws(WireError) in try guarded(watch, work) }
      if quiet.isSame { return try result.get() }
      self.quiet = nil
      do throws(SQLiteError) { try connect(quiet.path) } catch { throw wireError(error, watch) }
    }
    return try guarded(watch, work)
  }

  private func guarded<T>(
    _ watch: QueryWatch, _ work: (SQLiteConnection, QueryWatch) throws(WireError) -> T
  ) throws(WireError) -> T {
    guard let connection else { throw WireError(.databaseUnavailable, "The database was closed.") }
    connection.setProgressHandler { watch.mayProceed }
    connection.setBusyHandler {
      usleep(Self.lockPause)
      return watch.mayProceed
    }
    defer {
      connection.setProgressHandler(nil)
      connection.setBusyHandler(nil)
      connection.setAuthorizer(nil)
    }
    while true {
      do throws(SQLiteError) { try connectVirtualTables(connection) } catch { throw wireError(error, watch) }
      authorizer.clear()
      connection.setAuthorizer { [authorizer] in authorizer.allows($0) }
      do throws(WireError) { return try work(connection, watch) } catch {
        // What others hold may be free in a moment; what this statement alone took is not.
        guard error.errorCode == .sqlError, error.message == Self.outOfMemory, SQLiteMemory.most > 0,
          SQLiteMemory.used > SQLiteMemory.most / 4, watch.mayProceed
        else { throw error }
        usleep(5 * Self.lockPause)
      }
      connection.setAuthorizer(nil)
    }
  }

  /// Connects what modules such as FTS5 and R-tree need before SQL of others is looked at: they write down their tables and prepare
  /// statements that write, which the authorizer would refuse to everybody. The connection itself can write nothing.
  private func connectVirtualTables(_ connection: SQLiteConnection) throws(SQLiteError) {
    let version = try SQLiteSchema.version(connection)
    guard version != schemaVersion else { return }
    try SQLiteSchema.connectVirtualTables(connection)
    schemaVersion = version
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

  private static let outOfMemory = "The statement needs more memory than there is for statements."

  private static func unbound(_ statement: SQLiteStatement, _ given: Int) -> WireError {
    // Of "?7" the first six have no name.
    let names = (0...statement.parameterCount).compactMap { $0 > given ? statement.parameterName($0) : nil }
    let name = names.first ?? "?"
    return WireError(
      .sqlError, "The statement has the parameter \(OneLine.text(name)), for which there is no value.",
      hint: "Write the value itself into the statement.")
  }

  private func wireError(_ error: SQLiteError, _ watch: QueryWatch, hint: String = "") -> WireError {
    // Asked of the authorizer itself: SQLite has several codes for a refusal, and some come only while the statement runs.
    if let what = authorizer.refused {
      return WireError(.sqlRefused, "The database is open for reading only, and \(OneLine.text(what)) is not allowed.")
    }
    if error.isInterrupted || watch.isCancelled {
      return watch.isCancelled
        ? WireError(.cancelled, "The query was cancelled.")
        : WireError(.sqlTimeout, "The query was interrupted after \(watch.elapsedMs) ms.")
    }
    if error.isBusy {
      return .retryable(
        "Another process keeps the database locked; after \(watch.elapsedMs) ms it still did.",
        hint: "Try again when it has ended its work.")
    }
    if error.isOutOfMemory {
      return WireError(
        .sqlError, Self.outOfMemory, hint: "Gather or sort less: aggregate, filter, or take fewer and shorter values.")
    }
    if error.isCorrupt || error.isReadOnly || error.isCannotOpen {
      return WireError(
        .databaseUnavailable, "The database cannot be read: \(OneLine.text(error.message)).",
        hint: "Check the file with 'PRAGMA integrity_check', and that kai-agent may read it and its folder.")
    }
    let sentence = "\(OneLine.text(error.message)).\(OneLine.text(hint))"
    guard error.message == "integer overflow" else { return WireError(.sqlError, sentence) }
    return WireError(.sqlError, sentence, hint: "Use total(x), or sum(CAST(x AS REAL)): the sum is beyond 64 bits.")
  }
}
