import Wire

/// One value of a user's database, without loss.
enum DatabaseValue: Sendable, Equatable {
  case null
  case integer(Int64)
  case real(Double)
  /// An exact number with a point, as the database writes it.
  case decimal(String)
  case text(String)
  case blob([UInt8])
}

/// What a query gave.
struct QueryResult: Sendable {
  var columns: [String]
  var rows: [[DatabaseValue]]
  /// How many rows the query has: exact when `isExact`, else "at least".
  var rowCount: UInt64
  var isExact: Bool
  var elapsedMs: UInt64
}

/// Limits of one query.
struct QueryLimits: Sendable {
  var rows = 1_000
  var bytes = 1 * 1024 * 1024
  var milliseconds: Int64 = 30_000
  /// Rows beyond `rows` are still counted up to this many.
  var countRows = 1_000_000
}

struct ColumnInfo: Sendable, Equatable {
  var name: String
  /// The declared type, as written.
  var type: String
  var isNullable: Bool
  var isPrimaryKey: Bool
  /// What the database's owner wrote about it.
  var comment = ""
}

struct ForeignKey: Sendable, Equatable {
  var column: String
  var table: String
  var foreignColumn: String
}

struct TableInfo: Sendable, Equatable {
  /// What people call it: with its schema in front if it needs one.
  var name: String
  /// The schema that has to be named; nil for a table that is found without.
  var schema: String? = nil
  var isView: Bool
  var columns: [ColumnInfo]
  var foreignKeys: [ForeignKey]
  /// What the database's owner wrote about it.
  var comment = ""
  /// The database's own guess; nil when it has none.
  var estimatedRows: UInt64? = nil
}

/// A user's database, opened read-only by the database itself. One per session execution; calls are serialised.
protocol UserDatabase: Sendable {
  var dialect: Dialect { get }
  /// Every table and view, by name.
  func tables() async throws(WireError) -> [TableInfo]
  /// Runs one read-only statement.
  /// - Throws: `sql_refused`, `sql_error`, `sql_timeout`, `database_unavailable`, `cancelled`.
  func query(_ sql: String, _ parameters: [DatabaseValue], limits: QueryLimits) async throws(WireError) -> QueryResult
  func close() async
  /// What an operator should know of how it is opened, in sentences.
  var warnings: [String] { get async }
}

extension UserDatabase {
  var warnings: [String] { [] }
}

extension DatabaseValue {
  /// What it takes in memory, in bytes, about.
  var size: Int {
    switch self {
    case .null, .integer, .real: 16
    case .text(let text), .decimal(let text): 16 + text.utf8.count
    case .blob(let bytes): 16 + bytes.count
    }
  }
}
