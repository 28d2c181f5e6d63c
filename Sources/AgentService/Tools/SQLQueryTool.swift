import JSON
import Wire

/// `sql_query {"sql":"SELECT …","limit":100?}` →
/// `{"columns":["carrier"],"rows":[["UA"]],"row_count":16,"exact":true,"truncated":false}`; see ``QueryResult/content(maxBytes:)``.
struct SQLQueryTool: Tool {
  private static let parameters: [ToolParameter] = [
    .required("sql", .text(maxBytes: 64 * 1024), "One read-only statement: a SELECT, with WITH if needed."),
    .optional("limit", .integer(1...1_000), "How many rows to show; 100 when left out. All are counted."),
  ]

  let definition = ToolDefinition(
    name: "sql_query",
    description: "Runs one read-only SQL statement and shows its first rows and how many there are in all.",
    parameters: parameters.schema, sideEffect: .pure, modes: .everyMode)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let sql = try arguments.requiredText("sql")
    let limits = QueryLimits(rows: arguments.integer("limit", default: 100))
    let result = try await context.database.query(sql, [], limits: limits)
    return ToolOutput(result, sql: sql)
  }
}
