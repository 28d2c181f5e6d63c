import JSON
import Wire

/// `remember {"key":"net_sales","content":"…","value":{…}?,"scope":"shared|session"?,"namespace":"notes"?,"importance":0.5?}` →
/// `{"id":"mem_…","scope":"shared","namespace":"notes","key":"net_sales","version":1}`.
///
/// (scope, namespace, key) is the identity: remembering it again replaces it. Scope is `session` when left out, namespace `notes`.
struct RememberTool: Tool {
  private static let parameters: [ToolParameter] = [
    .required("key", .text(maxBytes: Limits.memoryKeyBytes), "A short name; the same name replaces what it held."),
    .required("content", .text(maxBytes: Limits.memoryValueBytes), "What to remember, in one or a few sentences."),
    .optional("value", .object(maxBytes: Limits.memoryValueBytes), "The same as data, when it is data."),
    .optional(
      "scope", .choice(MemoryScope.allCases.map(\.rawValue)),
      "shared: every session of this database; session (when left out): this one alone."),
    .optional("namespace", .text(maxBytes: Limits.memoryKeyBytes), "A path such as corrections/joins; notes when left out."),
    .optional("importance", .number(0...1), "How much it matters; 0.5 when left out."),
  ]

  let definition = ToolDefinition(
    name: "remember", description: "Remembers a fact for later questions.",
    parameters: parameters.schema, sideEffect: .idempotent, modes: .fromAnalysis)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let scope = arguments.text("scope").flatMap { MemoryScope(rawValue: $0) } ?? .session
    var request = MemoryRememberRequest()
    request.dbConnectionId = context.connectionId
    request.scope = scope.wireName(context)
    request.namespace = arguments.text("namespace") ?? "notes"
    request.key = try arguments.requiredText("key")
    request.content = try arguments.requiredText("content")
    request.value = (arguments["value"] ?? .object([])).text()
    request.importance = arguments.number("importance")
    request.source = "tool"
    request.sourceSessionId = context.sessionId
    request.sourceStep = context.step
    let memory = try await context.memory.remember(request)
    let answer: JSONValue = [
      "id": .string(memory.id), "scope": .string(scope.rawValue), "namespace": .string(memory.namespace),
      "key": .string(memory.key), "version": .integer(Int64(clamping: memory.version)),
    ]
    return ToolOutput(content: answer.text())
  }
}
