import JSON
import Wire

/// The tools there are, and the one place that decides which of them a mode has.
struct ToolRegistry: Sendable {
  /// Every tool of this node.
  static let standard = ToolRegistry([
    ListTablesTool(), DescribeTablesTool(), SearchSchemaTool(), SampleRowsTool(), DistinctValuesTool(), SQLQueryTool(),
    AnalyzeTool(),
    MakeChartTool(), ExportDataTool(), MakeReportTool(), WriteFileTool(), EditFileTool(), ReadFileTool(), ListFilesTool(),
    SearchFilesTool(), UpdateTodosTool(), PythonTool(),
    RememberTool(), RecallTool(), UpdateBlockTool(), ReadResultTool(), AskUserTool(), DelegateTool(), FinishTool(),
  ])

  private let tools: [any Tool]

  init(_ tools: [any Tool]) { self.tools = tools }

  /// These tools and more.
  func adding(_ more: [any Tool]) -> ToolRegistry { ToolRegistry(tools + more) }

  /// The tools of a mode, in a fixed order. A mode that is not specified has what `query` has: the least.
  func tools(for mode: SessionMode) -> [ToolDefinition] {
    let mode = mode == .unspecified ? .query : mode
    return tools.map(\.definition).filter { $0.modes.contains(mode) }
  }

  /// What an answer needs, for a model that would be confused by more, or has no room for their descriptions. It ends with an
  /// answer in plain words, or with `finish`.
  static func essential(schemaIsKnown: Bool) -> Set<String> {
    let tools: Set = ["sql_query", "make_chart", "write_file", "finish"]
    return schemaIsKnown ? tools : tools.union(["search_schema", "describe_tables"])
  }

  /// The tool with this name.
  /// - Throws: `unknown_tool` when the mode has none, with the names of those it has.
  func tool(named name: String, mode: SessionMode) throws(WireError) -> any Tool {
    let present = tools(for: mode).map(\.name)
    guard present.contains(name), let tool = tools.first(where: { $0.definition.name == name }) else {
      let label = mode == .unspecified ? SessionMode.query.label : mode.label
      throw WireError(
        .unknownTool,
        "There is no tool '\(name.prefix(64))' in mode \(label). There are: \(present.joined(separator: ", ")).")
    }
    return tool
  }

  /// Runs what the model asked for: finds the tool, parses its arguments, runs it.
  /// - Throws: `unknown_tool`, `tool_arguments`, `cancelled`, or what the tool throws.
  func run(_ call: ToolCall, mode: SessionMode, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let tool = try tool(named: call.name, mode: mode)
    let arguments: JSONValue
    do throws(JSONError) {
      arguments = try JSONValue(parsing: call.arguments.isEmpty ? "{}" : call.arguments)
    } catch {
      throw WireError(.toolArguments, "The arguments of \(call.name) are not valid JSON: \(error.description).")
    }
    guard !Task.isCancelled else { throw WireError(.cancelled, "The task was cancelled before \(call.name) ran.") }
    var context = context
    context.mode = mode
    return try await tool.run(arguments, context)
  }
}

extension Set<SessionMode> {
  /// Tools that read the database or end the task.
  static let everyMode: Set = [.query, .analysis, .script, .fullAutonomy]
  /// Tools that teach, draw or report.
  static let fromAnalysis: Set = [.analysis, .script, .fullAutonomy]
  /// Tools that work with any file of the session's folder.
  static let fromScript: Set = [.script, .fullAutonomy]
}
