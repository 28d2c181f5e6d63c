import JSON
import Wire

/// The body of a `chat/completions` request.
enum ChatRequest {
  private static let stuckTemperature = 0.8

  static func body(model: String, _ turn: ModelTurn, _ habits: ModelHabits = ModelHabits()) -> JSONValue {
    var messages = ChatMessages.of(turn)
    if habits.tools != .native {
      messages = TextToolMessages.of(messages, tools: turn.tools, asJSON: habits.tools == .json, isStuck: turn.isStuck)
    }
    var members: [JSONValue.Member] = [
      .init("model", .string(model)),
      .init("messages", .array(messages)),
      .init("stream", true),
      .init("stream_options", ["include_usage": true]),
    ]
    if let tokens = habits.answerTokens { members.append(.init("max_tokens", .integer(Int64(tokens)))) }
    // At a temperature of 0 the same words lead to the same mistake.
    if let temperature = habits.temperature.map({ turn.isStuck ? max($0, Self.stuckTemperature) : $0 }) {
      members.append(.init("temperature", .number(temperature)))
    }
    // An empty list of tools is refused by some servers.
    if !turn.tools.isEmpty {
      switch habits.tools {
      case .native: members.append(.init("tools", .array(turn.tools.map(tool))))
      case .text: break
      case .json: members.append(.init("response_format", JSONCall.format(turn.tools)))
      }
    }
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
