import JSON
import Wire

/// `describe_tables {"tables":["flights"]?}` → `{"tables":[{"name","kind":"table|view","rows":n|null,
/// "columns":[{"name","type","nullable":bool,"primary_key":bool}],
/// "foreign_keys":[{"column","table","foreign_column"}]}]}`.
///
/// Without `tables` it describes all of them. `rows` is null when counting took too long.
struct DescribeTablesTool: Tool {
  private static let parameters: [ToolParameter] = [
    .optional("tables", .textOrTexts(maxCount: 100, maxBytes: 512), "The tables to describe; all when left out.")
  ]

  let definition = ToolDefinition(
    name: "describe_tables",
    description: "Describes tables: columns with types and keys, declared foreign keys, and the number of rows.",
    parameters: parameters.schema, sideEffect: .pure, modes: .everyMode)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let all = try await context.database.tables()
    let names = arguments.texts("tables")
    var wanted: [TableInfo] = names.isEmpty ? all : []
    for name in names { wanted.append(try all.table(named: name)) }
    let counts = RowCounts(context.database)
    var entries: [JSONValue] = []
    for table in wanted { entries.append(Self.json(table, try await counts.rows(of: table))) }
    return ToolOutput(content: BoundedList(name: "tables", of: entries) { $0 }.content)
  }

  private static func json(_ table: TableInfo, _ rows: JSONValue) -> JSONValue {
    let columns = table.columns.map { column -> JSONValue in
      [
        "name": .string(column.name), "type": .string(column.type),
        "nullable": .bool(column.isNullable), "primary_key": .bool(column.isPrimaryKey),
      ]
    }
    let keys = table.foreignKeys.map { key -> JSONValue in
      ["column": .string(key.column), "table": .string(key.table), "foreign_column": .string(key.foreignColumn)]
    }
    return [
      "name": .string(table.name), "kind": .string(table.kind), "rows": rows,
      "columns": .array(columns), "foreign_keys": .array(keys),
    ]
  }
}
