public import SQLite

/// The world outside KAI that tools change: a SQLite file in which every effect leaves its trace.
///
/// Several processes write to it. It keeps a rollback journal, because Debian's SQLite must not have two writers on one
/// write-ahead log, and does not sync, because only processes die here, never the machine.
///
/// Used by one thread at a time.
public final class Ledger {
  private let connection: SQLiteConnection

  /// Opens the file, or makes it.
  /// - Throws: ``SQLiteError``
  public init(path: String) throws(SQLiteError) {
    connection = try SQLiteConnection(path: path, access: .readWriteCreate)
    // Longer than any process is stopped, whatever it holds.
    connection.setBusyTimeout(milliseconds: 60_000)
    try connection.execute(
      script: """
        PRAGMA journal_mode = DELETE;
        PRAGMA synchronous = OFF;
        CREATE TABLE IF NOT EXISTS unsafe_effects (call_key TEXT NOT NULL, node TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS transactional_keys (call_key TEXT PRIMARY KEY);
        CREATE TABLE IF NOT EXISTS transactional_effects (call_key TEXT NOT NULL, node TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS idempotent_effects (call_key TEXT PRIMARY KEY, runs INTEGER NOT NULL);
        """)
  }

  /// Changes the world each time: two calls are two effects.
  public func addUnsafe(callKey: String, node: String) throws(SQLiteError) {
    try run("INSERT INTO unsafe_effects (call_key, node) VALUES (?, ?)", [.text(callKey), .text(node)])
  }

  /// The key and the effect in one transaction: a call that comes again changes nothing.
  public func addTransactional(callKey: String, node: String) throws(SQLiteError) {
    try connection.execute(script: "BEGIN IMMEDIATE")
    do throws(SQLiteError) {
      try run("INSERT OR IGNORE INTO transactional_keys (call_key) VALUES (?)", [.text(callKey)])
      if connection.changes == 1 {
        try run("INSERT INTO transactional_effects (call_key, node) VALUES (?, ?)", [.text(callKey), .text(node)])
      }
      try connection.execute(script: "COMMIT")
    } catch {
      _ = try? connection.execute(script: "ROLLBACK")
      throw error
    }
  }

  /// Twice is the same as once, but for a count of how often it ran.
  public func putIdempotent(callKey: String) throws(SQLiteError) {
    try run(
      """
      INSERT INTO idempotent_effects (call_key, runs) VALUES (?, 1)
      ON CONFLICT (call_key) DO UPDATE SET runs = runs + 1
      """, [.text(callKey)])
  }

  /// How often each call had its effect.
  public struct Effects: Sendable {
    public var unsafe: [String: Int]
    public var transactional: [String: Int]
    public var idempotent: [String: Int]
  }

  public func effects() throws(SQLiteError) -> Effects {
    Effects(
      unsafe: try counts("SELECT call_key, count(*) FROM unsafe_effects GROUP BY call_key"),
      transactional: try counts("SELECT call_key, count(*) FROM transactional_effects GROUP BY call_key"),
      idempotent: try counts("SELECT call_key, runs FROM idempotent_effects"))
  }

  private func counts(_ sql: String) throws(SQLiteError) -> [String: Int] {
    let statement = try connection.prepare(sql)
    var counts: [String: Int] = [:]
    while try statement.step() { counts[statement.text(0)] = Int(statement.int64(1)) }
    return counts
  }

  private func run(_ sql: String, _ values: [SQLiteValue]) throws(SQLiteError) {
    let statement = try connection.prepare(sql)
    try statement.bind(values)
    while try statement.step() {}
  }
}
