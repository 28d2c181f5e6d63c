import JSON
import Wire

/// `write_file {"path":"reports/a.md","content":"…"}` → `{"path":"reports/a.md","bytes":123}`.
///
/// Creates or replaces a file of the session's folder, whole or not at all. In mode `analysis` it writes reports only:
/// names that end in `.md` or `.html`.
struct WriteFileTool: Tool {
  private static let reportEndings = [".md", ".html"]
  private static let parameters: [ToolParameter] = [
    .required("path", .text(maxBytes: 4_096), "A relative path in the session's folder, such as reports/summary.md."),
    .required("content", .text(maxBytes: 1024 * 1024), "The whole content, as text."),
  ]

  let definition = ToolDefinition(
    name: "write_file", description: "Writes a text file into the session's folder, replacing what was there.",
    parameters: parameters.schema, sideEffect: .idempotent, modes: .fromAnalysis)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let path = try arguments.requiredText("path")
    if !Set.fromScript.contains(context.mode) {
      let name = path.lowercased()
      guard Self.reportEndings.contains(where: name.hasSuffix) else {
        throw WireError(
          .toolArguments,
          "The argument 'path' must end in .md or .html: mode \(context.mode.label) writes reports only.",
          hint: "Name a report, or use a session in mode script or full_autonomy.")
      }
    }
    let content = [UInt8]((arguments.text("content") ?? "").utf8)
    try context.folder.write(content, to: path)
    let answer: JSONValue = ["path": .string(path), "bytes": .integer(Int64(content.count))]
    return ToolOutput(content: answer.text(), files: [path])
  }
}
