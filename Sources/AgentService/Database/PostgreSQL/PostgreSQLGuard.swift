import Wire

/// The second wall around a PostgreSQL database. The first is the server's own: a read-only transaction, of one statement, with
/// its time limits, under a role that may read and nothing else if the connection's own role is a superuser's. This one refuses
/// what a read-only transaction does not: statements that are no query, and functions that reach out of the database or change
/// the session.
enum PostgreSQLGuard {
  private static let queries: Set<String> = ["select", "with", "values", "table", "explain", "show"]

  /// Functions, and the tables with the server's own secrets, which a role that may read everything may read too.
  private static let forbidden: Set<String> = [
    "pg_authid", "pg_shadow", "pg_user_mapping", "pg_user_mappings",
    "set_config", "pg_reload_conf", "pg_rotate_logfile", "pg_terminate_backend", "pg_cancel_backend", "pg_promote",
    "pg_stat_file",
    "pg_switch_wal", "pg_export_snapshot", "pg_notify", "pg_logical_emit_message", "pg_current_logfile", "txid_current",
    "pg_current_xact_id",
  ]
  private static let families = [
    "pg_read_", "pg_ls_", "pg_file_", "pg_advisory_", "pg_try_advisory_", "pg_create_", "pg_drop_", "pg_replication_",
    "pg_backup_", "pg_start_backup", "pg_stop_backup", "pg_logical_slot_", "pg_wal_replay_", "lo_", "dblink", "query_to_xml",
    "cursor_to_xml", "table_to_xml", "schema_to_xml", "database_to_xml", "pg_stat_reset",
  ]

  /// - Throws: `sql_refused`, with what is refused.
  static func check(_ sql: String) throws(WireError) {
    guard !sql.utf8.contains(0) else { throw WireError(.sqlRefused, "The SQL has a NUL character in it.") }
    let words = PostgreSQLText.words(sql)
    let names = words.compactMap { word in if case .name(let name) = word { name } else { nil } }
    guard let first = names.first else { throw WireError(.sqlRefused, "There is no statement in the SQL.") }
    guard queries.contains(first) else {
      throw WireError(
        .sqlRefused, "The database is open for reading only, and \(OneLine.text(first.prefix(40).uppercased())) is no query.",
        hint: "Use one SELECT, with WITH if needed.")
    }
    guard let end = words.firstIndex(of: .semicolon) else { return try checkNames(names) }
    guard words[end...].allSatisfy({ $0 == .semicolon }) else {
      throw WireError(.sqlRefused, "There is more than one statement in the SQL; send one at a time.")
    }
    try checkNames(names)
  }

  private static func checkNames(_ names: [String]) throws(WireError) {
    for name in names where forbidden.contains(name) || families.contains(where: name.hasPrefix) {
      throw WireError(.sqlRefused, "The database is open for reading only, and \(OneLine.text(name)) is not allowed.")
    }
  }
}
