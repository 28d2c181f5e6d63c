import Wire

/// Checks that only SQLite itself can make.
enum SQLiteIntegrity {
  /// The same for a file that is not large.
  /// - Parameter mostBytes: a larger file is not looked at: that would hold a reader, and the log with it, for long.
  static func problems(in transaction: any Transaction, upTo mostBytes: Int64) throws(WireError) -> [String] {
    let pages = try transaction.first("PRAGMA page_count", []) { (row) in row.int64(0) } ?? 0
    let pageBytes = try transaction.first("PRAGMA page_size", []) { (row) in row.int64(0) } ?? 0
    return pages * pageBytes > mostBytes ? [] : try problems(in: transaction)
  }

  /// What is wrong with the file's own structure: empty when it is sound.
  static func problems(in transaction: any Transaction) throws(WireError) -> [String] {
    let lines = try transaction.query("PRAGMA quick_check(20)", []) { (row) in row.text(0) }
    return lines == ["ok"] ? [] : lines
  }
}
