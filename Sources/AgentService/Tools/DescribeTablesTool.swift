import JSON
import Wire

/// `describe_tables {"tables":["flights"]?,"values":true?,"column_offset":0?,"column_limit":100?}` →
/// `{"tables":[{"name","kind":"table|view","rows":n|null,
/// "columns":[{"name","type","nullable":bool,"primary_key":bool}],
/// "foreign_keys":[{"column","table","foreign_column"}]}]}`, with each column's values as far as the schema's scan knows them.
///
/// What did not fit is named: `"total":n,"truncated":true,"left_out":["orders"]` beside the tables, and `"columns_in_all":n,
/// "next_column_offset":m` in a table whose columns are not all there; see ``TableDescriptions``. Without `tables` it describes all of a schema of at most ``most`` tables. `rows` is null when counting took too long.
struct DescribeTablesTool: Tool {
  /// Tables that are described without being named.
  static let most = 20
  private static let parameters: [ToolParameter] = [
    .optional("tables", .textOrTexts(maxCount: 100, maxBytes: 512), "The tables to describe; all when left out."),
    .optional("values", .flag, "Whether to show what values the columns have; true when left out."),
    .optional("column_offset", .integer(0...1_000_000), "Of a wide table: the column to begin with; 0 when left out."),
    .optional("column_limit", .integer(1...4_096), "At most so many columns of each table; all that fit when left out."),
  ]

  let definition = ToolDefinition(
    name: "describe_tables",
    description:
      "Describes tables: columns with types, keys and values, foreign keys, and the number of rows. What did not fit is named in the result.",
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
    let described = TableDescriptions(
      wanted, offset: arguments.integer("column_offset", default: 0),
      limit: arguments.integer("column_limit", default: .max / 2), withValues: withValues)
    return ToolOutput(content: described.content)
  }
}
