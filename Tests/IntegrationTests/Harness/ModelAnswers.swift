import JSON
import LoopbackHTTP

/// What a well-behaved model's server says: a chat completion with a call, or with words.
enum ModelAnswers {
  static func call(_ connection: LoopbackConnection, tool: String, arguments: String) async throws {
    let call: JSONValue = [
      "id": .string("call_\(connection.number)"), "type": "function",
      "function": ["name": .string(tool), "arguments": .string(arguments)],
    ]
    let message: JSONValue = ["content": "One moment.", "tool_calls": .array([call])]
    try await answer(connection, message, "tool_calls")
  }

  static func say(_ connection: LoopbackConnection, _ text: String) async throws {
    try await answer(connection, ["content": .string(text)], "stop")
  }

  private static func answer(_ connection: LoopbackConnection, _ message: JSONValue, _ reason: String) async throws {
    let choice: JSONValue = ["message": message, "finish_reason": .string(reason)]
    let body: JSONValue = ["choices": .array([choice]), "usage": ["prompt_tokens": 1, "completion_tokens": 1]]
    try await connection.answer("200 OK", ["Content-Type: application/json"], body.text())
  }
}
