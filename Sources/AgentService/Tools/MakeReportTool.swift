import FoundationEssentials
import JSON
import Wire

/// `make_report {"path":"report.html","title":"…","summary":"…"?,"sections":[{"heading":"…","text":"…"?,"sql":"SELECT …"?,
/// "chart":"charts/a.svg"?}]}` → `{"path":"report.html","bytes":1234,"tables":1,"charts":1}`.
///
/// Markdown or one HTML page by the path's ending. In a page charts stand inside, so that it needs no other file; in Markdown they
/// are links. A section's `sql` is run, and its rows are its table: no number passes through the model.
struct MakeReportTool: Tool {
  private static let sections = 40
  /// Rows of a table; a longer one is cut and says so.
  private static let rows = 200
  private static let pictureBytes = 4 * 1024 * 1024
  private static let parameters: [ToolParameter] = [
    .required("path", .text(maxBytes: 4_096), "A relative path in the session's folder that ends in .md or .html."),
    .required("title", .text(maxBytes: 512), "The title."),
    .optional("summary", .text(maxBytes: 32 * 1024), "What comes first: the answer in a few sentences."),
    .required("sections", .objects(maxCount: sections, members: sectionParameters), "The parts, in order."),
  ]
  private static let sectionParameters: [ToolParameter] = [
    .required("heading", .text(maxBytes: 512), "The heading."),
    .optional("text", .text(maxBytes: 64 * 1024), "What it says, in Markdown."),
    .optional("sql", .text(maxBytes: 64 * 1024), "One read-only statement whose rows are the section's table."),
    .optional("chart", .text(maxBytes: 4_096), "The path of a chart that was drawn before."),
  ]

  let definition = ToolDefinition(
    name: "make_report",
    description: "Writes a report, Markdown or one HTML page, with tables from queries and charts that were drawn before.",
    parameters: parameters.schema, sideEffect: .idempotent, modes: .fromAnalysis)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let path = try arguments.requiredText("path")
    guard let format = ReportFormat(path: path) else {
      throw WireError(.toolArguments, "The argument 'path' must end in .md or .html.")
    }
    let title = try arguments.requiredText("title")
    let isPage = format == .html
    var blocks: [ReportBlock] = [.title(title)]
    if let summary = arguments.text("summary") { blocks += MarkdownBlocks.read(summary) }
    var statements: [String] = []
    var charts = 0
    for section in arguments["sections"]?.array ?? [] {
      let section = try ToolArguments(section, Self.sectionParameters)
      blocks.append(.heading(try section.requiredText("heading")))
      if let text = section.text("text") { blocks += MarkdownBlocks.read(text) }
      if let sql = section.text("sql") {
        blocks += try await table(sql, context)
        statements.append(sql)
      }
      if let chart = section.text("chart") {
        blocks.append(.chart(try picture(chart, title: section.text("heading") ?? "", isPage: isPage, context)))
        charts += 1
      }
    }
    let text = isPage ? HTMLReport.text(blocks, title: title) : MarkdownReport.text(blocks)
    try context.folder.write([UInt8](text.utf8), to: path)
    let answer: JSONValue = [
      "path": .string(path), "bytes": .integer(Int64(text.utf8.count)), "tables": .integer(Int64(statements.count)),
      "charts": .integer(Int64(charts)),
    ]
    return ToolOutput(content: answer.text(), sql: statements.joined(separator: ";\n"), files: [path])
  }

  private func table(_ sql: String, _ context: ToolContext) async throws(WireError) -> [ReportBlock] {
    let result = try await context.database.query(sql, [], limits: QueryLimits(rows: Self.rows))
    let numeric = Set(
      result.columns.indices.filter { index in
        let values = result.rows.map { $0[index] }.filter { $0 != .null }
        return !values.isEmpty && values.allSatisfy(\.isNumber)
      })
    let rows = result.rows.map { $0.map(\.reportText) }
    var blocks: [ReportBlock] = [.table(columns: result.columns, rows: rows, numeric: numeric)]
    if UInt64(rows.count) < result.rowCount {
      blocks.append(.paragraph("The first \(rows.count) of \(result.isExact ? "" : "at least ")\(result.rowCount) rows."))
    }
    return blocks
  }

  private func picture(_ path: String, title: String, isPage: Bool, _ context: ToolContext) throws(WireError) -> ReportChart {
    let bytes = try context.folder.read(path)
    var chart = ReportChart(title: title, path: path)
    guard isPage else { return chart }
    guard bytes.count <= Self.pictureBytes else {
      throw WireError(.limitExceeded, "The chart '\(path)' has \(bytes.count) bytes, more than a page takes.")
    }
    let name = path.lowercased()
    if name.hasSuffix(".svg") {
      let svg = String(decoding: bytes, as: UTF8.self)
      guard SafeSVG.isHarmless(svg) else {
        throw WireError(.toolArguments, "The chart '\(path)' is no plain picture: it may run or fetch something.")
      }
      chart.svg = svg
    } else if name.hasSuffix(".png") {
      chart.dataURI = "data:image/png;base64," + Data(bytes).base64EncodedString()
    } else {
      throw WireError(.toolArguments, "The chart '\(path)' must be an .svg or a .png.")
    }
    return chart
  }
}

extension DatabaseValue {
  var isNumber: Bool {
    switch self {
    case .integer, .real, .decimal: true
    case .null, .text, .blob: false
    }
  }

  /// As a cell of a report: numbers with thousands separators, what is missing as a dash.
  fileprivate var reportText: String {
    switch self {
    case .null: "–"
    case .integer(let value): Analyst.NumberText.grouped(value)
    case .real(let value): ChartNumber.plain(value)
    case .decimal(let text): text
    case .text(let text): text.prefix(bytes: ContentLimits.cellBytes)
    case .blob(let bytes): "(\(bytes.count) bytes)"
    }
  }
}
