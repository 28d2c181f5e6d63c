import JSON
import Wire

/// `update_block {"label":"persona","value":"…","scope":"shared|session"?}` →
/// `{"label":"persona","scope":"session","characters":120,"limit":5000,"version":2}`.
///
/// A block goes with every later question. Its value is replaced as a whole; scope is `session` when left out. Read-only blocks, and
/// values beyond a block's limit, are refused.
struct UpdateBlockTool: Tool {
  private static let parameters: [ToolParameter] = [
    .required("label", .text(maxBytes: Limits.memoryKeyBytes), "The block's name, as it is shown after 'block:…/'."),
    .required("value", .text(maxBytes: Limits.memoryValueBytes), "All that the block says from now on."),
    .optional(
      "scope", .choice(MemoryScope.allCases.map(\.rawValue)),
      "shared: every session of this database; session (when left out): this one alone."),
  ]

  let definition = ToolDefinition(
    name: "update_block", description: "Rewrites a block: a short text that goes with every later question.",
    parameters: parameters.schema, sideEffect: .idempotent, modes: .fromAnalysis)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let scope = arguments.text("scope").flatMap { MemoryScope(rawValue: $0) } ?? .session
    var block = MemoryBlock()
    block.dbConnectionId = context.connectionId
    block.scope = scope.wireName(context)
    block.label = try arguments.requiredText("label")
    block.value = try arguments.requiredText("value")
    let written = try await context.memory.write(block)
    let answer: JSONValue = [
      "label": .string(written.label), "scope": .string(scope.rawValue), "characters": .integer(Int64(written.value.count)),
      "limit": .integer(Int64(written.limit)), "version": .integer(Int64(clamping: written.version)),
    ]
    return ToolOutput(content: answer.text())
  }
}
