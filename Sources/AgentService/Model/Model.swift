import Wire

/// A model that, given a transcript and the tools, says what to do next.
protocol Model: Sendable {
  /// The `SPEC` it was made from, such as `offline` or `openai:gpt-4.1`.
  var name: String { get }
  /// How much of a transcript it is shown, in bytes as they are encoded.
  var windowBytes: Int { get }
  /// It reads prose and may be wrong: it is told of the schema before it begins, and its numbers are looked up.
  var isLanguageModel: Bool { get }
  /// It gets the tools that an answer needs and a short prompt: its window is small, or it is.
  var hasFewTools: Bool { get }
  /// What it costs; nil when nobody said.
  var prices: ModelPrices? { get }
  /// One turn.
  /// - Parameter onToken: gets pieces of the answer's text as they come; may never be called.
  /// - Throws: `model_unavailable`, `model_refused`, `model_protocol`, `model_rate_limited`, `model_timeout`, `cancelled`.
  func respond(to turn: ModelTurn, onToken: @escaping @Sendable (String) -> Void) async throws(WireError) -> ModelReply
}

extension Model {
  var windowBytes: Int { .max }
  var isLanguageModel: Bool { true }
  var hasFewTools: Bool { false }
  var prices: ModelPrices? { nil }
}

/// Everything a model is given.
struct ModelTurn: Sendable {
  let system: String
  /// The transcript's window: what follows the last summary, oldest first.
  let entries: [TranscriptEntry]
  /// The task under way; entries of earlier tasks are history.
  let taskId: String
  let tools: [ToolDefinition]
  /// Steps that are left before the recursion limit, this one included.
  let stepsLeft: Int
  /// Of the database that is asked.
  var dialect = Dialect.sqlite
  /// Of the answer.
  var language = Language.en
  /// It has made the same call in vain more than once: something else must be tried.
  var isStuck = false
}

/// What a model said: text, tool calls, or both.
struct ModelReply: Sendable {
  var text = ""
  var thinking = ""
  var toolCalls: [ToolCall] = []
  var inputTokens: UInt64 = 0
  var outputTokens: UInt64 = 0
  /// What is missing from the reply, in sentences, such as an end that was cut off.
  var degraded: [String] = []
}
