/// What a checkpoint's body holds once inflated: the entries that the step added, or those of the whole transcript in a snapshot. How
/// many they may be is for ``TranscriptSize`` to say: readers count entry by entry.
public struct CheckpointBody: WireMessage {
  /// In order; those of a step may be none.
  public var entries: [TranscriptEntry] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "entries", &entries, max: 1_000_000)
  }
}

/// One entry of a transcript: exactly one of the parts is present, and only that one takes memory.
public struct TranscriptEntry: WireMessage {
  /// When it was written, by the node's clock.
  public var at = Timestamp()
  /// An execution began.
  @Boxed public var taskStarted: TaskStartedEntry?
  /// What a person asked.
  @Boxed public var user: UserEntry?
  /// What the agent was given beside the question.
  @Boxed public var context: ContextEntry?
  /// What the model said and which tools it called.
  @Boxed public var assistant: AssistantEntry?
  /// A tool with side effects is about to run.
  @Boxed public var toolIntent: ToolIntentEntry?
  /// What came of a tool call.
  @Boxed public var toolResult: ToolResultEntry?
  /// What was before, in short.
  @Boxed public var summary: SummaryEntry?
  /// The task ended.
  @Boxed public var taskFinished: TaskFinishedEntry?
  /// What a person was asked.
  @Boxed public var question: TaskQuestion?
  /// What the person said.
  @Boxed public var answer: TaskAnswer?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "at", &at)
    v.field(2, "task_started", &taskStarted)
    v.field(3, "user", &user)
    v.field(4, "context", &context)
    v.field(5, "assistant", &assistant)
    v.field(6, "tool_intent", &toolIntent)
    v.field(7, "tool_result", &toolResult)
    v.field(8, "summary", &summary)
    v.field(9, "task_finished", &taskFinished)
    v.field(10, "question", &question)
    v.field(11, "answer", &answer)
  }
}

/// An execution of a task began; every execution after the first says `resumed`.
public struct TaskStartedEntry: WireMessage {
  /// The task's id. Everything until the next such entry belongs to it.
  public var taskId = ""
  /// `TaskRecord.attempt` of this execution.
  public var attempt: UInt32 = 0
  /// Who runs it.
  public var nodeName = ""
  /// An earlier execution of the task is in the transcript.
  public var resumed = false
  /// The head step that this execution found.
  public var fromStep: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "task_id", &taskId, max: Limits.idBytes)
    v.field(2, "attempt", &attempt)
    v.field(3, "node_name", &nodeName, max: Limits.nameBytes)
    v.field(4, "resumed", &resumed)
    v.field(5, "from_step", &fromStep)
  }
}

/// What a person asked. Written once for each task, with its first step.
public struct UserEntry: WireMessage {
  /// `TaskRecord.prompt`.
  public var text = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "text", &text, max: Limits.promptBytes)
  }
}

/// Something the agent was given beside the question, and where it came from.
public struct ContextEntry: WireMessage {
  /// As the model reads it.
  public var text = ""
  /// Such as `memory:shared/corrections/key` or `task.context`.
  public var source = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "text", &text, max: Limits.textBytes)
    v.field(2, "source", &source, max: 1_024)
  }
}

/// A tool call that a model made.
public struct ToolCall: WireMessage {
  /// Names the call within the transcript; its result and intent have it too.
  public var id = ""
  /// The tool's name.
  public var name = ""
  /// JSON text of an object, as the model wrote it.
  public var arguments = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.nameBytes)
    v.field(2, "name", &name, max: Limits.nameBytes)
    v.field(3, "arguments", &arguments, max: Limits.textBytes)
  }
}

/// What the work cost.
public struct Usage: WireMessage {
  /// Calls of the model.
  public var modelCalls: UInt64 = 0
  /// Tokens that the model read.
  public var inputTokens: UInt64 = 0
  /// Tokens that the model wrote.
  public var outputTokens: UInt64 = 0
  /// Calls of tools.
  public var toolCalls: UInt64 = 0
  /// Time that models and tools worked, in milliseconds.
  public var elapsedMs: UInt64 = 0
  /// What the model cost by the node's prices, in millionths of their currency; absent when there are none.
  public var costMicros: UInt64?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "model_calls", &modelCalls)
    v.field(2, "input_tokens", &inputTokens)
    v.field(3, "output_tokens", &outputTokens)
    v.field(4, "tool_calls", &toolCalls)
    v.field(5, "elapsed_ms", &elapsedMs)
    v.field(6, "cost_micros", &costMicros)
  }
}

/// One turn of the model.
public struct AssistantEntry: WireMessage {
  /// What it said.
  public var text = ""
  /// Reasoning, kept apart from the answer.
  public var thinking = ""
  /// Which tools it wants run; each gets a result, in this step or a later one.
  public var toolCalls: [ToolCall] = []
  /// The model's name.
  public var model = ""
  /// What this turn cost.
  public var usage: Usage?
  /// The sub-agent whose turn it was: the id of the call that it works for; empty for the agent itself.
  public var agent = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "text", &text, max: Limits.textBytes)
    v.field(2, "thinking", &thinking, max: Limits.textBytes)
    v.field(3, "tool_calls", &toolCalls, max: 128)
    v.field(4, "model", &model, max: Limits.nameBytes)
    v.field(5, "usage", &usage)
    v.field(6, "agent", &agent, max: Limits.nameBytes)
  }
}

/// Written before a tool with side effects runs.
public struct ToolIntentEntry: WireMessage {
  /// `ToolCall.id`.
  public var callId = ""
  /// The tool's name.
  public var name = ""
  /// The class of its side effects: `idempotent`, `transactional` or `unsafe`.
  public var effect = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "call_id", &callId, max: Limits.nameBytes)
    v.field(2, "name", &name, max: Limits.nameBytes)
    v.field(3, "effect", &effect, max: Limits.nameBytes)
  }
}

/// What came of a tool call.
public struct ToolResultEntry: WireMessage {
  /// `ToolCall.id`.
  public var callId = ""
  /// The tool's name.
  public var name = ""
  /// What the model reads.
  public var content = ""
  /// The call failed, and the content says how.
  public var isError = false
  /// The SQL that ran, if any.
  public var sql = ""
  /// Rows returned, if it was a query.
  public var rowCount: UInt64?
  /// How long it took, in milliseconds.
  public var elapsedMs: UInt64 = 0
  /// Paths of the files it wrote.
  public var artifacts: [String] = []
  /// What a person did to the call or said of it, for the model to read before the content.
  public var remark = ""
  /// Of a query's columns and of the rows that were read, for whoever compares: 16 hex digits of their SHA-256.
  public var rowsHash = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "call_id", &callId, max: Limits.nameBytes)
    v.field(2, "name", &name, max: Limits.nameBytes)
    v.field(3, "content", &content, max: Limits.textBytes)
    v.field(4, "is_error", &isError)
    v.field(5, "sql", &sql, max: Limits.textBytes)
    v.field(6, "row_count", &rowCount)
    v.field(7, "elapsed_ms", &elapsedMs)
    v.field(8, "artifacts", &artifacts, max: 1_024, maxEach: Limits.artifactPathBytes)
    v.field(9, "remark", &remark, max: Limits.textBytes)
    v.field(10, "rows_hash", &rowsHash, max: Limits.nameBytes)
  }
}

/// Replaces everything before it in the model's window, never in history.
public struct SummaryEntry: WireMessage {
  /// The text that stands for it.
  public var text = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "text", &text, max: Limits.textBytes)
  }
}

/// The task ended: the last entry that its executions write.
public struct TaskFinishedEntry: WireMessage {
  /// The task's id.
  public var taskId = ""
  /// As in its result.
  public var status = TaskStatus.unspecified
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "task_id", &taskId, max: Limits.idBytes)
    v.field(2, "status", &status)
  }
}
