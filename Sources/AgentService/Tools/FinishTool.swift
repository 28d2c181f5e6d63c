import JSON
import Wire

/// `finish {"answer":"…","table":{"columns":["a"],"rows":[[1]]}?,"insights":["…"]?,"suggestions":["…"]?,
/// "status":"completed|partial"?,"degraded":["…"]?,"used":["…"]?}` → content `finished`, and ``ToolOutput/finish`` is set.
///
/// Ends the task. Status is `completed` when left out.
struct FinishTool: Tool {
  private static let parameters: [ToolParameter] = [
    .required("answer", .text(maxBytes: 256 * 1024), "The answer to the question, whole, for a person."),
    .optional("table", .table(maxRows: 1_000), "The answer as a table, when it is one."),
    .optional("insights", .texts(maxCount: 64, maxBytes: 4_096), "What else was found on the way."),
    .optional("suggestions", .texts(maxCount: 16, maxBytes: 4_096), "Questions worth asking next."),
    .optional("status", .choice(["completed", "partial"]), "partial when something is missing; completed when left out."),
    .optional("degraded", .texts(maxCount: 64, maxBytes: 4_096), "What could not be done, a sentence each."),
    .optional("used", .texts(maxCount: 64, maxBytes: 2_048), "Sources of the background that the answer follows."),
  ]

  let definition = ToolDefinition(
    name: "finish", description: "Ends the task with the answer. Call it once, alone, when everything is done.",
    parameters: parameters.schema, sideEffect: .pure, modes: .everyMode)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let finish = FinishCall(
      answer: try arguments.requiredText("answer"),
      table: arguments["table"].map(Self.table),
      insights: arguments.texts("insights"),
      suggestions: arguments.texts("suggestions"),
      status: arguments.text("status").flatMap { TaskStatus(label: $0) } ?? .completed,
      degraded: arguments.texts("degraded"),
      used: arguments.texts("used"))
    return ToolOutput(content: "finished", finish: finish)
  }

  /// The table as it is stored: every cell a text, as long as the store takes it.
  private static func table(_ value: JSONValue) -> AnswerTable {
    AnswerTable.with { table in
      table.columns = value["columns"]?.array?.compactMap(\.string) ?? []
      table.rows = (value["rows"]?.array ?? []).map { row in
        AnswerRow.with { $0.cells = (row.array ?? []).map(cell) }
      }
    }
  }

  private static func cell(_ value: JSONValue) -> AnswerCell {
    AnswerCell.with { cell in
      switch value {
      case .null: break
      case .integer, .number:
        cell.text = value.text()
        cell.isNumber = true
      case .string(let text): cell.text = String(text.prefix(bytes: 60 * 1024))
      case .bool, .array, .object: cell.text = value.text()
      }
    }
  }
}
