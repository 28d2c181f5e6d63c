import JSON
import Wire

/// `delegate {"role":"planner|analyst|writer","task":"…"}` → `{"agent":"analyst","status":"completed","answer":"…"}`.
///
/// Lets a ``SubAgent`` do a part of the work. The loop runs it, turn by turn; only a call that cannot be understood comes here.
struct DelegateTool: Tool {
  static let name = "delegate"
  private static let parameters: [ToolParameter] = [
    .required("role", .choice(SubAgent.Role.allCases.map(\.rawValue)), "Who is to do it."),
    .required("task", .text(maxBytes: 16 * 1024), "What is to be done, with everything that has to be known for it."),
  ]

  let definition = ToolDefinition(
    name: name,
    description: "Lets a helper with few tools of its own do a part of the work: plan, analyse, or write files.",
    parameters: parameters.schema, sideEffect: .pure, modes: .fromScript)

  /// - Throws: `tool_arguments`
  static func parse(_ arguments: JSONValue) throws(WireError) -> (role: SubAgent.Role, task: String) {
    let arguments = try ToolArguments(arguments, parameters)
    guard let role = SubAgent.Role(rawValue: arguments.text("role") ?? "") else {
      throw WireError(.toolArguments, "The argument 'role' is missing.")
    }
    return (role, try arguments.requiredText("task"))
  }

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    _ = try Self.parse(arguments)
    throw WireError(.toolFailed, "A helper cannot delegate its work.")
  }
}
