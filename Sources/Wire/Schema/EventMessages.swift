/// What an event tells of. The kinds that a node may report are named in `CommitRequest.events` and `NodeEmitRequest.events`;
/// kai-session writes the others itself.
public enum EventKind: UInt32, WireEnum {
  /// Never stored.
  case unspecified = 0
  /// The task was submitted, or is tried again; `text` says why.
  case taskQueued
  /// A node began the task, as it says itself with its first commit; `attempt`, `node_name` and `resumed` say more.
  case taskStarted
  /// A step is durable; `step` is its number.
  case stepCommitted
  /// The model said `text`.
  case assistantMessage
  /// A tool runs; live only, with `seq` 0, when it comes by `node.emit`.
  case toolStarted
  /// A tool ended: `tool`, `is_error`, `elapsed_ms`, and for a query `sql`, `row_count` and `table`.
  case toolFinished
  /// The task ended; `result` is whole.
  case taskFinished
  /// The lease was lost or handed back; the task is queued again.
  case taskRequeued
  /// The session was changed, paused, resumed, closed or reopened; `text` is its status.
  case sessionChanged
  /// A piece of the model's text; live only, never stored, `seq` is 0.
  case token
  /// A node has something to say that is no part of the answer: `text`.
  case notice
  /// The session is gone, and the stream ends; live only.
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

/// How far an entry of the agent's list is.
public enum TodoStatus: UInt32, WireEnum {
  /// Not said.
  case unspecified = 0
  /// Not begun.
  case pending
  /// Under way.
  case inProgress
  /// Done.
  case done
}

/// An entry of the agent's list of what is to be done.
public struct Todo: WireMessage {
  /// What is to be done.
  public var text = ""
  /// How far it is.
  public var status = TodoStatus.unspecified
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "text", &text, max: Limits.titleBytes)
    v.field(2, "status", &status)
  }
}

/// One line of a session's durable log.
public struct Event: WireMessage {
  /// The session's id.
  public var sessionId = ""
  /// 1, 2, 3 ... within the session, without gaps; 0 for what is live only.
  public var seq: UInt64 = 0
  /// When kai-session stored or passed on the event.
  public var at = Timestamp()
  /// What it tells of, and so which of the fields below are set.
  public var kind = EventKind.unspecified
  /// The task that it is about; empty for the session itself.
  public var taskId = ""
  /// The step with which it was committed; 0 for none.
  public var step: UInt64 = 0
  /// In words; see the kind.
  public var text = ""
  /// The tool's name, of events about tools and files.
  public var tool = ""
  /// The statement that the tool ran, cut to 64 KiB at most.
  public var sql = ""
  /// Rows that the query returned; absent when it was none.
  public var rowCount: UInt64?
  /// How long the tool took, in milliseconds.
  public var elapsedMs: UInt64 = 0
  /// Who runs the task, of task_started.
  public var nodeName = ""
  /// The execution's number, of events about the task.
  public var attempt: UInt32 = 0
  /// The execution goes on from an earlier one, of task_started.
  public var resumed = false
  /// What it tells of went wrong.
  public var isError = false
  /// The whole result, of task_finished.
  public var result: TaskResult?
  /// The question, and its answer if there is one, of question_asked and question_answered.
  public var question: TaskQuestion?
  /// A query's columns and first rows.
  public var table: AnswerTable?
  /// The whole list, of todos_updated.
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
  /// The session that is watched; may be empty when there is a task.
  public var sessionId = ""
  /// The task that is watched; empty for the whole session, which then ends only with the session.
  public var taskId = ""
  /// The first event that is wanted; 0 or 1 for the first that there is.
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
