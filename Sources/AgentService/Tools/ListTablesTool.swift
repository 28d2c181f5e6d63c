import JSON
import Wire

/// `list_tables {"limit":100?,"offset":0?,"refresh":false?}` →
/// `{"tables":[{"name":"flights","kind":"table|view","rows":336776|null,"columns":19}]}`, by name, with
/// `"total":n,"truncated":true` when tables follow.
///
/// Of a schema's stored scan; `refresh` reads the structure and counts the rows now. `columns` is how many there are; `rows`
/// is null when counting took too long.
struct ListTablesTool: Tool {
  private static let parameters: [ToolParameter] = [
    .optional("limit", .integer(1...1_000), "How many tables; 100 when left out."),
    .optional("offset", .integer(0...1_000_000), "The table to begin with; 0 when left out."),
    .optional("refresh", .flag, "Count the rows now instead of taking what the last scan counted."),
  ]

  let definition = ToolDefinition(
    name: "list_tables",
    description: "Lists the tables and views of the database with their rows and columns.",
    parameters: parameters.schema, sideEffect: .pure, modes: .everyMode)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let scan = try await context.schema.scan(refresh: arguments.flag("refresh", default: false))
    let list = BoundedList(
      name: "tables", of: Array(scan.tables.dropFirst(arguments.integer("offset", default: 0))), total: scan.tables.count,
      limit: arguments.integer("limit", default: 100), SchemaJSON.entry)
    return ToolOutput(content: list.content)
  }
}
