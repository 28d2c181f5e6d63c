import JSON
import Wire

/// `search_files {"text":"late","name":"*.md"?}` → `{"matches":[{"path":"a.md","line":3,"text":"…"}]}`.
///
/// Looks for a plain text, whatever its case, in the text files whose path matches `name`, where `*` stands for any characters.
struct SearchFilesTool: Tool {
  private static let most = 200
  /// Of a line that is shown.
  private static let lineBytes = 300
  /// Larger files are left out and named.
  private static let fileBytes = 4 * 1024 * 1024
  private static let parameters: [ToolParameter] = [
    .required("text", .text(maxBytes: 1_024), "The text to look for."),
    .optional("name", .text(maxBytes: 1_024), "Only in files whose path is like this, such as *.csv."),
  ]

  let definition = ToolDefinition(
    name: "search_files", description: "Finds a text in the files of the session's folder.",
    parameters: parameters.schema, sideEffect: .pure, modes: .fromScript)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let wanted = try arguments.requiredText("text").lowercased()
    let pattern = Array(arguments.text("name") ?? "*")
    var matches: [JSONValue] = []
    search: for file in try context.folder.list() where file.size <= UInt64(Self.fileBytes) {
      guard Self.isLike(Array(file.path), pattern),
        let text = String(validating: try context.folder.read(file.path), as: UTF8.self)
      else { continue }
      for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      where line.lowercased().contains(wanted) {
        guard !Task.isCancelled else { throw WireError(.cancelled, "The search was cancelled.") }
        matches.append([
          "path": .string(file.path), "line": .integer(Int64(number + 1)),
          "text": .string(String(line).prefix(bytes: Self.lineBytes)),
        ])
        if matches.count == Self.most { break search }
      }
    }
    return ToolOutput(content: BoundedList(name: "matches", of: matches) { $0 }.content)
  }

  /// Whether a path is like a pattern in which `*` stands for any characters: each star is tried again one place further when
  /// what follows it does not fit, so that the time is at most the product of both lengths.
  static func isLike(_ path: [Character], _ pattern: [Character]) -> Bool {
    var (here, place) = (0, 0)
    var star: (pattern: Int, path: Int)?
    while here < path.count {
      if place < pattern.count, pattern[place] == "*" {
        star = (place, here)
        place += 1
      } else if place < pattern.count, pattern[place] == path[here] {
        (here, place) = (here + 1, place + 1)
      } else if let last = star {
        star = (last.pattern, last.path + 1)
        (here, place) = (last.path + 1, last.pattern + 1)
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == "*" }
  }
}
