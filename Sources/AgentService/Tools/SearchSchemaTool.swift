import JSON
import Wire

/// `search_schema {"text":"late flights by airline","limit":5?}` → as `describe_tables`: the tables whose names, columns,
/// comments or values have words of the text, the best first, then those that join them.
struct SearchSchemaTool: Tool {
  private static let parameters: [ToolParameter] = [
    .required("text", .text(maxBytes: 4_096), "Words of what is looked for: things, columns, values."),
    .optional("limit", .integer(1...20), "How many tables; 5 when left out."),
  ]

  let definition = ToolDefinition(
    name: "search_schema",
    description: "Finds the tables that a text is about, by their names, columns, comments and values, and describes them.",
    parameters: parameters.schema, sideEffect: .pure, modes: .everyMode)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let text = try arguments.requiredText("text")
    let (scan, found, bridges) = try await context.schema.search(text, limit: arguments.integer("limit", default: 5))
    let tables = (found + bridges).map { scan.tables[$0] }
    return ToolOutput(content: TableDescriptions(tables, withValues: true).content)
  }
}
