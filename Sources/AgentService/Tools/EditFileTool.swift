import JSON
import Wire

/// `edit_file {"path":"a.md","old":"…","new":"…","all":false?}` → `{"path":"a.md","bytes":123,"replaced":1}`.
///
/// Replaces a text that the file has exactly once, or everywhere with `all`. Run again it finds nothing to replace, so that an
/// edit is never made twice: what came of a call that may have run is to be found out by reading the file.
struct EditFileTool: Tool {
  private static let parameters: [ToolParameter] = [
    .required("path", .text(maxBytes: 4_096), "A relative path in the session's folder."),
    .required("old", .text(maxBytes: 256 * 1024), "The text to replace, with enough around it to be there once only."),
    .required("new", .text(maxBytes: 256 * 1024), "What stands there afterwards; may be empty."),
    .optional("all", .flag, "Replace it wherever it is."),
  ]

  let definition = ToolDefinition(
    name: "edit_file", description: "Replaces a piece of a text file of the session's folder.",
    parameters: parameters.schema, sideEffect: .unsafe, modes: .fromScript)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let path = try arguments.requiredText("path")
    let old = arguments.text("old") ?? ""
    guard !old.isEmpty else { throw WireError(.toolArguments, "The argument 'old' must not be empty.") }
    guard let text = String(validating: try context.folder.read(path), as: UTF8.self) else {
      throw WireError(.toolFailed, "The file '\(path)' is not a text.", hint: "Only text files can be edited.")
    }
    let count = text.ranges(of: old).count
    guard count == 1 || (count > 1 && arguments.flag("all", default: false)) else {
      throw WireError(
        .toolFailed, "The file '\(path)' has the text of 'old' \(count == 0 ? "nowhere" : "\(count) times").",
        hint: count == 0
          ? "Read the file again: it may have been changed already." : "Give more of what stands around it, or 'all'.")
    }
    let new = arguments.text("new") ?? ""
    let (added, isTooMany) = count.multipliedReportingOverflow(by: new.utf8.count - old.utf8.count)
    guard !isTooMany, text.utf8.count + added <= ResultsFolder.readBytes else {
      throw WireError(
        .toolFailed,
        "The file '\(path)' would become larger than \(ResultsFolder.readBytes >> 20) MiB: 'old' is there \(count) times.",
        hint: "Give more of what stands around it.")
    }
    let content = [UInt8](text.replacing(old, with: new).utf8)
    try context.folder.write(content, to: path)
    let answer: JSONValue = [
      "path": .string(path), "bytes": .integer(Int64(content.count)), "replaced": .integer(Int64(count)),
    ]
    return ToolOutput(content: answer.text(), files: [path])
  }
}
