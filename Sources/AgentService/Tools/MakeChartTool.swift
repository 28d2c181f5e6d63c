import JSON
import Wire

/// `make_chart {"path":"charts/a.svg","kind":"bar","title":"…","x":"month","y":"flights"|["a","b"]?,"series":"carrier"?,
/// "sql":"SELECT …" or "columns":[…] with "rows":[[…]],"x_label":"…"?,"y_label":"…"?}` →
/// `{"path":"charts/a.svg","kind":"bar","rows":12,"series":1}`.
///
/// Kinds: `bar`, `grouped_bar`, `stacked_bar`, `line`, `area`, `scatter`, `histogram` (counts the numbers of `x`), `box` (how the
/// numbers of `y` are spread in each value of `x`), `heat_map` (`series` are the rows), `pie`. Without `y` every other column is
/// drawn; `series` makes a series of each of its values. The file is a self-contained SVG, or a PNG made from one.
struct MakeChartTool: Tool {
  private static let limits = QueryLimits(
    rows: ChartData.maxPoints, bytes: 8 * 1024 * 1024, countRows: ChartData.maxPoints + 1)
  private static let parameters: [ToolParameter] = [
    .required("path", .text(maxBytes: 4_096), "A relative path in the session's folder that ends in .svg or .png."),
    .required("kind", .choice(Chart.Kind.allCases.map(\.rawValue)), "What to draw."),
    .required("title", .text(maxBytes: 512), "The title."),
    .required("x", .text(maxBytes: 512), "The column along the horizontal axis; of a histogram the one that is counted."),
    .optional("y", .textOrTexts(maxCount: ChartData.maxSeries, maxBytes: 512), "The column or columns with the numbers."),
    .optional("series", .text(maxBytes: 512), "A column whose every value becomes a series of its own."),
    .optional("sql", .text(maxBytes: 64 * 1024), "One read-only statement that gives the data."),
    .optional("columns", .texts(maxCount: 64, maxBytes: 512), "The columns of the data, instead of sql."),
    .optional("rows", .rows(maxCount: ChartData.maxPoints), "The rows of the data, instead of sql."),
    .optional("x_label", .text(maxBytes: 512), "The label of the horizontal axis; the column's name when left out."),
    .optional("y_label", .text(maxBytes: 512), "The label of the vertical axis; the column's name when left out."),
  ]

  let definition = ToolDefinition(
    name: "make_chart", description: "Draws a chart of a query's result, or of data given here, into an SVG or PNG file.",
    parameters: parameters.schema, sideEffect: .idempotent, modes: .fromAnalysis)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let path = try arguments.requiredText("path")
    guard let format = ChartFormat(path: path) else {
      throw WireError(.toolArguments, "The argument 'path' must end in .svg or .png.")
    }
    guard let kind = Chart.Kind(rawValue: arguments.text("kind") ?? "") else {
      throw WireError(.toolArguments, "The argument 'kind' is missing.")
    }
    let sql = arguments.text("sql")
    let data = try await data(arguments, sql: sql, context)
    let chart = try data.chart(
      kind, title: try arguments.requiredText("title"), x: try arguments.requiredText("x"), y: arguments.texts("y"),
      seriesColumn: arguments.text("series"), xLabel: arguments.text("x_label"), yLabel: arguments.text("y_label"))
    let svg = [UInt8](chart.svg().utf8)
    try context.folder.write(format == .png ? try await PNGRenderer.png(of: svg) : svg, to: path)
    let answer: JSONValue = [
      "path": .string(path), "kind": .string(kind.rawValue), "rows": .integer(Int64(data.rows.count)),
      "series": .integer(Int64(chart.series.count)),
    ]
    return ToolOutput(content: answer.text(), sql: sql ?? "", rowCount: UInt64(data.rows.count), files: [path])
  }

  private func data(_ arguments: ToolArguments, sql: String?, _ context: ToolContext) async throws(WireError) -> ChartData {
    let isInline = arguments["columns"] != nil || arguments["rows"] != nil
    guard let sql else {
      guard let columns = arguments["columns"], let rows = arguments["rows"] else {
        throw WireError(.toolArguments, "The argument 'sql', or 'columns' and 'rows', must give the data.")
      }
      let table: JSONValue = ["columns": columns, "rows": rows]
      if let fault = ToolParameter.Kind.table(maxRows: ChartData.maxPoints).fault(in: table) {
        throw WireError(.toolArguments, "The data of 'columns' and 'rows' \(fault).")
      }
      return ChartData(
        columns: arguments.texts("columns"), rows: (rows.array ?? []).map { ($0.array ?? []).map(DatabaseValue.init(json:)) })
    }
    guard !isInline else { throw WireError(.toolArguments, "The argument 'sql' cannot stand beside 'columns' and 'rows'.") }
    let result = try await context.database.query(sql, [], limits: Self.limits)
    guard result.isExact, UInt64(result.rows.count) == result.rowCount else {
      throw WireError(
        .toolArguments,
        "The query of argument 'sql' gives more than \(result.rows.count) rows, too many for a chart: aggregate or add a LIMIT.")
    }
    return ChartData(columns: result.columns, rows: result.rows)
  }
}

extension DatabaseValue {
  /// A value that a model wrote down.
  fileprivate init(json: JSONValue) {
    self =
      switch json {
      case .null: .null
      case .bool(let value): .integer(value ? 1 : 0)
      case .integer(let value): .integer(value)
      case .number(let value): .real(value)
      case .string(let text): .text(text)
      case .array, .object: .text(json.text())
      }
  }
}
