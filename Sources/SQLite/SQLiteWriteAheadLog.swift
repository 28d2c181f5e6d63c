import CSQLite

/// Follows how long the write-ahead log of a connection is. Installing it turns SQLite's own checkpoints off, because both
/// use the same hook: whoever holds it decides when to checkpoint.
public final class SQLiteWriteAheadLog {
  /// Pages in the log after this connection's last commit.
  public private(set) var pages = 0
  /// Commits of this connection that wrote anything.
  public private(set) var commits = 0

  private let connection: SQLiteConnection

  public init(connection: SQLiteConnection) {
    self.connection = connection
    sqlite3_wal_hook(
      connection.handle,
      { context, _, _, pages in
        guard let context else { return SQLITE_OK }
        let log = Unmanaged<SQLiteWriteAheadLog>.fromOpaque(context).takeUnretainedValue()
        log.pages = Int(pages)
        log.commits += 1
        return SQLITE_OK
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit {
    sqlite3_wal_hook(connection.handle, nil, nil)
  }

  public enum CheckpointMode: Sendable {
    /// Copies what it can without waiting for anybody.
    case passive
    /// Waits for readers (as long as the busy timeout), copies everything and empties the file.
    case truncate
  }

  /// Copies pages from the log into the database file.
  /// - Returns: whether the whole log was copied.
  /// - Throws: ``SQLiteError``; a reader in the way is no error.
  @discardableResult
  public func checkpoint(_ mode: CheckpointMode) throws(SQLiteError) -> Bool {
    var logged: Int32 = 0
    var copied: Int32 = 0
    let rule =
      switch mode {
      case .passive: SQLITE_CHECKPOINT_PASSIVE
      case .truncate: SQLITE_CHECKPOINT_TRUNCATE
      }
    let code = sqlite3_wal_checkpoint_v2(connection.handle, nil, rule, &logged, &copied)
    guard code == SQLITE_OK || code & 0xff == SQLITE_BUSY else {
      throw SQLiteError(connection: connection.handle, code: code)
    }
    if code == SQLITE_OK, logged == copied { pages = 0 }
    return code == SQLITE_OK && logged == copied
  }
}
