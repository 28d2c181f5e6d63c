import JSON
import Wire

/// `ask_user {"question":"…","options":["…"]?}` → the person's answer, as text.
///
/// The task waits, without a node, until somebody answers with `task.answer` or the question's time is over.
struct AskUserTool: Tool {
  private static let parameters: [ToolParameter] = [
    .required("question", .text(maxBytes: 8 * 1024), "What only the user can know, in one or two sentences."),
    .optional("options", .texts(maxCount: 8, maxBytes: 512), "Likely answers, when there are a few."),
  ]

  let definition = ToolDefinition(
    name: "ask_user",
    description: """
      Asks the user and waits for the answer. Only when the question cannot be answered without it: first look at the \
      database and at what you were taught.
      """,
    parameters: parameters.schema, sideEffect: .pure, modes: .everyMode)

  func question(_ arguments: JSONValue) throws(WireError) -> TaskQuestion? {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let text = try arguments.requiredText("question")
    return .with {
      $0.text = text
      $0.options = arguments.texts("options")
    }
  }

  /// Runs only when nobody could be asked: with arguments that are not right.
  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    _ = try question(arguments)
    throw WireError(.toolFailed, "The user could not be asked.")
  }
}
