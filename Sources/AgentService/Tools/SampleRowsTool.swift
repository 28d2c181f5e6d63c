import JSON
import Wire

/// `sample_rows {"table":"flights","columns":["carrier"]?,"limit":5?}` → as `sql_query`: the first rows of a table.
struct SampleRowsTool: Tool {
  private static let parameters: [ToolParameter] = [
    .required("table", .text(maxBytes: 512), "A table or view."),
    .optional("columns", .textOrTexts(maxCount: 100, maxBytes: 512), "The columns to show; all when left out."),
    .optional("limit", .integer(1...100), "How many rows; 5 when left out."),
  ]

  let definition = ToolDefinition(
    name: "sample_rows", description: "Shows some rows of a table.",
    parameters: parameters.schema, sideEffect: .pure, modes: .everyMode)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let table = try await context.schema.scan().table(named: try arguments.requiredText("table"))
    var columns: [String] = []
    for name in arguments.texts("columns") { columns.append(SQLName.quoted(try table.column(named: name).name)) }
    let limit = arguments.integer("limit", default: 5)
    // Not "*": there may be columns that the role may not read.
    if columns.isEmpty { columns = table.columns.map { SQLName.quoted($0.name) } }
    let list = columns.isEmpty ? "*" : columns.joined(separator: ", ")
    let sql = "SELECT \(list) FROM \(table.sqlName) LIMIT \(limit)"
    let result = try await context.database.query(sql, [], limits: QueryLimits(rows: limit))
    return ToolOutput(result, sql: sql)
  }
}
