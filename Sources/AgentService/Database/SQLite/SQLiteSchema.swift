import SQLite

/// Reads what a SQLite database says about itself.
enum SQLiteSchema {
  /// Every table and view by name, without SQLite's own and those in which a virtual table keeps what is its.
  static func tables(_ connection: SQLiteConnection) throws(SQLiteError) -> [TableInfo] {
    let statement = try connection.prepare(
      """
      SELECT name, type = 'view', sql LIKE 'CREATE VIRTUAL TABLE%' FROM sqlite_schema
      WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        AND name NOT IN (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow') ORDER BY name
      """)
    var tables: [TableInfo] = []
    var mayFail: [Bool] = []
    while try statement.step() {
      tables.append(
        TableInfo(name: statement.text(0), isView: statement.int64(1) != 0, columns: [], foreignKeys: []))
      mayFail.append(statement.int64(1) != 0 || statement.int64(2) != 0)
    }
    for index in tables.indices {
      let name = tables[index].name
      tables[index].columns = try columns(of: name, mayFail: mayFail[index], connection)
      tables[index].foreignKeys = try foreignKeys(of: name, connection)
    }
    resolveImplicitKeys(&tables)
    return tables
  }

  /// Changes when a table is made, altered or dropped.
  static func version(_ connection: SQLiteConnection) throws(SQLiteError) -> Int64 {
    try number("PRAGMA schema_version", connection)
  }

  /// Whether it is a database of kai-session: what is in there is for its admins alone, wherever the file lies.
  static func isOfKAI(_ connection: SQLiteConnection) throws(SQLiteError) -> Bool {
    if try number("PRAGMA application_id", connection) == applicationId { return true }
    return try number(
      "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('migrations', 'keys', 'sessions', 'leases')",
      connection) == 4
  }

  /// `KAI1`, in the header of kai-session's file.
  private static let applicationId: Int64 = 0x4b41_4931

  private static func number(_ sql: String, _ connection: SQLiteConnection) throws(SQLiteError) -> Int64 {
    let statement = try connection.prepare(sql)
    return try statement.step() ? statement.int64(0) : 0
  }

  /// Makes each virtual table's module read what it needs; one that cannot is told of when it is asked for.
  static func connectVirtualTables(_ connection: SQLiteConnection) throws(SQLiteError) {
    let statement = try connection.prepare("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%'")
    // SQLite's own list of tables is one too.
    var names = ["pragma_table_list"]
    while try statement.step() { names.append(statement.text(0)) }
    for name in names {
      do throws(SQLiteError) { _ = try connection.prepare("SELECT * FROM \(SQLName.quoted(name)) LIMIT 0").step() } catch {
        if error.isInterrupted || error.isBusy { throw error }
      }
    }
  }

  private static func columns(
    of table: String, mayFail: Bool, _ connection: SQLiteConnection
  ) throws(SQLiteError) -> [ColumnInfo] {
    var columns: [ColumnInfo] = []
    do throws(SQLiteError) {
      let statement = try connection.prepare("PRAGMA table_xinfo(\(SQLName.quoted(table)))")
      // cid, name, type, notnull, dflt_value, pk, hidden (1: of a virtual table, not to be shown).
      while try statement.step() {
        guard statement.int64(6) != 1 else { continue }
        columns.append(
          ColumnInfo(
            name: statement.text(1), type: statement.text(2), isNullable: statement.int64(3) == 0,
            isPrimaryKey: statement.int64(5) > 0))
      }
    } catch {
      // A view over a table that is gone has no columns, nor has a virtual table whose module is not here; the others must still
      // be listed.
      guard mayFail, !error.isInterrupted, !error.isBusy else { throw error }
    }
    let key = columns.indices.filter { columns[$0].isPrimaryKey }
    // Only INTEGER PRIMARY KEY, the row id, is never NULL without saying so.
    if key.count == 1, columns[key[0]].type.uppercased() == "INTEGER" { columns[key[0]].isNullable = false }
    return columns
  }

  private static func foreignKeys(of table: String, _ connection: SQLiteConnection) throws(SQLiteError) -> [ForeignKey] {
    let statement = try connection.prepare("PRAGMA foreign_key_list(\(SQLName.quoted(table)))")
    var keys: [(id: Int64, position: Int64, key: ForeignKey)] = []
    // id, seq, table, from, to (NULL: the primary key), on_update, on_delete, match.
    while try statement.step() {
      let key = ForeignKey(column: statement.text(3), table: statement.text(2), foreignColumn: statement.text(4))
      keys.append((statement.int64(0), statement.int64(1), key))
    }
    // SQLite lists the last declared first.
    return keys.sorted { ($1.id, $0.position) < ($0.id, $1.position) }.map(\.key)
  }

  /// A foreign key that names no column means the primary key of the other table.
  private static func resolveImplicitKeys(_ tables: inout [TableInfo]) {
    for index in tables.indices {
      var used: [String: Int] = [:]
      for key in tables[index].foreignKeys.indices where tables[index].foreignKeys[key].foreignColumn.isEmpty {
        let name = tables[index].foreignKeys[key].table.lowercased()
        let primary = tables.first { $0.name.lowercased() == name }?.columns.filter(\.isPrimaryKey) ?? []
        let position = used[name, default: 0]
        used[name] = primary.isEmpty ? 0 : (position + 1) % primary.count
        if position < primary.count { tables[index].foreignKeys[key].foreignColumn = primary[position].name }
      }
    }
  }
}
