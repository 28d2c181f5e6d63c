import JSON
import Wire

/// The body of a `chat/completions` request.
enum ChatRequest {
  static func body(model: String, _ turn: ModelTurn) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("model", .string(model)),
      .init("messages", .array(ChatMessages.of(turn))),
      .init("stream", true),
      .init("stream_options", ["include_usage": true]),
    ]
    // An empty list of tools is refused by some servers.
    if !turn.tools.isEmpty { members.append(.init("tools", .array(turn.tools.map(tool)))) }
    return .object(members)
  }

  private static func tool(_ tool: ToolDefinition) -> JSONValue {
    [
      "type": "function",
      "function": [
        "name": .string(tool.name), "description": .string(tool.description), "parameters": tool.parameters,
      ],
    ]
  }
}
