import SQLite

/// The limit of this disk today: rows inserted by a bare loop, with the durability that kai-session has.
struct RawSQLite {
  let folder: String

  /// Inserts 2 KiB rows for about `seconds` and commits after each `batch`.
  /// - Returns: rows a second.
  func rowsPerSecond(batch: Int, seconds: Double) throws(SQLiteError) -> Double {
    let connection = try SQLiteConnection(
      path: "\(folder)/raw-\(batch)-\(UInt64.random(in: 0...UInt64.max)).db", access: .readWriteCreate)
    try connection.execute(
      script: """
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;
        CREATE TABLE steps (id INTEGER PRIMARY KEY, session TEXT, step INTEGER, body BLOB);
        CREATE UNIQUE INDEX steps_place ON steps (session, step);
        """)
    let begin = try connection.prepare("BEGIN IMMEDIATE", persistent: true)
    let commit = try connection.prepare("COMMIT", persistent: true)
    let insert = try connection.prepare("INSERT INTO steps (session, step, body) VALUES (?, ?, ?)", persistent: true)
    let body = incompressible(bytes: 2_048, seed: 7)
    let clock = ContinuousClock()
    let start = clock.now
    var rows = 0
    while (clock.now - start).seconds < seconds {
      try run(begin)
      for index in 0..<batch {
        try insert.bind([.text("sess_\(index % 64)"), .integer(Int64(rows + index)), .blob(body)])
        try run(insert)
      }
      try run(commit)
      rows += batch
    }
    return Double(rows) / (clock.now - start).seconds
  }

  private func run(_ statement: SQLiteStatement) throws(SQLiteError) {
    _ = try statement.step()
    statement.reset()
  }
}

/// Bytes that no codec makes smaller, the same for the same seed.
func incompressible(bytes count: Int, seed: UInt64) -> [UInt8] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 56)
  }
}
