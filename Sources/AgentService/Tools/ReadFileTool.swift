import JSON
import Wire

/// `read_file {"path":"a.md","offset":0?}` → `{"path":"a.md","bytes":123,"offset":0,"text":"…","next_offset":n?}`.
///
/// Offsets are in bytes; `next_offset` is there when the file goes on. A file that is not UTF-8 text is `tool_failed`.
struct ReadFileTool: Tool {
  private static let parameters: [ToolParameter] = [
    .required("path", .text(maxBytes: 4_096), "A relative path in the session's folder."),
    .optional("offset", .integer(0...Int64(ResultsFolder.readBytes)), "Where to begin, in bytes; 0 when left out."),
  ]

  let definition = ToolDefinition(
    name: "read_file", description: "Reads a text file of the session's folder, in pieces when it is long.",
    parameters: parameters.schema, sideEffect: .pure, modes: .fromScript)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let path = try arguments.requiredText("path")
    let bytes = try context.folder.read(path)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw WireError(.toolFailed, "The file '\(path)' is not a text.", hint: "Only text files can be read.")
    }
    let piece = try TextPiece(of: text, from: arguments.integer("offset", default: 0))
    return ToolOutput(content: piece.content([.init("path", .string(path))]))
  }
}
