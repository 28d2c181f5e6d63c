import JSON
import Wire

/// Tool calls that a model wrote into its text, because it was not trained on the protocol's own form: in `<tool_call>` tags, in
/// fenced code, or as bare JSON. An object counts as a call only if it names a tool that was offered, so that an answer which
/// happens to be JSON stays an answer.
struct TextToolCalls {
  /// More in one text are left where they are.
  static let maxCalls = 32

  /// The tool that fenced SQL is a call of.
  static let sqlTool = "sql_query"

  private let tools: Set<String>
  private let readsSQL: Bool

  /// - Parameter readsSQL: a block of SQL is a query to run, not something that is being shown.
  init(tools: [ToolDefinition], readsSQL: Bool = false) {
    self.tools = Set(tools.map(\.name))
    self.readsSQL = readsSQL
  }

  /// A reply with the calls of its text as calls; the same reply if it has calls of the protocol's own, or none in its text.
  func reading(_ reply: ModelReply) -> ModelReply {
    guard reply.toolCalls.isEmpty else { return reply }
    if readsSQL, tools.contains(Self.sqlTool), let query = query(in: reply) { return query }
    guard reply.text.utf8.contains(UInt8(ascii: "{")) else { return reply }
    var reply = reply
    var kept = ""
    var rest = Substring(reply.text)
    while let start = rest.firstIndex(of: "{"), reply.toolCalls.count < Self.maxCalls {
      guard let end = Self.end(ofObjectAt: start, in: rest) else { break }
      let calls = (try? JSONValue(parsing: String(rest[start..<end]))).map(calls) ?? []
      if calls.isEmpty {
        // Not a call; one may be inside of it, but then it is being talked about.
        kept += rest[..<end]
      } else {
        // The call's place is marked by a tag that is dropped with the line it makes.
        kept += rest[..<start] + Self.tags[0]
        reply.toolCalls += calls
      }
      rest = rest[end...]
    }
    guard !reply.toolCalls.isEmpty else { return reply }
    reply.text = Self.withoutWrapping(kept + rest)
    return reply
  }

  /// The reply with its first block of SQL as a call, or all of it when it is nothing but SQL; nil when it has none.
  private func query(in reply: ModelReply) -> ModelReply? {
    var before = reply.text[..<reply.text.startIndex]
    var sql = reply.text[...]
    if let fence = reply.text.firstRange(of: "```sql") {
      before = reply.text[..<fence.lowerBound]
      sql = reply.text[fence.upperBound...]
      if let end = sql.firstRange(of: "```") { sql = sql[..<end.lowerBound] }
    } else {
      let first = reply.text.split(maxSplits: 1) { $0.isWhitespace }.first?.lowercased()
      guard first == "select" || first == "with", reply.text.lowercased().contains("from") else { return nil }
    }
    sql = sql.drop { $0.isWhitespace || $0 == ";" }
    while let last = sql.last, last.isWhitespace || last == ";" { sql.removeLast() }
    guard !sql.isEmpty else { return nil }
    var reply = reply
    reply.toolCalls = [
      .with {
        $0.name = Self.sqlTool
        $0.arguments = JSONValue.object([.init("sql", .string(String(sql)))]).text()
      }
    ]
    // What comes behind the query was written before its result was known.
    reply.text = String(before.reversed().drop { $0.isWhitespace }.reversed())
    return reply
  }

  /// The calls that an object is: `{"name": …, "arguments": {…}}`, with the names that models use for both, or such an object
  /// under `function` or `call`, or a list of them under `tool_calls`.
  private func calls(_ value: JSONValue) -> [ToolCall] {
    if let list = value["tool_calls"]?.array { return list.flatMap(calls) }
    for member in ["function", JSONCall.member] {
      if let inner = value[member], inner.object != nil { return calls(inner) }
    }
    let name = value["name"]?.string ?? value["tool"]?.string ?? value["tool_name"]?.string ?? value["function"]?.string
    guard let name, tools.contains(name) else { return [] }
    let given = value["arguments"] ?? value["parameters"] ?? value["args"] ?? value["input"]
    let arguments: String
    switch given {
    // The arguments' text, as the protocol has it.
    case .string(let text): arguments = text
    case .object: arguments = given?.text() ?? "{}"
    case nil, .null: arguments = "{}"
    default: return []
    }
    return [
      ToolCall.with {
        $0.name = name
        $0.arguments = arguments
      }
    ]
  }

  /// Where the object that begins here is closed; nil when it is not.
  private static func end(ofObjectAt start: Substring.Index, in text: Substring) -> Substring.Index? {
    var depth = 0
    var isInString = false
    var isEscaped = false
    var index = start
    while index < text.endIndex {
      let byte = text.utf8[index]
      index = text.utf8.index(after: index)
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "}"):
        depth -= 1
        if depth == 0 { return index }
      default: break
      }
    }
    return nil
  }

  private static let wrappings: Set<String> = [
    "<tool_call>", "</tool_call>", "<tool_calls>", "</tool_calls>", "<|tool_call|>", "<function_call>", "</function_call>",
    "```", "```json", "```tool_call", "[", "]", "[]", ",", "[TOOL_CALLS]",
  ]
  private static let tags = ["<tool_call>", "</tool_call>", "<function_call>", "</function_call>"]

  /// What is left of a text when calls were taken out of it, without the tags and fences that stood around them, and without
  /// the empty lines beside those.
  private static func withoutWrapping(_ text: String) -> String {
    var text = text
    for tag in tags { text = text.split(separator: tag, omittingEmptySubsequences: false).joined(separator: "\n\(tag)\n") }
    var kept: [Substring] = []
    var followsWrapping = true
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let isEmpty = line.allSatisfy(\.isWhitespace)
      if wrappings.contains(String(line.filter { !$0.isWhitespace })) {
        while let last = kept.last, last.allSatisfy(\.isWhitespace) { kept.removeLast() }
        followsWrapping = true
      } else if !(isEmpty && followsWrapping) {
        kept.append(line)
        followsWrapping = false
      }
    }
    while let last = kept.last, last.allSatisfy(\.isWhitespace) { kept.removeLast() }
    return kept.joined(separator: "\n")
  }
}
