import JSON
import Wire

/// `distinct_values {"table":"flights","column":"carrier","limit":50?}` → as `sql_query`, with the columns `value` and
/// `count`, the most frequent first; `row_count` is the number of distinct values, NULL being one of them.
struct DistinctValuesTool: Tool {
  private static let parameters: [ToolParameter] = [
    .required("table", .text(maxBytes: 512), "A table or view."),
    .required("column", .text(maxBytes: 512), "A column of it."),
    .optional("limit", .integer(1...1_000), "How many values; 50 when left out."),
  ]

  let definition = ToolDefinition(
    name: "distinct_values",
    description: "Counts how often each value of a column occurs, the most frequent first, and how many values there are.",
    parameters: parameters.schema, sideEffect: .pure, modes: .everyMode)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let table = try await context.schema.scan().table(named: try arguments.requiredText("table"))
    let column = try table.column(named: try arguments.requiredText("column"))
    let name = SQLName.quoted(column.name)
    // No LIMIT: the driver hands over the first rows and counts the rest.
    let sql =
      "SELECT \(name) AS value, count(*) AS count FROM \(table.sqlName) "
      + "GROUP BY \(name) ORDER BY count(*) DESC, \(name)"
    let limits = QueryLimits(rows: arguments.integer("limit", default: 50))
    let result = try await context.database.query(sql, [], limits: limits)
    return ToolOutput(result, sql: sql)
  }
}
