import JSON
import Wire

/// `list_files {}` → `{"files":[{"path":"reports/a.md","bytes":123}]}`, by path.
struct ListFilesTool: Tool {
  let definition = ToolDefinition(
    name: "list_files", description: "Lists the files of the session's folder.",
    parameters: [ToolParameter]().schema, sideEffect: .pure, modes: .fromScript)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    _ = try ToolArguments(arguments, [])
    let files = try context.folder.list()
    let list = BoundedList(name: "files", of: files) { file in
      ["path": .string(file.path), "bytes": .integer(Int64(clamping: file.size))]
    }
    return ToolOutput(content: list.content)
  }
}
