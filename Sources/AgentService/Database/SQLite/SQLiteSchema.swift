import SQLite

/// Reads what a SQLite database says about itself.
enum SQLiteSchema {
  /// Every table and view by name, without SQLite's own and those in which a virtual table keeps what is its.
  ///
  /// A view's columns are known once its definition has been put together with those of the views in it. That takes as long as whoever wrote
  /// them wants it to, and nothing can interrupt it.
  /// - Parameters:
  ///   - patience: after so long the views that are left are listed without columns.
  ///   - mayProceed: asked before each table.
  /// - Throws: an error that is ``SQLiteError/isInterrupted`` when it may not.
  static func tables(
    _ connection: SQLiteConnection, patience: Duration = .seconds(3), mayProceed: () -> Bool = { true }
  ) throws(SQLiteError) -> [TableInfo] {
    let statement = try connection.prepare(
      """
      SELECT name, type = 'view', sql LIKE 'CREATE VIRTUAL TABLE%', sql FROM sqlite_schema
      WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name
      """)
    var tables: [TableInfo] = []
    var mayFail: [Bool] = []
    var shadows: Set<String> = []
    while try statement.step() {
      let (name, isVirtual) = (statement.text(0), statement.int64(2) != 0)
      tables.append(TableInfo(name: name, isView: statement.int64(1) != 0, columns: [], foreignKeys: []))
      mayFail.append(statement.int64(1) != 0 || isVirtual)
      if isVirtual { shadows.formUnion(Self.shadows(of: name, definition: statement.text(3))) }
    }
    let end = ContinuousClock.now + patience
    for index in tables.indices where tables[index].isView || !shadows.contains(tables[index].name.lowercased()) {
      guard mayProceed() else { throw SQLiteError(code: SQLiteError.interrupted, message: "interrupted") }
      if tables[index].isView, .now > end { continue }
      let name = tables[index].name
      tables[index].columns = try columns(of: name, mayFail: mayFail[index], connection)
      tables[index].foreignKeys = try foreignKeys(of: name, connection)
    }
    tables.removeAll { !$0.isView && shadows.contains($0.name.lowercased()) }
    resolveImplicitKeys(&tables)
    return tables
  }

  /// The tables, in small letters, in which a virtual table of SQLite's own modules keeps what is its. (`pragma_table_list` knows them too, but
  /// puts every view together to say so.)
  static func shadows(of name: String, definition: String) -> [String] {
    let rest = definition.firstRange(of: name).map { definition[$0.upperBound...] } ?? definition[...]
    let words = rest.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "_" }
    guard let using = words.firstIndex(of: "using"), using + 1 < words.endIndex else { return [] }
    let parts: [String] =
      switch words[using + 1] {
      case "fts3", "fts4": ["content", "segments", "segdir", "docsize", "stat"]
      case "fts5": ["data", "idx", "content", "docsize", "config"]
      case "rtree", "rtree_i32", "geopoly": ["node", "rowid", "parent"]
      default: []
      }
    return parts.map { name.lowercased() + "_" + $0 }
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
    // SQLite's own list of tables, which people may ask for, is one too.
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
