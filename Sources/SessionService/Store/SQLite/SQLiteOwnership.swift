import SQLite
import Wire

/// Whose database a file is.
enum SQLiteOwnership {
  /// `KAI1`, at the place that SQLite keeps for it in the file. Nodes refuse such a file as a user's database.
  static let applicationId: Int64 = 0x4B41_4931

  /// Writes the mark.
  static var mark: String { "PRAGMA application_id = \(applicationId)" }

  /// What tells one database from another.
  private struct Traits {
    let id: Int64
    let tables: Int64
    let hasMigrations: Bool

    init(_ connection: SQLiteConnection) throws(SQLiteError) {
      id = try number("PRAGMA application_id", connection)
      tables = try number(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'", connection)
      hasMigrations = try number("SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'", connection) > 0
    }

    /// - Throws: `failed_precondition` when the file is another program's: our tables must not be made among its own.
    func requireOurs(_ path: String) throws(WireError) {
      guard id == applicationId || (id == 0 && (tables == 0 || hasMigrations)) else {
        throw WireError(
          .failedPrecondition, "'\(path)' is a database of another program",
          hint: "Nothing was changed. Move it away, or choose another --data folder.")
      }
    }
  }

  /// Looks at the file without its log, so that what another program has pending in one is not touched.
  /// - Throws: `failed_precondition` when it is another program's. What cannot be read is left to who opens it in earnest.
  static func peek(_ path: String) throws(WireError) {
    guard DataFolder.size(path) ?? 0 > 0 else { return }
    let traits: Traits
    do throws(SQLiteError) { traits = try Traits(SQLiteConnection(path: path, access: .immutable)) } catch { return }
    try traits.requireOurs(path)
  }

  /// - Parameter isFirstStart: whether the file may have nothing in it yet.
  /// - Returns: whether the mark is there; stores of older versions have none.
  /// - Throws: `failed_precondition` when the file is another program's; `corrupt` when what was in it is lost with its log.
  static func require(_ connection: SQLiteConnection, _ path: String, isFirstStart: Bool) throws(WireError) -> Bool {
    let traits = try storing { () throws(SQLiteError) in try Traits(connection) }
    try traits.requireOurs(path)
    guard traits.tables > 0 || isFirstStart else {
      throw WireError(
        .corrupt, "'\(path)' has no tables: what it held stood in its log, '\(path)-wal', which is missing or empty",
        hint: "Put the log back, or restore a backup into a new folder. For a new start choose another --data folder.")
    }
    return traits.id == applicationId
  }

  private static func number(_ sql: String, _ connection: SQLiteConnection) throws(SQLiteError) -> Int64 {
    let statement = try connection.prepare(sql)
    return try statement.step() ? statement.int64(0) : 0
  }
}
