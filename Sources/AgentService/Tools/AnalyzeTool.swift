import JSON
import Wire

/// `analyze {"operation":"describe|value_counts|group_by|quantiles|correlation|trend|outliers","table":"flights" or "sql":"SELECT …",
/// "columns":["dep_delay"]?, …}` → figures as JSON, always with `rows_read`, and `"all_rows":false` when there are more.
///
/// Counts, sums, least and greatest values are the database's own, and so exact where its types are; what SQL has no portable word
/// for (quartiles, deviations, ranks) is computed here over the values, ``maxRows`` of them at most.
struct AnalyzeTool: Tool {
  /// Values that are read of a column.
  static let maxRows = 500_000
  static let limits = QueryLimits(rows: maxRows, bytes: 64 * 1024 * 1024, milliseconds: 60_000, countRows: maxRows + 1)

  enum Operation: String, CaseIterable {
    case describe
    case valueCounts = "value_counts"
    case groupBy = "group_by"
    case quantiles, correlation, trend, outliers
  }

  private static let parameters: [ToolParameter] = [
    .required("operation", .choice(Operation.allCases.map(\.rawValue)), "What to compute."),
    .optional("table", .text(maxBytes: 512), "A table or view."),
    .optional("sql", .text(maxBytes: 64 * 1024), "Or one SELECT whose rows are looked at."),
    .optional("columns", .textOrTexts(maxCount: 24, maxBytes: 512), "The columns; all for describe. For trend: x, then y."),
    .optional("by", .textOrTexts(maxCount: 3, maxBytes: 512), "For group_by: the columns that make the groups."),
    .optional(
      "functions", .texts(maxCount: 6, maxBytes: 16), "For group_by: of count, sum, avg, min, max, median; count when left out."),
    .optional("probabilities", .numbers(maxCount: 32, 0...1), "For quantiles; 0, 0.25, 0.5, 0.75 and 1 when left out."),
    .optional("bucket", .choice(TimeBucket.allCases.map(\.rawValue)), "For trend: the mean of y in each of these periods."),
    .optional("limit", .integer(1...1_000), "How many groups, values or rows to show; 50 when left out."),
  ]

  let definition = ToolDefinition(
    name: "analyze",
    description:
      "Computes statistics of a table or a query: describe, value counts, groups, quantiles, correlation, trend, outliers.",
    parameters: parameters.schema, sideEffect: .pure, modes: .fromAnalysis)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    guard let operation = Operation(rawValue: arguments.text("operation") ?? "") else {
      throw WireError(.toolArguments, "The argument 'operation' is missing.")
    }
    let source = try await AnalysisSource(arguments, context)
    let answer: JSONValue
    switch operation {
    case .describe: answer = try await source.describe()
    case .valueCounts: answer = try await source.valueCounts(limit: arguments.integer("limit", default: 50))
    case .groupBy:
      answer = try await source.groups(
        by: arguments.texts("by"), functions: arguments.texts("functions"), limit: arguments.integer("limit", default: 50))
    case .quantiles:
      answer = try await source.quantiles(arguments["probabilities"]?.array?.compactMap(\.number) ?? [0, 0.25, 0.5, 0.75, 1])
    case .correlation: answer = try await source.correlations()
    case .trend: answer = try await source.trend(bucket: arguments.text("bucket").flatMap { TimeBucket(rawValue: $0) })
    case .outliers: answer = try await source.outliers(limit: arguments.integer("limit", default: 50))
    }
    var text = answer.text()
    if text.utf8.count > ContentLimits.contentBytes {
      text = #"{"error":"The result is too large to show; name fewer columns or a smaller limit."}"#
    }
    return ToolOutput(content: text, sql: "SELECT * FROM " + source.sql)
  }
}
