import JSON
import Wire

extension Analyst {
  /// A tool call that the analyst wants.
  struct PlannedCall: Sendable {
    let name: String
    /// JSON text of an object; together with the name it identifies the call.
    let arguments: String

    init(_ name: String, _ arguments: JSONValue) {
      self.name = name
      self.arguments = arguments.text()
    }

    static func sql(_ sql: String, maxRows: Int? = nil) -> PlannedCall {
      var members = [JSONValue.Member("sql", .string(sql))]
      if let maxRows { members.append(.init("limit", .integer(Int64(maxRows)))) }
      return PlannedCall("sql_query", .object(members))
    }

    fileprivate var key: String { name + "\n" + arguments }
  }

  /// What a call gave.
  struct Finding: Sendable {
    let content: String
    let isError: Bool
    let json: JSONValue?

    /// Why the call failed, in the words of its error: the end of a sentence.
    var reason: String {
      guard let message = json?["error"]?["message"]?.string, !message.isEmpty else { return content }
      return message.hasSuffix(".") ? message : message + "."
    }

    /// The rows of a query, or nothing when it failed.
    var rows: [[JSONValue]] { isError ? [] : (json?["rows"]?.array ?? []).map { $0.array ?? [] } }
    var columns: [String] { isError ? [] : (json?["columns"]?.array ?? []).compactMap(\.string) }
  }

  /// Why the analysis cannot go on within this turn.
  enum Pause: Error {
    /// These calls' results are missing; `text` says what they are for.
    case calls([PlannedCall], text: String)
    /// Nothing more may be asked: the recursion limit leaves the last step only.
    case outOfSteps
    /// The analysis is over: what `finish` gets.
    case finished(Conclusion)
  }

  /// The end of an analysis.
  struct Conclusion: Sendable {
    var answer: String
    var columns: [String] = []
    var rows: [[JSONValue]] = []
    var insights: [String] = []
    var suggestions: [String] = []
    var isPartial = false
    var degraded: [String] = []
    /// Sources of what was taught and the answer stands on.
    var used: [String] = []
  }

  /// What the transcript of the task says so far. The analysis is written as if results were at hand; where one is not, it
  /// pauses with the calls that are missing, and the next turn runs it again from the start with more evidence.
  struct Evidence: Sendable {
    let question: String
    /// What the agent was given beside the question.
    let context: [ContextEntry]
    let tools: Set<String>
    let stepsLeft: Int
    let dialect: Dialect
    /// Of the answer.
    let language: Language
    private var findings: [String: Finding] = [:]
    private var callCount = 0
    private let taskId: String

    init(_ turn: ModelTurn) {
      tools = Set(turn.tools.map(\.name))
      stepsLeft = turn.stepsLeft
      dialect = turn.dialect
      language = turn.language
      taskId = turn.taskId
      let started = turn.entries.firstIndex { $0.taskStarted?.taskId == turn.taskId }
      let lastQuestion = turn.entries.lastIndex { $0.user != nil }
      let start = min(started ?? lastQuestion ?? 0, lastQuestion ?? started ?? 0)
      let own = turn.entries[start...]
      question = lastQuestion.flatMap { turn.entries[$0].user?.text } ?? ""
      context = own.compactMap(\.context)
      var keys: [String: String] = [:]
      for entry in own {
        for call in entry.assistant?.toolCalls ?? [] {
          keys[call.id] = call.name + "\n" + call.arguments
          callCount += 1
        }
        guard let result = entry.toolResult, let key = keys[result.callId] else { continue }
        findings[key] = Finding(
          content: result.content, isError: result.isError, json: try? JSONValue(parsing: result.content))
      }
    }

    func has(_ tool: String) -> Bool { tools.contains(tool) }

    /// The findings of these calls, in order.
    /// - Throws: a pause when one of them has not been made yet.
    func need(_ calls: [PlannedCall], _ text: String) throws(Pause) -> [Finding] {
      let missing = calls.filter { findings[$0.key] == nil }
      guard missing.isEmpty else {
        // One step for these calls, one for `finish`.
        if stepsLeft < 2 { throw .outOfSteps }
        throw .calls(missing, text: text)
      }
      return calls.compactMap { findings[$0.key] }
    }

    func need(_ call: PlannedCall, _ text: String) throws(Pause) -> Finding {
      let findings = try need([call], text)
      guard let finding = findings.first else { throw .outOfSteps }
      return finding
    }

    /// The wire's form of these calls; their ids depend on the transcript alone and are unique within the session.
    func toolCalls(_ calls: [PlannedCall]) -> [ToolCall] {
      let task = taskId.hasPrefix("task_") ? String(taskId.dropFirst(5)) : taskId
      return calls.enumerated().map { index, planned in
        var call = ToolCall()
        call.id = "call_\(task.isEmpty ? "" : task + "_")\(callCount + index + 1)"
        call.name = planned.name
        call.arguments = planned.arguments
        return call
      }
    }
  }
}
