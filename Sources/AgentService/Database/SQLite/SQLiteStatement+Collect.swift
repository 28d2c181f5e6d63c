import SQLite

extension SQLiteStatement {
  /// Steps to the end: keeps the first rows, counts the rest.
  ///
  /// The count is "at least" when `limits.countRows` was reached, or when time ran out after the rows that are kept were read.
  /// - Throws: ``SQLiteError``; interrupted when `watch` says so.
  func collect(_ limits: QueryLimits, _ watch: QueryWatch) throws(SQLiteError) -> QueryResult {
    let width = columnCount
    var result = QueryResult(
      columns: (0..<width).map(columnName), rows: [], rowCount: 0, isExact: true, elapsedMs: 0)
    var bytes = 0
    var isFull = false
    do throws(SQLiteError) {
      while try step() {
        guard result.rowCount < UInt64(clamping: max(limits.countRows, limits.rows)) else {
          result.isExact = false
          break
        }
        result.rowCount += 1
        isFull = isFull || result.rows.count >= limits.rows
        guard !isFull else { continue }
        let row = (0..<width).map { DatabaseValue(value($0)) }
        bytes += row.reduce(0) { $0 + $1.size }
        if bytes > limits.bytes { isFull = true } else { result.rows.append(row) }
      }
    } catch {
      // The rows that were asked for are there: that time ran out while the others were counted is no failure.
      guard isFull, error.isInterrupted, !watch.isCancelled else { throw error }
      result.isExact = false
    }
    result.elapsedMs = watch.elapsedMs
    return result
  }
}

extension DatabaseValue {
  init(_ value: SQLiteValue) {
    self =
      switch value {
      case .null: .null
      case .integer(let value): .integer(value)
      case .real(let value): .real(value)
      case .text(let value): .text(value)
      case .blob(let value): .blob(value)
      }
  }

  var sqlite: SQLiteValue {
    switch self {
    case .null: .null
    case .integer(let value): .integer(value)
    case .real(let value): .real(value)
    case .text(let value), .decimal(let value): .text(value)
    case .blob(let value): .blob(value)
    }
  }
}
