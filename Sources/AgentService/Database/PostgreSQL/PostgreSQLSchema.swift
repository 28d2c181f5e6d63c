import PostgreSQL

/// Reads what a PostgreSQL database says about itself.
enum PostgreSQLSchema {
  /// Every table and view that the role may read, by name, without the server's own. One that is not on the search path is
  /// called by its schema too.
  static func tables(_ connection: PostgreSQLConnection) throws(PostgreSQLError) -> [TableInfo] {
    var tables: [TableInfo] = []
    var places: [String: Int] = [:]
    try connection.query(
      """
      SELECT c.oid, n.nspname, c.relname, c.relkind IN ('v', 'm'), pg_table_is_visible(c.oid),
        coalesce(obj_description(c.oid, 'pg_class'), ''), c.reltuples::bigint
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND n.nspname NOT LIKE 'pg\\_%' AND NOT c.relispartition AND has_any_column_privilege(c.oid, 'SELECT')
      ORDER BY NOT pg_table_is_visible(c.oid), n.nspname, c.relname
      """, columns: { _ in },
      row: { row in
        places[row.text(0)] = tables.count
        let schema = row.text(4) == "t" ? nil : row.text(1)
        tables.append(
          TableInfo(
            name: schema.map { "\($0).\(row.text(2))" } ?? row.text(2), schema: schema, isView: row.text(3) == "t", columns: [],
            foreignKeys: [], comment: row.text(5),
            // Below zero: never analysed. A view has none.
            estimatedRows: row.text(3) == "t" ? nil : UInt64(row.text(6))))
        return true
      })
    if tables.isEmpty { try requireNoneHidden(connection) }
    try readColumns(connection, places, &tables)
    try readForeignKeys(connection, places, &tables)
    return tables
  }

  /// A database whose tables may not be read is not one without tables.
  private static func requireNoneHidden(_ connection: PostgreSQLConnection) throws(PostgreSQLError) {
    var hidden = "0"
    try connection.query(
      """
      SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND n.nspname NOT LIKE 'pg\\_%' AND NOT c.relispartition
      """, columns: { _ in },
      row: { row in
        hidden = row.text(0)
        return true
      })
    guard hidden == "0" else {
      throw PostgreSQLError(sqlState: "42501", message: "the connection's role may read none of its \(hidden) tables")
    }
  }

  /// The columns that the role may read. A domain is told as what it is made of, and an enum as one.
  private static func readColumns(
    _ connection: PostgreSQLConnection, _ places: [String: Int], _ tables: inout [TableInfo]
  ) throws(PostgreSQLError) {
    try connection.query(
      """
      SELECT a.attrelid, a.attname, CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod)
          ELSE format_type(a.atttypid, a.atttypmod) END || CASE WHEN coalesce(b.typtype, t.typtype) = 'e' THEN ' enum' ELSE '' END,
        NOT a.attnotnull, coalesce(i.indisprimary, false), coalesce(col_description(a.attrelid, a.attnum), '')
      FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype
      LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey)
      WHERE a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(a.attrelid, a.attnum, 'SELECT') ORDER BY a.attrelid, a.attnum
      """, columns: { _ in },
      row: { row in
        guard let place = places[row.text(0)] else { return true }
        tables[place].columns.append(
          ColumnInfo(
            name: row.text(1), type: row.text(2), isNullable: row.text(3) == "t", isPrimaryKey: row.text(4) == "t",
            comment: row.text(5)))
        return true
      })
  }

  private static func readForeignKeys(
    _ connection: PostgreSQLConnection, _ places: [String: Int], _ tables: inout [TableInfo]
  ) throws(PostgreSQLError) {
    try connection.query(
      """
      SELECT k.conrelid, k.confrelid, a.attname, f.attname
      FROM pg_constraint k
      CROSS JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS pair (here, there, position)
      JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.here
      JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = pair.there
      WHERE k.contype = 'f' ORDER BY k.conrelid, k.conname, pair.position
      """, columns: { _ in },
      row: { row in
        guard let place = places[row.text(0)], let other = places[row.text(1)] else { return true }
        tables[place].foreignKeys.append(
          ForeignKey(column: row.text(2), table: tables[other].name, foreignColumn: row.text(3)))
        return true
      })
  }
}
