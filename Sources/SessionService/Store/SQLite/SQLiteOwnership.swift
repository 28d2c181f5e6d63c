import SQLite
import Wire

/// Whose database a file is.
enum SQLiteOwnership {
  /// `KAI1`, at the place that SQLite keeps for it in the file. Nodes refuse such a file as a user's database.
  static let applicationId: Int64 = 0x4B41_4931

  /// Writes the mark.
  static var mark: String { "PRAGMA application_id = \(applicationId)" }

  /// - Returns: whether the mark is there; stores of older versions have none.
  /// - Throws: `failed_precondition` when the file is another program's: our tables must not be made among its own.
  static func require(_ connection: SQLiteConnection, _ path: String) throws(WireError) -> Bool {
    let (id, tables, ours) = try storing { () throws(SQLiteError) in
      (
        try number("PRAGMA application_id", connection),
        try number(
          "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'", connection),
        try number("SELECT count(*) FROM sqlite_schema WHERE name = 'migrations'", connection)
      )
    }
    guard id == applicationId || (id == 0 && (tables == 0 || ours > 0)) else {
      throw WireError(
        .failedPrecondition, "'\(path)' is a database of another program",
        hint: "Nothing was changed. Move it away, or choose another --data folder.")
    }
    return id == applicationId
  }

  private static func number(_ sql: String, _ connection: SQLiteConnection) throws(SQLiteError) -> Int64 {
    let statement = try connection.prepare(sql)
    return try statement.step() ? statement.int64(0) : 0
  }
}
