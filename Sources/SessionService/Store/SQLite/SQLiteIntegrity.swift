import Wire

/// Checks that only SQLite itself can make.
enum SQLiteIntegrity {
  /// What is wrong with the file's own structure: empty when it is sound.
  static func problems(in transaction: any Transaction) throws(WireError) -> [String] {
    let lines = try transaction.query("PRAGMA quick_check(20)", []) { (row) in row.text(0) }
    return lines == ["ok"] ? [] : lines
  }
}
