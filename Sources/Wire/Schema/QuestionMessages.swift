/// Which tool calls of a session need a person's approval before they run.
public enum ApprovalRule: UInt32, WireEnum {
  /// Means never; in an update, as it was.
  case unspecified = 0
  /// No call waits for anybody.
  case never
  /// Calls whose tool must not run twice.
  case unsafe
  /// Every call but the one that ends the task.
  case always
  /// Calls of the tools in ``SessionPolicy/approvalTools``.
  case tools
}

/// What becomes of an `unsafe` tool call that may or may not have run on a node that died.
public enum UnknownOutcome: UInt32, WireEnum {
  /// Means `tell_model`; in an update, as it was.
  case unspecified = 0
  /// The model reads "outcome unknown" and finds out by other means.
  case tellModel
  /// A person says whether it is to run again.
  case askPerson
}

/// How much of a session's past is kept. 0 stands for no limit.
public struct Retention: WireMessage {
  /// Keeps so many of the newest steps.
  public var steps: UInt64 = 0
  /// Keeps steps younger than this, in milliseconds.
  public var ageMs: UInt64 = 0
  /// Keeps the newest steps whose stored bodies and snapshots together have at most so many bytes.
  public var bytes: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "steps", &steps)
    v.field(2, "age_ms", &ageMs)
    v.field(3, "bytes", &bytes)
  }
}

/// What a task may use up, over all its executions. What is absent is not limited, or has the limit that its line says.
public struct Budgets: WireMessage {
  /// Calls of tools, failed ones included.
  public var toolCalls: UInt64?
  /// Tokens of the model, in and out together.
  public var tokens: UInt64?
  /// Time that models and tools worked, in milliseconds.
  public var workMs: UInt64?
  /// Calls of the same tool with the same arguments that failed in the same way. Absent means 3.
  public var identicalFailures: UInt64?
  /// Queries in a row that found no row. Absent means 8.
  public var emptyResults: UInt64?
  /// Queries in a row that the database refused. Absent means 8.
  public var sqlErrors: UInt64?
  /// Money for the model, in millionths of the currency that the nodes' prices are in. A node that does not
  /// know its model's prices ends a task with this limit at once.
  public var costMicros: UInt64?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "tool_calls", &toolCalls)
    v.field(2, "tokens", &tokens)
    v.field(3, "work_ms", &workMs)
    v.field(4, "identical_failures", &identicalFailures)
    v.field(5, "empty_results", &emptyResults)
    v.field(6, "sql_errors", &sqlErrors)
    v.field(7, "cost_micros", &costMicros)
  }
}

/// When a session's agent has to ask, what a task may use up, and how much of its past is kept. In an update, what is absent stays as it was.
public struct SessionPolicy: WireMessage {
  /// Unspecified means `never`.
  public var approval = ApprovalRule.unspecified
  /// Names of tools, at least one, with `approval` tools; must be empty otherwise.
  public var approvalTools: [String] = []
  /// How long a question waits for its answer, in milliseconds: 1 s to 30 days. Absent means 24 hours.
  public var answerTimeoutMs: UInt64?
  /// Unspecified means `tell_model`.
  public var unknownOutcome = UnknownOutcome.unspecified
  /// Absent keeps everything.
  public var retention: Retention?
  /// Replaced as a whole in an update. A budget of 0 is refused: leave it out.
  public var budgets: Budgets?
  /// Of the answers; unspecified means English.
  public var language = Language.unspecified
  /// Unspecified means the connection's.
  public var learning = LearningMode.unspecified
  /// Corrections that are noticed are shared at once, without anybody's confirmation. Absent means no.
  public var sharesCorrections: Bool?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "approval", &approval)
    v.field(2, "approval_tools", &approvalTools, max: 64, maxEach: Limits.nameBytes)
    v.field(3, "answer_timeout_ms", &answerTimeoutMs)
    v.field(4, "unknown_outcome", &unknownOutcome)
    v.field(5, "retention", &retention)
    v.field(6, "budgets", &budgets)
    v.field(7, "language", &language)
    v.field(8, "learning", &learning)
    v.field(9, "shares_corrections", &sharesCorrections)
  }
}

/// In which words, numbers and dates an answer is written.
public enum Language: UInt32, WireEnum {
  /// Leaves the choice to whoever stands above: the session, then English.
  case unspecified = 0
  /// English.
  case en
  /// Indonesian.
  case id
}

/// What a question is about.
public enum QuestionKind: UInt32, WireEnum {
  /// Never valid.
  case unspecified = 0
  /// May this tool call run?
  case approval
  /// This tool call may have run already: is it to run again?
  case unknownOutcome
  /// The agent wants to know something.
  case input
}

/// What a waiting task asks of a person. A task asks one thing at a time.
public struct TaskQuestion: WireMessage {
  /// `q` and the number of the step that asked.
  public var id = ""
  /// What it is about.
  public var kind = QuestionKind.unspecified
  /// What is asked, in words.
  public var text = ""
  /// The tool call that waits; arguments over 64 KiB are left out here and whole in the checkpoint.
  public var call: ToolCall?
  /// The class of the tool's side effects.
  public var effect = ""
  /// Answers to choose from; any other text is taken too.
  public var options: [String] = []
  /// When it was stored.
  public var askedAt = Timestamp()
  /// When it counts as not answered, and the task goes on without.
  public var expiresAt = Timestamp()
  /// What was answered; absent until then.
  public var answer: TaskAnswer?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "kind", &kind)
    v.field(3, "text", &text, max: 16 * 1024)
    v.field(4, "call", &call)
    v.field(5, "effect", &effect, max: Limits.nameBytes)
    v.field(6, "options", &options, max: 32, maxEach: 1_024)
    v.field(7, "asked_at", &askedAt)
    v.field(8, "expires_at", &expiresAt)
    v.field(9, "answer", &answer)
  }
}

/// What a person says to a question.
public enum AnswerVerdict: UInt32, WireEnum {
  /// Never valid.
  case unspecified = 0
  /// The call may run. Not for a question for input.
  case approve
  /// The call must not run, or nothing is said to a question for input.
  case deny
  /// To a question for input: the text is the answer.
  case reply
  /// Nobody answered in time.
  case expired
}

/// What a person said, and who it was.
public struct TaskAnswer: WireMessage {
  /// `TaskQuestion.id`.
  public var questionId = ""
  /// What was said.
  public var verdict = AnswerVerdict.unspecified
  /// The arguments to run the call with instead of the model's: a JSON object, or empty for the model's own.
  public var arguments = ""
  /// With the verdict reply: the answer.
  public var text = ""
  /// For the model and for those who ask later.
  public var note = ""
  /// The key of whoever answered; empty when nobody did.
  public var keyId = ""
  /// The name of that key, as it was then.
  public var keyName = ""
  /// When it was stored.
  public var at = Timestamp()
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "question_id", &questionId, max: Limits.idBytes)
    v.field(2, "verdict", &verdict)
    v.json(3, "arguments", &arguments, max: Limits.metadataBytes)
    v.field(4, "text", &text, max: Limits.metadataBytes)
    v.field(5, "note", &note, max: 4_096)
    v.field(6, "key_id", &keyId, max: Limits.idBytes)
    v.field(7, "key_name", &keyName, max: Limits.nameBytes)
    v.field(8, "at", &at)
  }
}

/// Answers what a waiting task asks.
public struct TaskAnswerRequest: WireMessage {
  /// The task's id.
  public var id = ""
  /// The question that is meant; empty for whatever the task asks now.
  public var questionId = ""
  /// approve, deny or reply; reply is for a question for input only, approve for the others.
  public var verdict = AnswerVerdict.unspecified
  /// With the verdict approve only: a JSON object of at most 65536 bytes to run the call with instead of the model's arguments;
  /// empty for the model's own.
  public var arguments = ""
  /// With the verdict reply, where it must not be empty: at most 65536 bytes.
  public var text = ""
  /// For the model and for those who ask later: at most 4096 bytes.
  public var note = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "question_id", &questionId, max: Limits.idBytes)
    v.field(3, "verdict", &verdict)
    v.json(4, "arguments", &arguments, max: Limits.textBytes)
    v.field(5, "text", &text, max: Limits.textBytes)
    v.field(6, "note", &note, max: Limits.textBytes)
  }
}
