import SQLite
import Wire

/// A connection that cannot write, for one reader's thread.
final class SQLiteReader {
  private let connection: SQLiteConnection
  private let transaction: SQLiteTransaction

  init(path: String, options: SQLiteStoreOptions, halt: StoreHalt = StoreHalt()) throws(WireError) {
    let connection = try storing { () throws(SQLiteError) in
      let connection = try SQLiteConnection(path: path, access: .readOnly)
      connection.setBusyTimeout(milliseconds: options.busyTimeoutMs)
      try connection.execute(script: "PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;")
      return connection
    }
    self.connection = connection
    transaction = SQLiteTransaction(connection: connection, surroundings: options.surroundings, halt: halt)
  }

  /// Runs a unit against one committed state.
  func run<T>(_ unit: StoreUnit<T>) -> Result<T, WireError> {
    do throws(WireError) {
      try storing { () throws(SQLiteError) in try connection.execute(script: "BEGIN") }
      // Nothing was changed, so both ends of the transaction mean the same; the rollback cannot fail in a way that matters.
      defer { _ = try? connection.execute(script: "ROLLBACK") }
      let (value, actions) = try transaction.run(unit)
      for action in actions { action() }
      return .success(value)
    } catch { return .failure(error) }
  }
}
