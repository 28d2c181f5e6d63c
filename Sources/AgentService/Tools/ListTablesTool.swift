import JSON
import Wire

/// `list_tables {}` → `{"tables":[{"name":"flights","kind":"table|view","rows":336776|null,"columns":19}]}`, by name.
///
/// `columns` is how many there are; `rows` is null when counting took too long.
struct ListTablesTool: Tool {
  let definition = ToolDefinition(
    name: "list_tables",
    description: "Lists every table and view of the database with its number of rows and columns.",
    parameters: [ToolParameter]().schema, sideEffect: .pure, modes: .everyMode)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    _ = try ToolArguments(arguments, [])
    let counts = RowCounts(context.database)
    var entries: [JSONValue] = []
    for table in try await context.database.tables() {
      entries.append([
        "name": .string(table.name), "kind": .string(table.kind), "rows": try await counts.rows(of: table),
        "columns": .integer(Int64(table.columns.count)),
      ])
    }
    return ToolOutput(content: BoundedList(name: "tables", of: entries) { $0 }.content)
  }
}
