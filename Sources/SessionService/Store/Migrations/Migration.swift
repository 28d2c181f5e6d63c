import Wire

/// One step of the schema's history. A published migration is never changed: what follows corrects it.
struct Migration: Sendable {
  /// Unique, and rising within its room: the service's own are below 100, the queue's from 100.
  let number: Int64
  let name: String
  let statements: [String]
}

/// The schema, as the list of the steps that made it.
enum Migrations {
  /// Applies the migrations that this store lacks, in the order of their numbers, inside the caller's transaction.
  /// - Returns: how many were applied.
  /// - Throws: `failed_precondition` when the store has one that this version does not know.
  @discardableResult
  static func apply(_ migrations: [Migration], in transaction: any Transaction) throws(WireError) -> Int {
    try transaction.execute(
      "CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)")
    let missing = try missing(migrations, in: transaction)
    for migration in missing {
      for statement in migration.statements { try transaction.execute(statement) }
      try transaction.execute(
        "INSERT INTO migrations (number, name, applied_at) VALUES (?, ?, ?)",
        [.integer(migration.number), .text(migration.name), Value(transaction.now)])
    }
    return missing.count
  }

  /// The migrations that this store lacks, in the order of their numbers; all of them for a new one.
  /// - Throws: `failed_precondition` when the store has one that this version does not know.
  static func missing(_ migrations: [Migration], in transaction: any Transaction) throws(WireError) -> [Migration] {
    let isNew = try transaction.query("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'", []) { (row) in row.bool(0) }
      .isEmpty
    let applied = isNew ? [] : Set(try transaction.query("SELECT number FROM migrations", []) { (row) in row.int64(0) })
    guard applied.isSubset(of: Set(migrations.map(\.number))) else {
      throw WireError(
        .failedPrecondition, "the data folder was written by a newer version of kai-session",
        hint: "Start that version, or restore a backup made before the upgrade.")
    }
    return migrations.filter { !applied.contains($0.number) }.sorted { $0.number < $1.number }
  }
}
