/// What a checkpoint's body holds once inflated: the entries that the step added.
public struct CheckpointBody: WireMessage {
  public var entries: [TranscriptEntry] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "entries", &entries, max: 1_000_000)
  }
}

/// One entry of a transcript: exactly one of the parts is present.
public struct TranscriptEntry: WireMessage {
  public var at = Timestamp()
  public var taskStarted: TaskStartedEntry?
  public var user: UserEntry?
  public var context: ContextEntry?
  public var assistant: AssistantEntry?
  public var toolIntent: ToolIntentEntry?
  public var toolResult: ToolResultEntry?
  public var summary: SummaryEntry?
  public var taskFinished: TaskFinishedEntry?
  /// What a person was asked.
  public var question: TaskQuestion?
  /// What the person said.
  public var answer: TaskAnswer?
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
  public var taskId = ""
  public var attempt: UInt32 = 0
  public var nodeName = ""
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

public struct UserEntry: WireMessage {
  public var text = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "text", &text, max: Limits.promptBytes)
  }
}

/// Something the agent was given beside the question, and where it came from.
public struct ContextEntry: WireMessage {
  public var text = ""
  /// Such as `memory:shared/corrections/key` or `task.context`.
  public var source = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "text", &text, max: Limits.textBytes)
    v.field(2, "source", &source, max: 1_024)
  }
}

public struct ToolCall: WireMessage {
  public var id = ""
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
  public var modelCalls: UInt64 = 0
  public var inputTokens: UInt64 = 0
  public var outputTokens: UInt64 = 0
  public var toolCalls: UInt64 = 0
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

public struct AssistantEntry: WireMessage {
  public var text = ""
  /// Reasoning, kept apart from the answer.
  public var thinking = ""
  public var toolCalls: [ToolCall] = []
  public var model = ""
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
  public var callId = ""
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

public struct ToolResultEntry: WireMessage {
  public var callId = ""
  public var name = ""
  /// What the model reads.
  public var content = ""
  public var isError = false
  /// The SQL that ran, if any.
  public var sql = ""
  /// Rows returned, if it was a query.
  public var rowCount: UInt64?
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
  public var text = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "text", &text, max: Limits.textBytes)
  }
}

public struct TaskFinishedEntry: WireMessage {
  public var taskId = ""
  public var status = TaskStatus.unspecified
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "task_id", &taskId, max: Limits.idBytes)
    v.field(2, "status", &status)
  }
}
