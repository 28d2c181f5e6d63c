import Addresses
import PostgreSQL
import Wire

/// A user's PostgreSQL database. Each call is a read-only transaction of its own with the server's time limits; an actor with a
/// thread of its own, so that calls are serialised and never block the pool.
actor PostgreSQLDatabase: UserDatabase {
  /// How long to try for a connection when the server has none left, or is just starting, and how long to wait in between.
  private static let openPatience = Duration.seconds(20)
  private static let openPause = Duration.milliseconds(250)
  /// How long to wait for somebody else's lock.
  private static let lockMilliseconds = 2_000
  /// For reading the schema.
  private static let schemaMilliseconds: Int64 = 30_000
  private static let sqlBytes = 1024 * 1024

  nonisolated let dialect = Dialect.postgresql
  nonisolated private let executor = DatabaseExecutor()
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let uri: String
  private let access: DatabaseAccess
  private var connection: PostgreSQLConnection?
  private var isClosed = false
  /// The role's own rights are put aside for each query.
  private var isSuperuser = false
  /// The role or the database may have few connections: each is given back after its call.
  private var isScarce = false
  private static let fewConnections: Int64 = 8
  private(set) var warnings: [String] = []

  init(uri: String, access: DatabaseAccess) { (self.uri, self.access) = (uri, access) }

  /// Connects, and looks what the role may do. A server that has no connection left is asked again for a while.
  /// - Throws: `database_unavailable`, without any piece of the URI; `cancelled`.
  func open() async throws(WireError) {
    let connection = try await connect()
    if !isScarce { self.connection = connection }
  }

  private func connect() async throws(WireError) -> PostgreSQLConnection {
    let address = try address()
    let end = ContinuousClock.now + Self.openPatience
    while true {
      guard let settings = PostgreSQLTarget.settings(of: address, access) else { throw PostgreSQLRefusal.noServer.error }
      do throws(PostgreSQLError) {
        let connection = try PostgreSQLConnection(settings: settings)
        try connection.execute(
          """
          SET DateStyle = ISO; SET IntervalStyle = postgres; SET bytea_output = hex; SET extra_float_digits = 1;
          SET lc_monetary = 'C'
          """)
        try look(connection)
        return connection
      } catch {
        let refusal = PostgreSQLRefusal(error.message)
        guard refusal.isTemporary, ContinuousClock.now < end else {
          note(error.message, address)
          throw refusal.error
        }
      }
      do { try await Task.sleep(for: Self.openPause) } catch {
        throw WireError(.cancelled, "The task was cancelled while it waited for the database.")
      }
    }
  }

  private func address() throws(WireError) -> PostgreSQLAddress {
    do throws(AddressFault) {
      if case .postgreSQL(let address) = try DatabaseAddress(uri: uri) { return address }
    } catch {
      throw WireError(.databaseUnavailable, "The connection's URI \(error.sentence).", hint: error.hint)
    }
    throw WireError(.databaseUnavailable, "The connection's URI is none of PostgreSQL.", hint: AddressFault.forms)
  }

  /// Tells the operator libpq's words, unless they may repeat what is secret.
  private func note(_ message: String, _ address: PostgreSQLAddress) {
    let secrets = PiecesOfSecrets([address.user, address.password ?? ""])
    access.note(secrets.mayBe(in: message) ? "the server or libpq refused it (its words may hold the user or password)" : message)
  }

  func close() {
    connection = nil
    isClosed = true
  }

  private func look(_ connection: PostgreSQLConnection) throws(PostgreSQLError) {
    var canWrite = false
    try connection.query(
      """
      SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), EXISTS (
        SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
          AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')),
        (SELECT least(nullif(r.rolconnlimit, -1), nullif(d.datconnlimit, -1)) FROM pg_roles r, pg_database d
          WHERE r.rolname = current_user AND d.datname = current_database())
      """, columns: { _ in },
      row: { row in
        (isSuperuser, canWrite) = (row.text(0) == "t", row.text(1) == "t")
        isScarce = Int64(row.text(2)).map { $0 <= Self.fewConnections } ?? false
        return true
      })
    if isSuperuser {
      warnings.append("The database's role is a superuser; it is put aside for each query. Give KAI a role that may only read.")
    } else if canWrite {
      warnings.append(
        "The database's role may write; only the read-only transaction keeps it from that. Give KAI a role that may only read.")
    }
  }

  // MARK: Calls

  func tables() async throws(WireError) -> [TableInfo] {
    try await watched(milliseconds: Self.schemaMilliseconds) { (connection, _) throws(PostgreSQLError) in
      try PostgreSQLSchema.tables(connection)
    }
  }

  func query(
    _ sql: String, _ parameters: [DatabaseValue], limits: QueryLimits
  ) async throws(WireError) -> QueryResult {
    guard sql.utf8.count <= Self.sqlBytes else {
      throw WireError(.sqlRefused, "The SQL has \(sql.utf8.count) bytes, but may have at most \(Self.sqlBytes).")
    }
    try PostgreSQLGuard.check(sql)
    do throws(WireError) {
      return try await watched(milliseconds: limits.milliseconds) { (connection, watch) throws(PostgreSQLError) in
        try connection.collect(sql, parameters.map(\.postgreSQL), limits, watch)
      }
    } catch {
      guard error.errorCode == .sqlError else { throw error }
      throw await hinted(error)
    }
  }

  /// Runs `work` in a read-only transaction that ends, whatever comes of it, without a trace.
  private func watched<T: Sendable>(
    milliseconds: Int64, _ work: (PostgreSQLConnection, QueryWatch) throws(PostgreSQLError) -> T
  ) async throws(WireError) -> T {
    let connection = try await connected()
    let canceller = connection.canceller()
    let watch = QueryWatch(milliseconds: milliseconds)
    defer { if isScarce { self.connection = nil } }
    let result = await withTaskCancellationHandler {
      Result { () throws(WireError) in
        guard !watch.isCancelled else { throw WireError(.cancelled, "The query was cancelled before it began.") }
        do throws(PostgreSQLError) {
          try connection.execute(transaction(milliseconds))
          let value = try work(connection, watch)
          try connection.execute("ROLLBACK")
          return value
        } catch {
          do throws(PostgreSQLError) { try connection.execute("ROLLBACK") } catch { self.connection = nil }
          throw wireError(error, watch)
        }
      }
    } onCancel: {
      watch.cancel()
      canceller?.cancel()
    }
    return try result.get()
  }

  private func transaction(_ milliseconds: Int64) -> String {
    var begin =
      "BEGIN READ ONLY; SET LOCAL statement_timeout = \(max(1, milliseconds)); SET LOCAL lock_timeout = \(Self.lockMilliseconds)"
    // May read everything, and nothing else: see "Predefined Roles" in PostgreSQL's manual.
    if isSuperuser { begin += "; SET LOCAL ROLE pg_read_all_data" }
    return begin
  }

  /// The connection, made anew when the server has closed it or it was given back.
  private func connected() async throws(WireError) -> PostgreSQLConnection {
    guard !isClosed else { throw WireError(.databaseUnavailable, "The database was closed.") }
    if let connection, connection.isAlive { return connection }
    warnings = []
    let connection = try await connect()
    self.connection = connection
    return connection
  }

  // MARK: Errors

  private func wireError(_ error: PostgreSQLError, _ watch: QueryWatch) -> WireError {
    let sentence = OneLine.text(error.message + (error.hint.isEmpty ? "" : ". \(error.hint)"))
    switch error.sqlState {
    case "25006":
      return WireError(.sqlRefused, "The database is open for reading only: \(sentence).")
    case "42501":
      return WireError(
        .sqlRefused, "The database does not allow it: \(sentence).",
        hint: "The connection's role may read what it was granted alone, with GRANT SELECT ON ... TO the role.")
    case "08P01" where error.message.contains("bind message supplies"):
      return WireError(
        .sqlError, "The statement has a parameter such as $1, for which there is no value.",
        hint: "Write the value itself into the statement.")
    case "42601" where error.message.contains("multiple commands"):
      return WireError(.sqlRefused, "There is more than one statement in the SQL; send one at a time.")
    default: break
    }
    if error.isTooLarge {
      return WireError(
        .sqlError, "A row of the result is larger than can be read.",
        hint: "Take a part of its values, such as left(column, 1000), or their length.")
    }
    if error.isCancelled {
      return watch.isCancelled
        ? WireError(.cancelled, "The query was cancelled.")
        : WireError(.sqlTimeout, "The query was interrupted after \(watch.elapsedMs) ms.")
    }
    if error.isLockTimeout {
      return .retryable("Somebody else keeps a table locked.", hint: "Try again when they have ended.")
    }
    if error.isConnectionLost {
      access.note("the connection was lost, SQLSTATE '\(error.sqlState)'")
      return .retryable("The connection to the database server was lost.", hint: "Try again; the next query connects anew.")
    }
    return WireError(.sqlError, sentence.hasSuffix(".") ? sentence : "\(sentence).")
  }

  /// Adds the nearest names that there are to an error about one that there is not.
  private func hinted(_ error: WireError) async -> WireError {
    let isTable = error.message.hasPrefix("relation \"")
    guard isTable || error.message.hasPrefix("column "), error.message.contains("does not exist"),
      let name = Self.name(in: error.message), let tables = try? await tables()
    else { return error }
    let names = isTable ? tables.map(\.name) : tables.flatMap { $0.columns.map(\.name) }
    var error = error
    error.message += OneLine.text(
      NearestNames.quoting(name, among: names, dialect) ?? NearestNames.hint(for: name, among: names))
    return error
  }

  /// `relation "x" does not exist`, `column t.x does not exist`: x.
  private static func name(in message: String) -> String? {
    let words = message.split(separator: " ", maxSplits: 2)
    guard words.count > 1 else { return nil }
    return words[1].filter { $0 != "\"" }.split(separator: ".").last.map { String($0) }
  }
}

/// PostgreSQL servers.
struct PostgreSQLDriver: DatabaseDriver {
  let dialect = Dialect.postgresql
  let schemes = ["postgresql", "postgres"]
  let uriForm = "postgresql://user:password@host:5432/database"
  var access = DatabaseAccess.standard

  func open(uri: String) async throws(WireError) -> any UserDatabase {
    let database = PostgreSQLDatabase(uri: uri, access: access)
    try await database.open()
    return database
  }
}
