import JSON
import Wire

/// Turns a transcript's window into the messages of a chat completion.
///
/// The shape that every server accepts: one system message, then user and assistant in turns, each assistant message with
/// tool calls followed by exactly one tool message per call. What the transcript lacks for that is filled in honestly.
struct ChatMessages {
  /// What the model reads in place of a result that was never recorded.
  static let outcomeUnknown =
    "Outcome unknown: the work was interrupted while this tool ran. It may or may not have taken effect. "
    + "Check before you call it again."

  private var messages: [JSONValue] = []
  /// What the next user message will say; several pieces become one message, because many servers refuse two in a row.
  private var userParts: [String] = []

  /// The messages of a turn.
  static func of(_ turn: ModelTurn) -> [JSONValue] {
    var builder = ChatMessages()
    builder.addSystem(turn)
    for index in turn.entries.indices { builder.add(turn.entries[index], followedBy: turn.entries[(index + 1)...]) }
    builder.flushUser()
    return builder.messages
  }

  private mutating func addSystem(_ turn: ModelTurn) {
    var text = turn.system
    if turn.stepsLeft <= 3 {
      text += "\n\nSteps left: \(max(turn.stepsLeft, 0)). Answer with what you have before they run out."
    }
    messages.append(["role": "system", "content": .string(text)])
  }

  private mutating func add(_ entry: TranscriptEntry, followedBy rest: ArraySlice<TranscriptEntry>) {
    if let summary = entry.summary { userParts.append("Summary of the conversation so far:\n\(summary.text)") }
    if let context = entry.context { userParts.append("Context (\(context.source)):\n\(context.text)") }
    if let user = entry.user { userParts.append(user.text) }
    if let assistant = entry.assistant { add(assistant, followedBy: rest) }
    // Results ride with the assistant message that called; intents, starts and ends are not the model's business.
  }

  private mutating func add(_ assistant: AssistantEntry, followedBy rest: ArraySlice<TranscriptEntry>) {
    // A server refuses an assistant message with nothing in it.
    guard !assistant.text.isEmpty || !assistant.toolCalls.isEmpty else { return }
    flushUser()
    guard !assistant.toolCalls.isEmpty else {
      messages.append(["role": "assistant", "content": .string(assistant.text)])
      return
    }
    messages.append([
      "role": "assistant",
      "content": assistant.text.isEmpty ? .null : .string(assistant.text),
      "tool_calls": .array(assistant.toolCalls.map(Self.call)),
    ])
    let results = rest.prefix { $0.assistant == nil }.compactMap(\.toolResult)
    for call in assistant.toolCalls {
      let content = results.last { $0.callId == call.id }.map(Self.content) ?? Self.outcomeUnknown
      messages.append(["role": "tool", "tool_call_id": .string(call.id), "content": .string(content)])
    }
  }

  private static func content(_ result: ToolResultEntry) -> String {
    result.remark.isEmpty ? result.content : result.remark + "\n" + result.content
  }

  private mutating func flushUser() {
    guard !userParts.isEmpty else { return }
    messages.append(["role": "user", "content": .string(userParts.joined(separator: "\n\n"))])
    userParts = []
  }

  /// A call as servers accept it back: they refuse their own model's broken JSON and odd names.
  private static func call(_ call: ToolCall) -> JSONValue {
    let name = call.name.unicodeScalars.map { scalar in
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
      return isPlain || scalar == "_" || scalar == "-" ? Character(scalar) : "_"
    }
    let arguments = isObject(call.arguments) ? call.arguments : "{}"
    return [
      "id": .string(call.id), "type": "function",
      "function": ["name": .string(name.isEmpty ? "_" : String(name)), "arguments": .string(arguments)],
    ]
  }

  private static func isObject(_ text: String) -> Bool {
    do throws(JSONError) { return try JSONValue(parsing: text).object != nil } catch { return false }
  }
}
