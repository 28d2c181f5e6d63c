import JSON

/// One tool call as a JSON object, `{"call": {"name": …, "arguments": {…}}}`, which a server that knows `response_format` holds the
/// model to: a reply always parses, and names a tool that was offered with arguments of its kinds.
enum JSONCall {
  static let member = "call"

  /// The `response_format` that allows a call of one of these tools and nothing else.
  ///
  /// The schema is not `strict`, whose rules (every member required) our tools' optional arguments do not follow; its root is an
  /// object, because servers refuse `anyOf` there.
  static func format(_ tools: [ToolDefinition]) -> JSONValue {
    let calls = tools.map { tool -> JSONValue in
      object(["name": ["type": "string", "enum": [.string(tool.name)]], "arguments": tool.parameters])
    }
    let schema = object([member: ["anyOf": .array(calls)]])
    return ["type": "json_schema", "json_schema": ["name": "tool_call", "schema": schema]]
  }

  static func text(_ name: String, _ arguments: String) -> String {
    "{\"\(member)\": {\"name\": \(JSONValue.string(name).text()), \"arguments\": \(arguments)}}"
  }

  static func instruction(_ tools: [ToolDefinition]) -> String {
    var text = "Answer with one tool call and nothing else, as JSON: \(self.text("…", "{…}"))\n"
    text += "You are told its result, and call the next. When you know the answer, call finish. The tools:\n"
    return text + tools.map(\.signature).joined(separator: "\n")
  }

  private static func object(_ properties: JSONValue) -> JSONValue {
    [
      "type": "object", "properties": properties,
      "required": .array((properties.object ?? []).map { .string($0.key) }), "additionalProperties": false,
    ]
  }
}

extension ToolDefinition {
  /// `- sql_query {"sql": text, "limit"?: integer}: Runs …`, for models that read no JSON Schema.
  var signature: String { "- \(name) \(Self.signature(parameters)): \(description)" }

  /// `{"sql": text, "limit"?: integer}` of a JSON Schema.
  private static func signature(_ schema: JSONValue) -> String {
    let required = Set((schema["required"]?.array ?? []).compactMap(\.string))
    let members = (schema["properties"]?.object ?? []).map { member in
      "\"\(member.key)\"\(required.contains(member.key) ? "" : "?"): \(kind(member.value))"
    }
    return "{" + members.joined(separator: ", ") + "}"
  }

  private static func kind(_ schema: JSONValue) -> String {
    if let names = schema["enum"]?.array { return names.compactMap(\.string).joined(separator: "|") }
    if let choices = schema["anyOf"]?.array { return choices.map(kind).joined(separator: " or ") }
    if schema["type"]?.string == "array" { return "[\(schema["items"].map(kind) ?? "")]" }
    let name = schema["type"]?.string ?? "any"
    return name == "string" ? "text" : name
  }
}
