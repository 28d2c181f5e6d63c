import JSON
import Wire

/// Counts the rows of tables for descriptions, within a budget of time: a slow view must not hold up the rest.
struct RowCounts {
  /// For one table, and for all of one call.
  private static let tableMs: Int64 = 2_000
  private static let totalMs: Int64 = 5_000

  private let database: any UserDatabase
  private let deadline = ContinuousClock.now.advanced(by: .milliseconds(totalMs))

  init(_ database: any UserDatabase) { self.database = database }

  /// The number of rows, or null when it takes too long or a view is broken.
  func rows(of table: TableInfo) async throws(WireError) -> JSONValue {
    guard ContinuousClock.now < deadline else { return .null }
    let sql = "SELECT count(*) FROM \(table.sqlName)"
    do throws(WireError) {
      let limits = QueryLimits(rows: 1, bytes: 1_024, milliseconds: Self.tableMs, countRows: 1)
      guard case .integer(let count)? = try await database.query(sql, [], limits: limits).rows.first?.first else {
        return .null
      }
      return .integer(count)
    } catch {
      guard error.errorCode == .sqlTimeout || error.errorCode == .sqlError else { throw error }
      return .null
    }
  }
}
