import JSON
import Wire

/// `read_file {"path":"a.md","offset":0?}` → `{"path":"a.md","bytes":123,"offset":0,"text":"…","next_offset":n?}`.
///
/// Offsets are in bytes; `next_offset` is there when the file goes on. A file that is not UTF-8 text is `tool_failed`.
struct ReadFileTool: Tool {
  /// Leaves room for JSON's escapes: each byte of text takes six at most.
  private static let textBytes = ContentLimits.contentBytes - 4_096
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
    let offset = arguments.integer("offset", default: 0)
    guard let start = text.utf8.index(text.startIndex, offsetBy: offset, limitedBy: text.endIndex),
      let begin = String.Index(start, within: text)
    else {
      throw WireError(.toolArguments, "The argument 'offset' must be where a character begins, up to \(bytes.count).")
    }
    let piece = Self.piece(of: text[begin...])
    var members: [JSONValue.Member] = [
      .init("path", .string(path)), .init("bytes", .integer(Int64(bytes.count))),
      .init("offset", .integer(Int64(offset))), .init("text", .string(String(piece))),
    ]
    let next = offset + piece.utf8.count
    if next < bytes.count { members.append(.init("next_offset", .integer(Int64(next)))) }
    return ToolOutput(content: JSONValue.object(members).text())
  }

  /// As much of `text` as fits once it is quoted; whole characters, at least one.
  private static func piece(of text: Substring) -> Substring {
    var size = 0
    var end = text.startIndex
    for index in text.indices {
      var quoted = ""
      JSONValue.quote(String(text[index]), to: &quoted)
      size += quoted.utf8.count - 2
      if size > textBytes, end > text.startIndex { return text[..<end] }
      end = text.index(after: index)
    }
    return text
  }
}
