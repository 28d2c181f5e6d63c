import JSON
import Wire

/// `read_result {"result":17,"offset":0?}` → `{"tool":"sql_query","bytes":123,"offset":0,"text":"…","next_offset":n?}`.
///
/// Reads again what a tool returned earlier in the session and what is shown cut or not at all.
struct ReadResultTool: Tool {
  private static let parameters: [ToolParameter] = [
    .required("result", .integer(1...1_000_000), "The number that the cut result names."),
    .optional("offset", .integer(0...Int64(Limits.textBytes)), "Where to begin, in bytes; 0 when left out."),
  ]

  let definition = ToolDefinition(
    name: "read_result", description: "Reads an earlier tool result again that is shown cut, in pieces when it is long.",
    parameters: parameters.schema, sideEffect: .pure, modes: .everyMode)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let number = arguments.integer("result", default: 0)
    guard let result = context.result(number) else {
      throw WireError(.toolArguments, "There is no result \(number).", hint: "Use the number that the cut result names.")
    }
    let piece = try TextPiece(of: result.content, from: arguments.integer("offset", default: 0))
    return ToolOutput(content: piece.content([.init("tool", .string(result.name))]))
  }
}
