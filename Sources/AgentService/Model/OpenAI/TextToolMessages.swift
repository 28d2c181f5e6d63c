import JSON

/// The messages of a chat for a model that was not trained to call tools through the server's own form: results come as the
/// user's words. Calls stand in the text, as ``ModelHabits/Tools/text`` (queries as SQL in a fenced block, others as JSON in one;
/// this asks of the server nothing but to complete a chat) or as ``ModelHabits/Tools/json`` (each reply is one ``JSONCall``).
enum TextToolMessages {
  /// - Parameters:
  ///   - messages: what ``ChatMessages`` makes.
  ///   - asJSON: the second of the two forms.
  ///   - isStuck: the model makes the same call again and again. What it has said leads it there, so that only the last attempt is
  ///     shown, and as something that the user tells.
  static func of(_ messages: [JSONValue], tools: [ToolDefinition], asJSON: Bool = false, isStuck: Bool = false) -> [JSONValue] {
    let messages = isStuck ? withoutAttempts(messages, asJSON) : messages
    var out: [(role: String, text: String)] = []
    var names: [String: String] = [:]
    func add(_ role: String, _ text: String) {
      // Many templates refuse two messages of one side in a row.
      if out.last?.role == role { out[out.count - 1].text += "\n\n" + text } else { out.append((role, text)) }
    }
    for (index, message) in messages.enumerated() {
      let content = message["content"]?.string ?? ""
      switch message["role"]?.string {
      case "system":
        add("system", tools.isEmpty ? content : content + "\n\n" + (asJSON ? JSONCall.instruction(tools) : instruction(tools)))
      case "assistant":
        var parts = content.isEmpty ? [] : [content]
        for call in message["tool_calls"]?.array ?? [] {
          let name = call["function"]?["name"]?.string ?? ""
          names[call["id"]?.string ?? ""] = name
          parts.append(block(name, call["function"]?["arguments"]?.string ?? "{}", asJSON))
        }
        add("assistant", parts.joined(separator: "\n"))
      case "tool":
        let name = names[message["tool_call_id"]?.string ?? ""] ?? "the call"
        add("user", "Result of \(name):\n\(content)")
        if index == messages.count - 1, !asJSON { add("user", reminder(content)) }
      default: add("user", content)
      }
    }
    // What was said long before the question is forgotten by then.
    if !asJSON, messages.last?["role"]?.string == "user", tools.contains(where: { $0.name == TextToolCalls.sqlTool }) {
      add("user", "Answer with one ```sql block that finds it, and nothing else.")
    }
    return out.map { ["role": .string($0.role), "content": .string($0.text)] }
  }

  private static func withoutAttempts(_ messages: [JSONValue], _ asJSON: Bool) -> [JSONValue] {
    guard let question = messages.lastIndex(where: { $0["role"]?.string == "user" }),
      let call = messages.last(where: { $0["tool_calls"] != nil })?["tool_calls"]?.array?.last, let failure = messages.last,
      failure["role"]?.string == "tool", !ToolFailure.code(in: failure["content"]?.string ?? "").isEmpty
    else { return messages }
    let name = call["function"]?["name"]?.string ?? ""
    let attempt = block(name, call["function"]?["arguments"]?.string ?? "{}", asJSON)
    let error = (try? JSONValue(parsing: failure["content"]?.string ?? ""))?["error"]?["message"]?.string ?? ""
    let told =
      "This was tried, and it is wrong:\n\(attempt)\nThe database says: \(error)\nThink again which tables and columns are needed."
    return Array(messages[...question]) + [["role": "user", "content": .string(told)]]
  }

  /// A call as such a model writes it.
  private static func block(_ name: String, _ arguments: String, _ asJSON: Bool = false) -> String {
    if asJSON { return JSONCall.text(name, arguments) }
    if name == TextToolCalls.sqlTool, let sql = (try? JSONValue(parsing: arguments))?["sql"]?.string {
      return "```sql\n\(sql)\n```"
    }
    return "```json\n{\"name\": \"\(name)\", \"arguments\": \(arguments)}\n```"
  }

  private static func instruction(_ tools: [ToolDefinition]) -> String {
    var text = ""
    if tools.contains(where: { $0.name == TextToolCalls.sqlTool }) {
      text += "To query the database, answer with one block and nothing else; you are told its result:\n"
      text += "```sql\nSELECT …\n```\n"
    }
    let others = tools.filter { $0.name != TextToolCalls.sqlTool && $0.name != "finish" }
    if !others.isEmpty {
      text += "There are other tools:\n"
      text += others.map(\.signature).joined(separator: "\n")
      text += "\nTo call one, answer with one block and nothing else:\n\(block(others[0].name, "{…}"))\n"
    }
    return text + "When a result answers the question, say the answer in plain words, without a block."
  }

  /// What a small model has forgotten by the time it has read a result.
  private static func reminder(_ result: String) -> String {
    ToolFailure.code(in: result).isEmpty
      ? "If that answers the question, say the answer in one plain sentence. Otherwise write another query."
      : "That failed. Read the message, and write a different query that uses only tables and columns that are there."
  }
}
