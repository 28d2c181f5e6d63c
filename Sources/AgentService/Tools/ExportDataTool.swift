import JSON
import Wire

/// `export_data {"path":"exports/late.xlsx","sql":"SELECT …"}` → `{"path":"exports/late.xlsx","rows":123,"bytes":4567}`, with
/// `"columns_with_hex":["photo"]` for bytes and texts that are no UTF-8, and `"cut_cells":n` for texts that are too long for a sheet.
///
/// All rows of a query as CSV, JSON or an Excel workbook, by the path's ending; see ``ExportTable`` for how much.
struct ExportDataTool: Tool {
  private static let parameters: [ToolParameter] = [
    .required("path", .text(maxBytes: 4_096), "A relative path in the session's folder that ends in .csv, .json or .xlsx."),
    .required("sql", .text(maxBytes: 64 * 1024), "One read-only statement."),
  ]

  let definition = ToolDefinition(
    name: "export_data", description: "Writes all rows of a query into a CSV, JSON or Excel (.xlsx) file.",
    parameters: parameters.schema, sideEffect: .idempotent, modes: .fromAnalysis)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let path = try arguments.requiredText("path")
    guard let format = ExportFormat(path: path) else {
      throw WireError(.toolArguments, "The argument 'path' must end in .csv, .json or .xlsx.")
    }
    let sql = try arguments.requiredText("sql")
    let result = try await context.database.query(sql, [], limits: ExportTable.limits)
    let table = try ExportTable(result)
    let bytes: [UInt8]
    switch format {
    case .csv: bytes = CSVWriter.bytes(table)
    case .json: bytes = JSONWriter.bytes(table)
    case .xlsx: bytes = try XLSXWriter.bytes(table)
    }
    try context.folder.write(bytes, to: path)
    var members: [JSONValue.Member] = [
      .init("path", .string(path)), .init("rows", .integer(Int64(table.rows.count))),
      .init("bytes", .integer(Int64(bytes.count))),
    ]
    let hex = table.columns.indices.filter { column in
      table.rows.contains { row in
        if case .blob = row[column] { true } else { false }
      }
    }
    if !hex.isEmpty { members.append(.init("columns_with_hex", .array(hex.map { .string(table.columns[$0]) }))) }
    let cut = format == .xlsx ? XLSXWriter.cutCells(of: table) : 0
    if cut > 0 { members.append(.init("cut_cells", .integer(Int64(cut)))) }
    return ToolOutput(content: JSONValue.object(members).text(), sql: sql, rowCount: result.rowCount, files: [path])
  }
}
