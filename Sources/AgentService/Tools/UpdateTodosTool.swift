import JSON
import Wire

/// `update_todos {"todos":[{"text":"count the flights","status":"pending|in_progress|done"}]}` → the same list.
///
/// The whole list each time. It lives in the transcript, so that it goes on with the task, and whoever watches sees it.
struct UpdateTodosTool: Tool {
  private static let parameters: [ToolParameter] = [
    .required(
      "todos",
      .objects(
        maxCount: 50,
        members: [
          .required("text", .text(maxBytes: 512), "What is to be done."),
          .required("status", .choice(["pending", "in_progress", "done"]), "How far it is."),
        ]), "Everything that is to be done, in order.")
  ]

  let definition = ToolDefinition(
    name: "update_todos", description: "Keeps a list of what is to be done in a longer task; give the whole list each time.",
    parameters: parameters.schema, sideEffect: .pure, modes: .fromAnalysis)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let entries = arguments["todos"]?.array ?? []
    var output = ToolOutput(content: JSONValue.object([.init("todos", .array(entries))]).text())
    output.todos = entries.map { entry in
      .with {
        $0.text = entry["text"]?.string ?? ""
        $0.status = TodoStatus(label: entry["status"]?.string ?? "") ?? .pending
      }
    }
    return output
  }
}
