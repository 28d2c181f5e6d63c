import JSON
import Wire

/// The body of a `messages` request.
///
/// The same conversation as ``ChatMessages`` makes, in the blocks of this dialect: a tool's result is a block of the user's
/// turn, and turns alternate. The system prompt, the tools and the conversation so far are marked for the server's cache, so that
/// a task of many turns pays for each token once.
enum MessagesRequest {
  /// The longest answer that is asked for.
  static let maxTokens: Int64 = 8_192

  static func body(model: String, _ turn: ModelTurn, temperature: Double? = nil) -> JSONValue {
    var system = ""
    var messages: [Message] = []
    for message in ChatMessages.of(turn) {
      switch message["role"]?.string {
      case "system": system = message["content"]?.string ?? ""
      case "assistant": add(assistantBlocks(message), to: &messages, role: "assistant")
      case "tool": add([toolResult(message)], to: &messages, role: "user")
      default: add([text(message["content"]?.string ?? "")], to: &messages, role: "user")
      }
    }
    var members: [JSONValue.Member] = [
      .init("model", .string(model)), .init("max_tokens", .integer(maxTokens)), .init("stream", true),
      .init("system", [cached(text(system))]),
      .init("messages", .array(messages.enumerated().map { $1.json(isCached: $0 == messages.count - 1) })),
    ]
    if let temperature { members.append(.init("temperature", .number(temperature))) }
    if !turn.tools.isEmpty { members.append(.init("tools", .array(turn.tools.map(tool)))) }
    return .object(members)
  }

  private struct Message {
    let role: String
    var blocks: [JSONValue]

    func json(isCached: Bool) -> JSONValue {
      var blocks = blocks
      if isCached, let last = blocks.popLast() { blocks.append(cached(last)) }
      return ["role": .string(role), "content": .array(blocks)]
    }
  }

  /// Two turns of the same side in a row are one: the server refuses anything else.
  private static func add(_ blocks: [JSONValue], to messages: inout [Message], role: String) {
    guard !blocks.isEmpty else { return }
    if messages.last?.role == role {
      messages[messages.count - 1].blocks += blocks
    } else {
      messages.append(Message(role: role, blocks: blocks))
    }
  }

  private static func assistantBlocks(_ message: JSONValue) -> [JSONValue] {
    var blocks: [JSONValue] = []
    // An empty text block is refused.
    if let said = message["content"]?.string, said.contains(where: { !$0.isWhitespace }) { blocks.append(text(said)) }
    for call in message["tool_calls"]?.array ?? [] {
      let arguments = (try? JSONValue(parsing: call["function"]?["arguments"]?.string ?? "{}")) ?? .object([])
      blocks.append([
        "type": "tool_use", "id": call["id"] ?? "", "name": call["function"]?["name"] ?? "", "input": arguments,
      ])
    }
    return blocks
  }

  private static func toolResult(_ message: JSONValue) -> JSONValue {
    ["type": "tool_result", "tool_use_id": message["tool_call_id"] ?? "", "content": message["content"] ?? ""]
  }

  private static func text(_ text: String) -> JSONValue { ["type": "text", "text": .string(text.isEmpty ? "…" : text)] }

  private static func cached(_ block: JSONValue) -> JSONValue {
    guard let members = block.object else { return block }
    return .object(members + [.init("cache_control", ["type": "ephemeral"])])
  }

  private static func tool(_ tool: ToolDefinition) -> JSONValue {
    ["name": .string(tool.name), "description": .string(tool.description), "input_schema": tool.parameters]
  }
}
