/// How a task fares.
public enum TaskStatus: UInt32, WireEnum {
  /// In a list, every status; otherwise never valid.
  case unspecified = 0
  /// Waits for a node, for its time, or for its session's tasks before it.
  case queued
  /// A node holds its lease.
  case running
  /// Waits for a person's approval or answer.
  case waiting
  /// Ended with its answer.
  case completed
  /// Ended with an answer that is not whole; the result says what is missing.
  case partial
  /// Ended without an answer; the result's error says why.
  case failed
  /// Ended because a person wanted it to.
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
  /// Means enqueue.
  case unspecified = 0
  /// The task waits its turn.
  case enqueue
  /// The submit fails with `session_busy`.
  case reject
  /// What is under way or waits is cancelled, and the new task runs once its place is free.
  case interrupt
}

/// A question put to a session.
public struct TaskRecord: WireMessage {
  /// `task_` + 12 lowercase hex digits.
  public var id = ""
  /// The session that it is put to.
  public var sessionId = ""
  /// The question, or what is to be done.
  public var prompt = ""
  /// Overrides the session's mode for this task; unspecified means the session's.
  public var mode = SessionMode.unspecified
  /// What the asker adds to the question, for the agent.
  public var context = ""
  /// A JSON object of whoever submitted it; `{}` when there is nothing.
  public var metadata = ""
  /// Higher runs first, -100...100.
  public var priority: Int64 = 0
  /// How it fares.
  public var status = TaskStatus.unspecified
  /// Executions begun so far, without those that were handed back or ended with a question.
  public var attempt: UInt32 = 0
  /// Executions that may die before it fails as `poisoned`.
  public var maxAttempts: UInt32 = 0
  /// The earliest moment at which it may run; 0 for at once.
  public var notBefore = Timestamp()
  /// When it was submitted.
  public var createdAt = Timestamp()
  /// When its last execution began; 0 before the first.
  public var startedAt = Timestamp()
  /// When it ended; 0 before that.
  public var finishedAt = Timestamp()
  /// How it ended; absent until then.
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

/// Puts a question to a session.
public struct TaskSubmitRequest: WireMessage {
  /// A session that is active, running or paused.
  public var sessionId = ""
  /// The question, or what is to be done: 1 byte to 256 KiB, not white space alone.
  public var prompt = ""
  /// Instead of the session's mode, for this task; unspecified means the session's.
  public var mode = SessionMode.unspecified
  /// What the agent is to know beside it, at most 256 KiB.
  public var context = ""
  /// A JSON object, nested at most 64 deep, of at most 65536 bytes once it is written without white space; empty means `{}`.
  /// Another JSON value is `invalid_json`.
  public var metadata = ""
  /// Higher runs first: -100 to 100. It orders the tasks of different sessions; those of one session run one after the other.
  public var priority: Int64 = 0
  /// How long it waits before it may run, in milliseconds: at most 31536000000 (one year).
  public var delayMs: UInt64 = 0
  /// How many executions may die before it fails as `poisoned`, 1 to 100; absent means 5.
  public var maxAttempts: UInt32?
  /// What to do when the session has a task under way or waiting.
  public var ifBusy = IfBusy.unspecified
  /// These choose the node: only one that has every one of these labels, with the same value, gets the task. A task whose labels
  /// no node has waits, without an end, for one that does, and the tasks of its session wait behind it; `task.why` says so. For
  /// words of your own use `metadata`.
  public var labels: [Label] = []
  /// Of the answer; unspecified means the session's.
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

/// Names one task.
public struct TaskRef: WireMessage {
  /// `task_` + 12 lowercase hex digits.
  public var id = ""
  /// For people who ask later: why it was cancelled. Not looked at by what only reads.
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
  /// The task's id.
  public var id = ""
  /// For people who ask later.
  public var note = ""
  /// Absent tries the same task again where it stands, if it failed, was cancelled or is partial. With a step, any task that has
  /// ended is tried again from there, as a new task in a fork.
  public var fromStep: UInt64?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "note", &note, max: 1_024)
    v.field(3, "from_step", &fromStep)
  }
}

/// Lists the tasks that the key sees and that every filter lets through.
public struct TaskListRequest: WireMessage {
  /// Absent for the newest 100.
  public var page: Page?
  /// Only those of this session.
  public var sessionId: String?
  /// Only those with this status; unspecified for all.
  public var status = TaskStatus.unspecified
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "page", &page)
    v.field(2, "session_id", &sessionId, max: Limits.idBytes)
    v.field(3, "status", &status)
  }
}

/// One page of tasks, the newest first.
public struct TaskList: WireMessage {
  /// Whole.
  public var tasks: [TaskRecord] = []
  /// How many the filters let through.
  public var total: UInt64 = 0
  /// For the next page; empty on the last one.
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
  /// As it stands now.
  public var task: TaskRecord?
  /// What it waits for, for people; the wording may change.
  public var sentences: [String] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "task", &task)
    v.field(2, "sentences", &sentences, max: 64, maxEach: 4_096)
  }
}
