import Wire

/// A query's whole result, to be written into a file.
struct ExportTable: Sendable {
  /// Rows and bytes that a file may hold.
  static let maxRows = 500_000
  static let maxBytes = 64 * 1024 * 1024

  var columns: [String]
  var rows: [[DatabaseValue]]

  /// All of a result.
  /// - Throws: `limit_exceeded` when it is larger than a file may be.
  init(_ result: QueryResult) throws(WireError) {
    guard result.isExact, UInt64(result.rows.count) == result.rowCount else {
      throw WireError(
        .limitExceeded,
        "The query gives more than a file takes: \(Self.maxRows) rows or \(Self.maxBytes / 1024 / 1024) MiB.",
        hint: "Export it in parts, with a WHERE, or aggregate it.")
    }
    (columns, rows) = (result.columns, result.rows)
  }

  static let limits = QueryLimits(rows: maxRows, bytes: maxBytes, milliseconds: 120_000, countRows: maxRows + 1)
}
