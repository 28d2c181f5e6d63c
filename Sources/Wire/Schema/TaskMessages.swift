public enum TaskStatus: UInt32, WireEnum {
  case unspecified = 0
  case queued
  case running
  /// For a person's approval or answer.
  case waiting
  case completed
  /// Ended with an answer that is not whole; the result says what is missing.
  case partial
  case failed
  case cancelled

  public var isTerminal: Bool {
    switch self {
    case .completed, .partial, .failed, .cancelled: true
    case .unspecified, .queued, .running, .waiting: false
    }
  }
}

/// What a submit does when the session has a task under way.
public enum IfBusy: UInt32, WireEnum {
  case unspecified = 0
  case enqueue
  case reject
  case interrupt
}

/// Something the agent's answer stands on, or found on the way.
public struct SqlUsed: WireMessage {
  public var sql = ""
  public var rowCount: UInt64 = 0
  public var elapsedMs: UInt64 = 0
  /// See ``ToolResultEntry/rowsHash``.
  public var rowsHash = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "sql", &sql, max: Limits.textBytes)
    v.field(2, "row_count", &rowCount)
    v.field(3, "elapsed_ms", &elapsedMs)
    v.field(4, "rows_hash", &rowsHash, max: Limits.nameBytes)
  }
}

/// An answer's table: every cell as text, absent cells (NULL) marked.
public struct AnswerTable: WireMessage {
  public var columns: [String] = []
  public var rows: [AnswerRow] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "columns", &columns, max: 256, maxEach: 1_024)
    v.field(2, "rows", &rows, max: 1_000)
  }
}

public struct AnswerRow: WireMessage {
  public var cells: [AnswerCell] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "cells", &cells, max: 256)
  }
}

public struct AnswerCell: WireMessage {
  /// Absent for NULL.
  public var text: String?
  public var isNumber = false
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "text", &text, max: 64 * 1024)
    v.field(2, "is_number", &isNumber)
  }
}

/// How a task ended.
public struct TaskResult: WireMessage {
  public var status = TaskStatus.unspecified
  public var answer = ""
  public var table: AnswerTable?
  public var suggestions: [String] = []
  public var sqlUsed: [SqlUsed] = []
  /// Paths of the session's artifacts that this task wrote.
  public var artifacts: [String] = []
  public var insights: [String] = []
  public var usage: Usage?
  /// What could not be done, in sentences; never hidden.
  public var degraded: [String] = []
  public var error: WireError?
  /// The task went on from a checkpoint of an earlier execution.
  public var resumed = false
  /// Steps this task took, over all executions.
  public var steps: UInt64 = 0
  /// Numbers of the answer that no result of this task's queries has, as they are written there.
  public var untracedNumbers: [String] = []
  /// In which the answer is written.
  public var language = Language.unspecified
  /// What of that which was taught the answer stands on.
  public var used: [UsedKnowledge] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "status", &status)
    v.field(2, "answer", &answer, max: Limits.textBytes)
    v.field(3, "table", &table)
    v.field(4, "suggestions", &suggestions, max: 64, maxEach: 4_096)
    v.field(5, "sql_used", &sqlUsed, max: 1_024)
    v.field(6, "artifacts", &artifacts, max: 1_024, maxEach: Limits.artifactPathBytes)
    v.field(7, "insights", &insights, max: 256, maxEach: 16 * 1024)
    v.field(8, "usage", &usage)
    v.field(9, "degraded", &degraded, max: 256, maxEach: 4_096)
    v.field(10, "error", &error)
    v.field(11, "resumed", &resumed)
    v.field(12, "steps", &steps)
    v.field(13, "untraced_numbers", &untracedNumbers, max: 64, maxEach: Limits.nameBytes)
    v.field(14, "language", &language)
    v.field(15, "used", &used, max: 256)
  }
}

/// A piece of what was taught that an answer stands on.
public struct UsedKnowledge: WireMessage {
  /// See ``BackgroundPiece/source``.
  public var source = ""
  /// What it says, or its beginning.
  public var text = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "source", &source, max: 2_048)
    v.field(2, "text", &text, max: 4_096)
  }
}

/// A question put to a session.
public struct TaskRecord: WireMessage {
  /// `task_` + 12 lowercase hex digits.
  public var id = ""
  public var sessionId = ""
  public var prompt = ""
  /// Overrides the session's mode for this task; unspecified means the session's.
  public var mode = SessionMode.unspecified
  public var context = ""
  public var metadata = ""
  /// Higher runs first, -100...100.
  public var priority: Int64 = 0
  public var status = TaskStatus.unspecified
  /// Executions begun so far.
  public var attempt: UInt32 = 0
  public var maxAttempts: UInt32 = 0
  public var notBefore = Timestamp()
  public var createdAt = Timestamp()
  public var startedAt = Timestamp()
  public var finishedAt = Timestamp()
  public var result: TaskResult?
  /// The node that holds the lease, while running.
  public var nodeId = ""
  /// Why it is not running, for people.
  public var reason = ""
  /// It runs on nodes that have all of these labels.
  public var labels: [Label] = []
  /// What it asks, or asked last, of a person.
  public var question: TaskQuestion?
  /// The task that it tries again from an earlier step, in a fork of that task's session; then the one that this one tried
  /// again, and so on.
  public var retryOf: [String] = []
  /// Of the answer; unspecified means the session's.
  public var language = Language.unspecified
  /// The trace (W3C) that its executions belong to; empty for none.
  public var traceparent = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "session_id", &sessionId, max: Limits.idBytes)
    v.field(3, "prompt", &prompt, max: Limits.promptBytes)
    v.field(4, "mode", &mode)
    v.field(5, "context", &context, max: Limits.promptBytes)
    v.json(6, "metadata", &metadata, max: Limits.metadataBytes)
    v.field(7, "priority", &priority)
    v.field(8, "status", &status)
    v.field(9, "attempt", &attempt)
    v.field(10, "max_attempts", &maxAttempts)
    v.field(11, "not_before", &notBefore)
    v.field(12, "created_at", &createdAt)
    v.field(13, "started_at", &startedAt)
    v.field(14, "finished_at", &finishedAt)
    v.field(15, "result", &result)
    v.field(16, "node_id", &nodeId, max: Limits.idBytes)
    v.field(17, "reason", &reason, max: 1_024)
    v.field(18, "labels", &labels, max: Limits.labels)
    v.field(19, "question", &question)
    v.field(20, "retry_of", &retryOf, max: Limits.retries, maxEach: Limits.idBytes)
    v.field(21, "language", &language)
    v.field(22, "traceparent", &traceparent, max: Limits.idBytes)
  }
}

public struct TaskSubmitRequest: WireMessage {
  public var sessionId = ""
  public var prompt = ""
  public var mode = SessionMode.unspecified
  public var context = ""
  public var metadata = ""
  public var priority: Int64 = 0
  /// Relative delay before it may run, in milliseconds.
  public var delayMs: UInt64 = 0
  /// Absent means 5.
  public var maxAttempts: UInt32?
  public var ifBusy = IfBusy.unspecified
  /// Only nodes that have all of these labels run it.
  public var labels: [Label] = []
  public var language = Language.unspecified
  /// The trace (W3C) that its executions belong to; empty means the request's own.
  public var traceparent = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "session_id", &sessionId, max: Limits.idBytes)
    v.field(2, "prompt", &prompt, max: Limits.textBytes)
    v.field(3, "mode", &mode)
    v.field(4, "context", &context, max: Limits.textBytes)
    v.json(5, "metadata", &metadata, max: Limits.textBytes)
    v.field(6, "priority", &priority)
    v.field(7, "delay_ms", &delayMs)
    v.field(8, "max_attempts", &maxAttempts)
    v.field(9, "if_busy", &ifBusy)
    v.field(10, "labels", &labels, max: Limits.labels)
    v.field(11, "language", &language)
    v.field(12, "traceparent", &traceparent, max: Limits.idBytes)
  }
}

public struct TaskRef: WireMessage {
  public var id = ""
  /// For people who ask later: why it was cancelled or retried.
  public var note = ""
  public init() {}
  public init(id: String) { self.id = id }
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "note", &note, max: 1_024)
  }
}

/// Queues a task again that has ended. With a step, its session is forked there and the fork's task goes on from that step.
public struct TaskRetryRequest: WireMessage {
  public var id = ""
  /// For people who ask later.
  public var note = ""
  public var fromStep: UInt64?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "note", &note, max: 1_024)
    v.field(3, "from_step", &fromStep)
  }
}

public struct TaskListRequest: WireMessage {
  public var page: Page?
  public var sessionId: String?
  public var status = TaskStatus.unspecified
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "page", &page)
    v.field(2, "session_id", &sessionId, max: Limits.idBytes)
    v.field(3, "status", &status)
  }
}

public struct TaskList: WireMessage {
  public var tasks: [TaskRecord] = []
  public var total: UInt64 = 0
  public var nextCursor = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "tasks", &tasks, max: Int(Limits.listMax))
    v.field(2, "total", &total)
    v.field(3, "next_cursor", &nextCursor, max: Limits.cursorBytes)
  }
}

/// What a task waits for, in sentences.
public struct TaskWhy: WireMessage {
  public var task: TaskRecord?
  public var sentences: [String] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "task", &task)
    v.field(2, "sentences", &sentences, max: 64, maxEach: 4_096)
  }
}

public enum EventKind: UInt32, WireEnum {
  case unspecified = 0
  case taskQueued
  /// A node took the task; `attempt`, `node_name` and `resumed` say more.
  case taskStarted
  /// A step is durable; `step` is its number.
  case stepCommitted
  case assistantMessage
  /// A tool runs; live only, with `seq` 0, when it comes by `node.emit`.
  case toolStarted
  case toolFinished
  /// The task ended; `result` is whole.
  case taskFinished
  /// The lease was lost or handed back; the task is queued again.
  case taskRequeued
  case sessionChanged
  /// A piece of the model's text; live only, never stored, `seq` is 0.
  case token
  case notice
  case sessionDeleted
  /// The task waits for a person; `question` says for what.
  case questionAsked
  /// `question.answer` says what was answered and by whom, or that nobody did.
  case questionAnswered
  /// What the agent was given beside the question: memories, the schema. `text` names it.
  case contextLoaded
  /// The model's reasoning, when it shows any.
  case thinking
  /// The agent's list of what is to be done, whole, in `todos`.
  case todosUpdated
  /// A chart was drawn; its path is `text`.
  case chartDrawn
  /// Another file was written; its path is `text`.
  case artifactWritten
  /// The answer's text, just before ``taskFinished``.
  case answerGiven
}

public enum TodoStatus: UInt32, WireEnum {
  case unspecified = 0
  case pending
  case inProgress
  case done
}

public struct Todo: WireMessage {
  public var text = ""
  public var status = TodoStatus.unspecified
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "text", &text, max: Limits.titleBytes)
    v.field(2, "status", &status)
  }
}

/// One line of a session's durable log.
public struct Event: WireMessage {
  public var sessionId = ""
  /// 1, 2, 3 ... within the session; 0 for what is live only.
  public var seq: UInt64 = 0
  public var at = Timestamp()
  public var kind = EventKind.unspecified
  public var taskId = ""
  public var step: UInt64 = 0
  public var text = ""
  public var tool = ""
  public var sql = ""
  public var rowCount: UInt64?
  public var elapsedMs: UInt64 = 0
  public var nodeName = ""
  public var attempt: UInt32 = 0
  public var resumed = false
  public var isError = false
  public var result: TaskResult?
  public var question: TaskQuestion?
  /// A query's columns and first rows.
  public var table: AnswerTable?
  public var todos: [Todo] = []
  /// The sub-agent that it is about; see ``AssistantEntry/agent``.
  public var agent = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "session_id", &sessionId, max: Limits.idBytes)
    v.field(2, "seq", &seq)
    v.field(3, "at", &at)
    v.field(4, "kind", &kind)
    v.field(5, "task_id", &taskId, max: Limits.idBytes)
    v.field(6, "step", &step)
    v.field(7, "text", &text, max: 64 * 1024)
    v.field(8, "tool", &tool, max: Limits.nameBytes)
    v.field(9, "sql", &sql, max: 64 * 1024)
    v.field(10, "row_count", &rowCount)
    v.field(11, "elapsed_ms", &elapsedMs)
    v.field(12, "node_name", &nodeName, max: Limits.nameBytes)
    v.field(13, "attempt", &attempt)
    v.field(14, "resumed", &resumed)
    v.field(15, "is_error", &isError)
    v.field(16, "result", &result)
    v.field(17, "question", &question)
    v.field(18, "table", &table)
    v.field(19, "todos", &todos, max: 256)
    v.field(20, "agent", &agent, max: Limits.nameBytes)
  }
}

/// Streams the session's events from `from_seq` (0 = from the first), then live. With a task id, only that task's, and the
/// stream ends when the task does.
public struct TaskWatchRequest: WireMessage {
  public var sessionId = ""
  public var taskId = ""
  public var fromSeq: UInt64 = 0
  /// Live tokens too.
  public var tokens = false
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "session_id", &sessionId, max: Limits.idBytes)
    v.field(2, "task_id", &taskId, max: Limits.idBytes)
    v.field(3, "from_seq", &fromSeq)
    v.field(4, "tokens", &tokens)
  }
}
