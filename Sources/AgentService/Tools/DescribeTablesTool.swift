import JSON
import Wire

/// `describe_tables {"tables":["flights"]?,"values":true?}` → `{"tables":[{"name","kind":"table|view","rows":n|null,
/// "columns":[{"name","type","nullable":bool,"primary_key":bool}],
/// "foreign_keys":[{"column","table","foreign_column"}]}]}`, with each column's values as far as the schema's scan knows them.
///
/// Without `tables` it describes all of a schema of at most ``most`` tables. `rows` is null when counting took too long.
struct DescribeTablesTool: Tool {
  /// Tables that are described without being named.
  static let most = 20
  private static let parameters: [ToolParameter] = [
    .optional("tables", .textOrTexts(maxCount: 100, maxBytes: 512), "The tables to describe; all when left out."),
    .optional("values", .flag, "Whether to show what values the columns have; true when left out."),
  ]

  let definition = ToolDefinition(
    name: "describe_tables",
    description: "Describes tables: columns with types, keys and values, foreign keys, and the number of rows.",
    parameters: parameters.schema, sideEffect: .pure, modes: .everyMode)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let scan = try await context.schema.scan()
    let names = arguments.texts("tables")
    guard !names.isEmpty || scan.tables.count <= Self.most else {
      throw WireError(
        .toolArguments, "There are \(scan.tables.count) tables: the argument 'tables' must name those to describe.",
        hint: "Find them with 'search_schema'.")
    }
    var wanted: [SchemaTable] = names.isEmpty ? scan.tables : []
    for name in names { wanted.append(try scan.table(named: name)) }
    let withValues = arguments.flag("values", default: true)
    let list = BoundedList(name: "tables", of: wanted) { SchemaJSON.description($0, withValues: withValues) }
    return ToolOutput(content: list.content)
  }
}
