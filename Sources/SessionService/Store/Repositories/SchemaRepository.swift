import Wire

/// What nodes found in the users' databases: the newest report of each connection, and the newest scan.
enum SchemaRepository {
  /// - Parameter known: the time of the scan that the caller has; that one is left out.
  static func state(
    of connectionId: String, known: Timestamp, in transaction: any Transaction
  ) throws(WireError) -> SchemaState {
    let found = try transaction.first(
      "SELECT checked_at, scanned_at, state FROM schemas WHERE connection_id = ?", [.text(connectionId)]
    ) { (row) throws(WireError) in
      var state = try SchemaState(decoding: row.blob(2))
      (state.checkedAt, state.scannedAt) = (row.timestamp(0), row.timestamp(1))
      return state
    }
    guard var state = found else { return SchemaState() }
    if state.scannedAt.microseconds > 0, state.scannedAt != known {
      state.scan = try transaction.first(
        "SELECT scan FROM schemas WHERE connection_id = ?", [.text(connectionId)]
      ) { (row) throws(WireError) in try SchemaScan(decoding: row.blob(0)) }
    }
    return state
  }

  /// Takes in a report; a scan that comes with it replaces the one before.
  static func save(_ report: SchemaReport, in transaction: any Transaction) throws(WireError) {
    let state = SchemaState.with {
      $0.checkedBy = report.nodeName
      $0.error = report.error
      $0.warnings = report.warnings
    }
    var scan = report.scan
    scan?.scannedAt = transaction.now
    scan?.dbConnectionId = report.dbConnectionId
    let scannedAt = scan.map { Value($0.scannedAt) } ?? .null
    let bytes: Value = scan.map { .blob($0.encoded()) } ?? .null
    try transaction.execute(
      """
      INSERT INTO schemas (connection_id, checked_at, scanned_at, state, scan) VALUES (?, ?, coalesce(?, 0), ?, ?)
      ON CONFLICT (connection_id) DO UPDATE SET checked_at = excluded.checked_at, state = excluded.state,
      scanned_at = coalesce(?, scanned_at), scan = coalesce(excluded.scan, scan)
      """,
      [.text(report.dbConnectionId), Value(transaction.now), scannedAt, .blob(state.encoded()), bytes, scannedAt])
  }

  static func delete(_ connectionId: String, in transaction: any Transaction) throws(WireError) {
    try transaction.execute("DELETE FROM schemas WHERE connection_id = ?", [.text(connectionId)])
  }
}
