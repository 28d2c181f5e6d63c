import JSON
import Wire

/// `sql_query {"sql":"SELECT …","limit":100?,"explain":false?}` →
/// `{"columns":["carrier"],"rows":[["UA"]],"row_count":16,"exact":true,"truncated":false}`; see ``QueryResult/content(maxBytes:)``.
///
/// With `explain` the database's plan instead of the rows. An error comes with what is needed to mend the statement, a result of
/// nothing with values that may have been meant: `"hints":["…"]`.
struct SQLQueryTool: Tool {
  private static let parameters: [ToolParameter] = [
    .required("sql", .text(maxBytes: 64 * 1024), "One read-only statement: a SELECT, with WITH if needed."),
    .optional("limit", .integer(1...1_000), "How many rows to show; 100 when left out. All are counted."),
    .optional("explain", .flag, "Show how the database would run it, and do not run it."),
  ]

  let definition = ToolDefinition(
    name: "sql_query",
    description: "Runs one read-only SQL statement and shows its first rows and how many there are in all.",
    parameters: parameters.schema, sideEffect: .pure, modes: .everyMode)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let sql = try arguments.requiredText("sql")
    let limits = QueryLimits(rows: arguments.integer("limit", default: 100))
    let isExplained = arguments.flag("explain", default: false)
    let statement = isExplained ? Self.explained(sql, context.database.dialect) : sql
    let result: QueryResult
    do throws(WireError) { result = try await context.database.query(statement, [], limits: limits) } catch {
      throw await mended(error, sql, context)
    }
    var output = ToolOutput(result, sql: statement)
    if result.foundNothing, let scan = try? await context.schema.scan() {
      let hints = SQLRepair(sql, scan).valueHints()
      if !hints.isEmpty, output.content.hasSuffix("}") {
        let list = JSONValue.array(hints.map { .string($0) }).text()
        output.content = output.content.dropLast() + ",\"hints\":\(list)}"
      }
    }
    return output
  }

  private static func explained(_ sql: String, _ dialect: Dialect) -> String {
    switch dialect {
    case .postgresql: "EXPLAIN " + sql
    case .sqlite, .unspecified: "EXPLAIN QUERY PLAN " + sql
    }
  }

  /// The error with what the schema says about it.
  private func mended(_ error: WireError, _ sql: String, _ context: ToolContext) async -> WireError {
    guard error.errorCode == .sqlError, let scan = try? await context.schema.scan() else { return error }
    let hints = SQLRepair(sql, scan).hints(for: error.message)
    guard !hints.isEmpty else { return error }
    var error = error
    error.message += " " + hints.joined(separator: " ")
    return error
  }
}

extension QueryResult {
  /// No row, or one row of nothing but zeros and NULLs, as a count over nothing gives.
  fileprivate var foundNothing: Bool {
    if rowCount == 0 { return true }
    guard rowCount == 1, let row = rows.first else { return false }
    return row.allSatisfy { $0 == .null || $0 == .integer(0) }
  }
}
