import JSON
import Wire

/// `recall {"query":"net sales","namespace":"notes"?,"limit":10?}` →
/// `{"memories":[{"scope","namespace","key","content","value":{…},"importance":0.5,"score":1.2}]}`, the best first.
struct RecallTool: Tool {
  private static let parameters: [ToolParameter] = [
    .required("query", .text(maxBytes: 4_096), "Words to look for."),
    .optional("namespace", .text(maxBytes: Limits.memoryKeyBytes), "Only this namespace and what is below it."),
    .optional("limit", .integer(1...100), "How many; 10 when left out."),
  ]

  let definition = ToolDefinition(
    name: "recall", description: "Searches what was remembered about this database and in this session.",
    parameters: parameters.schema, sideEffect: .pure, modes: .everyMode)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    var request = MemoryRecallRequest()
    request.dbConnectionId = context.connectionId
    request.sessionId = context.sessionId
    request.query = try arguments.requiredText("query")
    request.namespace = arguments.text("namespace") ?? ""
    request.limit = UInt32(clamping: arguments.integer("limit", default: 10))
    let hits = try await context.memory.recall(request)
    let list = BoundedList(name: "memories", of: hits) { hit in
      let memory = hit.memory ?? Memory()
      return [
        "scope": .string(MemoryScope(of: memory).rawValue), "namespace": .string(memory.namespace),
        "key": .string(memory.key), "content": .string(memory.content), "value": Self.value(of: memory),
        "importance": .number(memory.importance), "score": .number(hit.score),
      ]
    }
    return ToolOutput(content: list.content)
  }

  /// The stored object; null should it not be JSON after all.
  private static func value(of memory: Memory) -> JSONValue {
    do throws(JSONError) { return try JSONValue(parsing: memory.value) } catch { return .null }
  }
}
