import JSON
import Wire

/// Who works for one of the agent's calls of `delegate`: with a task of its own, fewer tools, and a part of the budgets.
///
/// It lives in the transcript of the task as everything does: its turns carry its id, its tool calls begin with it. So it goes
/// on after a node's death as the agent itself does, and its steps are seen by whoever watches.
struct SubAgent: Sendable {
  enum Role: String, Sendable, CaseIterable {
    case planner, analyst, writer

    var tools: Set<String> {
      switch self {
      case .planner: ["list_tables", "describe_tables", "search_schema", "recall", "read_result", "finish"]
      case .analyst:
        [
          "list_tables", "describe_tables", "search_schema", "sample_rows", "distinct_values", "sql_query", "analyze",
          "make_chart", "recall", "read_result", "finish",
        ]
      case .writer:
        [
          "sql_query", "make_chart", "make_report", "export_data", "write_file", "edit_file", "read_file", "list_files",
          "search_files", "read_result", "finish",
        ]
      }
    }

    var instruction: String {
      switch self {
      case .planner: "You plan. Look at the schema and say in which steps the question can be answered; run no queries."
      case .analyst: "You analyse. Run queries until you know the answer; report numbers exactly as the queries gave them."
      case .writer: "You write. Make the files that are asked for from what you are told and what queries give."
      }
    }
  }

  /// Between a sub-agent's id and its call's.
  static let separator: Character = "/"

  let role: Role
  let task: String
  /// The call of `delegate` that it works for.
  let call: ToolCall
  /// `a` and the number of that call.
  let id: String

  /// nil when the call is none of `delegate`, cannot be understood, or was refused by a person: then it is run like any other.
  init?(_ pending: TaskProgress.PendingCall) {
    guard pending.call.name == DelegateTool.name, !pending.isRefused,
      let arguments = try? JSONValue(parsing: pending.call.arguments),
      let wanted = try? DelegateTool.parse(arguments)
    else { return nil }
    (role, task) = wanted
    call = pending.call
    id = "a\(pending.number)"
  }

  static func callId(_ id: String, of agent: String) -> String { agent.isEmpty ? id : "\(agent)\(separator)\(id)" }

  /// The sub-agent that made a call; empty for the agent itself.
  static func id(ofCall callId: String) -> String {
    callId.firstIndex(of: separator).map { String(callId[..<$0]) } ?? ""
  }

  /// What it reads: what the agent was given of the schema and of what was taught, its task, and what it has done so far.
  func entries(of transcript: Transcript, taskId: String, bytes: Int) -> [TranscriptEntry] {
    let start = transcript.entries.lastIndex { $0.taskStarted?.taskId == taskId && $0.taskStarted?.resumed == false } ?? 0
    let own = transcript.entries[start...]
    let given = own.filter { $0.context.map { $0.source == SchemaBriefing.source || Taught.isSource($0.source) } ?? false }
    let question = TranscriptEntry.of(own.first?.at ?? Timestamp()) { $0.user = .with { $0.text = task } }
    let done = own.filter { $0.agent == id }
    return ContextWindow.fit(given + [question] + done, firstResult: 1, taskId: taskId, bytes: bytes)
  }

  /// What it tells whoever called it.
  static func report(_ role: Role, _ call: FinishCall) -> String {
    var members: [JSONValue.Member] = [
      .init("agent", .string(role.rawValue)), .init("status", .string(call.status.label)), .init("answer", .string(call.answer)),
    ]
    if let table = call.table {
      let rows = table.rows.map { row in JSONValue.array(row.cells.map { $0.text.map { .string($0) } ?? .null }) }
      members.append(.init("table", ["columns": .array(table.columns.map { .string($0) }), "rows": .array(rows)]))
    }
    if !call.degraded.isEmpty { members.append(.init("degraded", .array(call.degraded.map { .string($0) }))) }
    return JSONValue.object(members).text()
  }
}

extension TranscriptEntry {
  /// The sub-agent that the entry is about, empty for the agent itself, nil when that is no question.
  var agent: String? {
    if let assistant { return assistant.agent }
    if let toolIntent { return SubAgent.id(ofCall: toolIntent.callId) }
    if let toolResult { return SubAgent.id(ofCall: toolResult.callId) }
    return nil
  }

  /// Part of a sub-agent's work, which the agent itself reads in one result.
  var isOfSubAgent: Bool { agent.map { !$0.isEmpty } ?? false }
}
