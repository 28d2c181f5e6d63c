import JSON
import Wire

/// How far a task has come, folded from the transcript: everything an execution must know to go on where another stopped.
struct TaskProgress: Sendable {
  /// A tool call that the model made and that has no result yet.
  struct PendingCall: Sendable, Equatable {
    var call: ToolCall
    /// Its intent was committed, so it may have run.
    var mayHaveRun: Bool
    /// What a person said to it.
    var answer: TaskAnswer?
    /// Names the call in every execution of the task, and no other call: a tool whose effect is transactional stores it with
    /// its effect, and finds it when the call comes again.
    var key: String
    /// Counts the calls of whoever made it in the task, from 1.
    var number: Int
  }

  /// Executions begun before this one.
  private(set) var executions = 0
  /// Whether the question is part of the transcript already.
  private(set) var hasQuestion = false
  /// Turns of the agent whose progress this is.
  private(set) var turns = 0
  /// Turns of the agent and of those that work for it: what the recursion limit counts.
  private(set) var allTurns = 0
  /// How often an answer was given back because of its numbers.
  private(set) var refusedAnswers = 0
  private(set) var pending: [PendingCall] = []
  private(set) var usage = Usage()
  private(set) var sqlUsed: [SqlUsed] = []
  private(set) var artifacts: [String] = []
  private(set) var degraded: [String] = []
  /// The text of the model's last turn.
  private(set) var lastText = ""
  /// Turns in a row that said nothing, or whose every tool call was one that cannot be run.
  private(set) var brokenTurns = 0
  /// What a person was asked and has not answered yet.
  private(set) var question: TaskQuestion?
  /// How often the same call failed in the same way: the most of all calls.
  private(set) var identicalFailures = 0
  /// Queries in a row that found nothing.
  private(set) var emptyResults = 0
  /// Queries in a row that the database refused.
  private(set) var sqlErrors = 0
  private var failures: [String: Int] = [:]
  private var turnResults: [Bool] = []
  /// Tool calls made so far, never begun anew.
  private var calls = 0

  /// The source of a context entry that says what could not be done.
  static let degradedSource = "degraded"
  /// The source of a context entry that gives an answer back.
  static let checkSource = "check"

  private let taskId: String
  /// Whose progress it is: empty for the agent itself, which counts what sub-agents do too.
  private let agent: String
  /// Whether what follows belongs to this task: a session's tasks come one after the other.
  private var isOurs = false

  init(taskId: String, agent: String = "", entries: [TranscriptEntry] = []) {
    self.taskId = taskId
    self.agent = agent
    for entry in entries { add(entry) }
  }

  /// Folds in the transcript's next entry; those of other tasks change nothing.
  mutating func add(_ entry: TranscriptEntry) {
    if let started = entry.taskStarted {
      isOurs = started.taskId == taskId
      if isOurs { executions += 1 }
    }
    guard isOurs else { return }
    // An execution of another task whose very first step failed may leave its end behind, without a beginning.
    if let finished = entry.taskFinished, finished.taskId == taskId {
      // Somebody retries it: the turns of the run that ended do not count against the limit of the next.
      (turns, allTurns) = (0, 0)
      brokenTurns = 0
      refusedAnswers = 0
      pending = []
      question = nil
      failures = [:]
      (identicalFailures, emptyResults, sqlErrors) = (0, 0, 0)
    }
    if entry.user != nil { hasQuestion = true }
    if let context = entry.context {
      if context.source == Self.degradedSource { degraded.append(context.text) }
      if context.source == Self.checkSource { refusedAnswers += 1 }
    }
    guard agent.isEmpty || entry.agent == nil || entry.agent == agent else { return }
    if let assistant = entry.assistant { add(assistant) }
    if let intent = entry.toolIntent, let index = pending.firstIndex(where: { $0.call.id == intent.callId }) {
      pending[index].mayHaveRun = true
    }
    if let asked = entry.question { question = asked }
    if let answer = entry.answer { add(answer) }
    if let result = entry.toolResult { add(result) }
  }

  /// Counts what shows that the work goes nowhere.
  private mutating func judge(_ result: ToolResultEntry) {
    if result.isError {
      let arguments = pending.first { $0.call.id == result.callId }?.call.arguments ?? ""
      let call = [result.name, ToolFailure.canonical(arguments), ToolFailure.code(in: result.content)].joined(separator: "\n")
      failures[call, default: 0] += 1
      identicalFailures = max(identicalFailures, failures[call] ?? 0)
    }
    guard result.name == "sql_query" else { return }
    sqlErrors = result.isError ? sqlErrors + 1 : 0
    if !result.isError { emptyResults = result.rowCount == 0 ? emptyResults + 1 : 0 }
  }

  private mutating func add(_ answer: TaskAnswer) {
    guard let asked = question, asked.id == answer.questionId else { return }
    question = nil
    guard let index = pending.firstIndex(where: { $0.call.id == asked.call?.id }) else { return }
    pending[index].answer = answer
    if answer.verdict == .approve, !answer.arguments.isEmpty { pending[index].call.arguments = answer.arguments }
    // A person said that it is to run again, so that what may have been is known and allowed.
    if answer.verdict == .approve, asked.kind == .unknownOutcome { pending[index].mayHaveRun = false }
  }

  private mutating func add(_ assistant: AssistantEntry) {
    allTurns += 1
    usage.modelCalls += assistant.usage?.modelCalls ?? 1
    usage.inputTokens += assistant.usage?.inputTokens ?? 0
    usage.outputTokens += assistant.usage?.outputTokens ?? 0
    usage.elapsedMs += assistant.usage?.elapsedMs ?? 0
    if let cost = assistant.usage?.costMicros { usage.costMicros = (usage.costMicros ?? 0) + cost }
    guard assistant.agent == agent else { return }
    turns += 1
    lastText = assistant.text
    let owner = agent.isEmpty ? taskId : "\(taskId).\(agent)"
    pending = assistant.toolCalls.enumerated().map { index, call in
      PendingCall(call: call, mayHaveRun: false, key: "\(owner).\(calls + index + 1)", number: calls + index + 1)
    }
    calls += assistant.toolCalls.count
    turnResults = []
    if assistant.saysNothing { brokenTurns += 1 } else if assistant.toolCalls.isEmpty { brokenTurns = 0 }
  }

  private mutating func add(_ result: ToolResultEntry) {
    judge(result)
    usage.toolCalls += 1
    usage.elapsedMs += result.elapsedMs
    if !result.sql.isEmpty, !result.isError, sqlUsed.count < 256 {
      sqlUsed.append(
        .with {
          $0.sql = result.sql
          $0.rowCount = result.rowCount ?? 0
          $0.elapsedMs = result.elapsedMs
          $0.rowsHash = result.rowsHash
        })
    }
    for path in result.artifacts where !artifacts.contains(path) && artifacts.count < 1_024 { artifacts.append(path) }
    guard SubAgent.id(ofCall: result.callId) == agent else { return }
    pending.removeAll { $0.call.id == result.callId }
    if result.name == "finish", result.isError, ToolFailure.code(in: result.content) == ErrorCode.toolFailed.name {
      refusedAnswers += 1
    }
    turnResults.append(result.isError && ToolFailure.wasNeverRun(result.content))
    if pending.isEmpty { brokenTurns = turnResults.allSatisfy { $0 } ? brokenTurns + 1 : 0 }
  }
}

/// How a failed tool call is told to the model: JSON that names the error and what to do.
enum ToolFailure {
  static func content(_ error: WireError) -> String {
    let body: JSONValue = [
      "error": ["code": .string(error.errorCode.name), "message": .string(error.message), "hint": .string(error.hint)]
    ]
    return body.description
  }

  /// An error, and the last words of whoever met it.
  static func content(_ error: WireError, saying words: String) -> String {
    let body: JSONValue = [
      "error": ["code": .string(error.errorCode.name), "message": .string(error.message), "hint": .string(error.hint)],
      "last_words": .string(words.prefix(bytes: 4_096)),
    ]
    return body.text()
  }

  /// The name of the error that the content tells of; empty when it is told in another way.
  static func code(in content: String) -> String {
    (try? JSONValue(parsing: content))?["error"]?["code"]?.string ?? ""
  }

  /// Arguments with their members in order and without white space, so that the same call is the same text.
  static func canonical(_ arguments: String) -> String {
    guard let value = try? JSONValue(parsing: arguments) else { return arguments }
    return sorted(value).text()
  }

  private static func sorted(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members):
      .object(members.sorted { $0.key < $1.key }.map { .init($0.key, sorted($0.value)) })
    case .array(let elements): .array(elements.map(sorted))
    default: value
    }
  }

  /// Whether the content tells of a call that could not even begin: no such tool, or bad arguments.
  static func wasNeverRun(_ content: String) -> Bool {
    let code = code(in: content)
    return code == ErrorCode.unknownTool.name || code == ErrorCode.toolArguments.name
  }
}
