import JSON
import NIOCore
import Synchronization
import Testing
import Wire

@testable import AgentService

/// A session's chain, kept in memory by kai-session's rules: sealed bodies, rising steps, nothing after the end or a fence.
final class ChainCommitter: StepCommitter {
  struct Step: Sendable {
    var kind: CheckpointKind
    var entries: [TranscriptEntry]
    var body: CheckpointArchive.Sealed
    var snapshot: CheckpointArchive.Sealed?
    var events: [Event]
    var finish: TaskResult?
    var release: Bool
    var ask: TaskQuestion?
    var lessons: [MemoryRememberRequest]
  }

  /// What happened, in order.
  enum Act: Equatable, Sendable {
    case committed(CheckpointKind)
    case uploaded(String)
  }

  struct State {
    var steps: [Step] = []
    var acts: [Act] = []
    var emitted: [Event] = []
    /// Commits that still succeed; nil means all.
    var commitsLeft: Int?
    var failure = WireError(.connectionLost, "the test cut the line")
    var response = CommitResponse()
    var isOver = false
  }

  let state = Mutex(State())

  var headStep: UInt64 { UInt64(state.withLock { $0.steps.count }) }
  var steps: [Step] { state.withLock { $0.steps } }
  var kinds: [CheckpointKind] { steps.map(\.kind) }
  var result: TaskResult? { steps.last?.finish }
  var entries: [TranscriptEntry] { steps.flatMap(\.entries) }
  var lessons: [MemoryRememberRequest] { steps.flatMap(\.lessons) }

  /// Lets `commits` more steps through.
  func allow(_ commits: Int?, then failure: WireError = WireError(.connectionLost, "the test cut the line")) {
    state.withLock { ($0.commitsLeft, $0.failure, $0.isOver) = (commits, failure, false) }
  }

  func commit(_ step: StepDraft) async throws(WireError) -> CommitResponse {
    let stored = Step(
      kind: step.kind, entries: step.entries, body: try CheckpointArchive.seal(.with { $0.entries = step.entries }),
      snapshot: try step.snapshot.map { (entries) throws(WireError) in
        try CheckpointArchive.seal(.with { $0.entries = entries }, as: .snapshot)
      }, events: step.events, finish: step.finish, release: step.release, ask: step.ask,
      lessons: step.lessons)
    let result = state.withLock { state -> Result<CommitResponse, WireError> in
      guard !state.isOver else { return .failure(WireError(.fenced, "the task is over or somebody else's")) }
      if let left = state.commitsLeft {
        guard left > 0 else { return .failure(state.failure) }
        state.commitsLeft = left - 1
      }
      state.steps.append(stored)
      state.acts.append(.committed(step.kind))
      state.isOver = step.finish != nil || step.release || step.ask != nil
      state.response.step = UInt64(state.steps.count)
      return .success(state.response)
    }
    return try result.get()
  }

  func upload(_ path: String, from folder: ResultsFolder) async throws(WireError) {
    state.withLock { $0.acts.append(.uploaded(path)) }
  }

  func emit(_ events: [Event]) { state.withLock { $0.emitted += events } }

  /// The transcript as the next node would fetch it: from the last snapshot.
  func fetch(taskId: String) throws -> Transcript {
    let steps = steps
    let last = steps.lastIndex { $0.snapshot != nil }
    let snapshot = try last.flatMap {
      try steps[$0].snapshot.map { try CheckpointArchive.open($0.bytes, crc: $0.crc, as: .snapshot).entries }
    }
    let later = last.map { steps[($0 + 1)...] } ?? steps[...]
    return Transcript(
      taskId: taskId, snapshot: snapshot ?? [],
      steps: try later.map { try CheckpointArchive.open($0.body.bytes, crc: $0.body.crc).entries })
  }
}

/// A model that says what a function of the turn says, and remembers what it was asked.
final class ScriptedModel: Model {
  let name = "scripted"
  let isLanguageModel = false
  private let script: @Sendable (Int, ModelTurn) throws(WireError) -> ModelReply
  private let asked = Mutex<[Int]>([])

  /// - Parameter script: gets how many turns the task has had.
  init(_ script: @escaping @Sendable (Int, ModelTurn) throws(WireError) -> ModelReply) { self.script = script }

  /// The turns that it was asked for, in order.
  var turns: [Int] { asked.withLock { $0 } }

  func respond(to turn: ModelTurn, onToken: @escaping @Sendable (String) -> Void) async throws(WireError) -> ModelReply {
    let number = TaskProgress(taskId: turn.taskId, entries: turn.entries).turns
    asked.withLock { $0.append(number) }
    let reply = try script(number, turn)
    if !reply.text.isEmpty { onToken(reply.text) }
    return reply
  }

  static func calls(_ names: String..., text: String = "", arguments: String = "{}") -> ModelReply {
    var reply = ModelReply(text: text)
    reply.inputTokens = 10
    reply.toolCalls = names.enumerated().map { index, name in
      ToolCall.with { ($0.id, $0.name, $0.arguments) = ("c\(index)", name, arguments) }
    }
    return reply
  }
}

/// A tool that counts its runs and says which one this was.
final class CountedTool: Tool {
  let definition: ToolDefinition
  private let count = Atomic<Int>(0)
  private let work: @Sendable (ToolContext) async throws(WireError) -> ToolOutput

  init(
    _ name: String, _ effect: SideEffect = .pure,
    _ work: @escaping @Sendable (ToolContext) async throws(WireError) -> ToolOutput = { _ in ToolOutput(content: "ok") }
  ) {
    definition = ToolDefinition(
      name: name, description: "", parameters: ["type": "object"], sideEffect: effect,
      modes: [.query, .analysis, .script, .fullAutonomy])
    self.work = work
  }

  var runs: Int { count.load(ordering: .relaxed) }

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    count.wrappingAdd(1, ordering: .relaxed)
    return try await work(context)
  }

  static func finish(_ answer: String) -> CountedTool {
    CountedTool("finish") { _ in ToolOutput(content: "finished", finish: FinishCall(answer: answer)) }
  }
}

/// No database: the loop must not touch it.
struct NoDatabase: UserDatabase {
  let dialect = Dialect.sqlite
  func tables() async throws(WireError) -> [TableInfo] { throw WireError(.databaseUnavailable, "none") }
  func query(_ sql: String, _ parameters: [DatabaseValue], limits: QueryLimits) async throws(WireError) -> QueryResult {
    throw WireError(.databaseUnavailable, "none")
  }
  func close() async {}
}

/// Memory that holds one lesson, or is out of order.
struct OneMemory: AgentMemory {
  var isOutOfOrder = false

  func remember(_ request: MemoryRememberRequest) async throws(WireError) -> Memory {
    throw WireError(.unavailable, "memory is out of order")
  }

  func recall(_ request: MemoryRecallRequest) async throws(WireError) -> [MemoryHit] {
    if isOutOfOrder { throw WireError(.unavailable, "memory is out of order") }
    let memory = Memory.with { ($0.scope, $0.namespace, $0.key, $0.content) = ("shared", "rules", "net", "net = gross - tax") }
    return [.with { $0.memory = memory }]
  }

  func write(_ block: MemoryBlock) async throws(WireError) -> MemoryBlock {
    throw WireError(.unavailable, "memory is out of order")
  }

  func background(_ request: BackgroundRequest) async throws(WireError) -> Background {
    if isOutOfOrder { throw WireError(.unavailable, "memory is out of order") }
    return .with { $0.pieces = [.with { ($0.source, $0.text) = ("memory:shared/rules/net", "net = gross - tax") }] }
  }
}

/// A task with its chain, run by one execution after the other.
struct LoopRig {
  let chain = ChainCommitter()
  var tools: [any Tool]
  var recursionLimit: UInt32 = 100
  var memory = OneMemory()
  var taskId = "task_000000000001"
  var policy: SessionPolicy?
  var database: any UserDatabase = NoDatabase()
  var prompt = "How many?"
  var folder = ResultsFolder(root: "/nonexistent")

  func run(
    _ model: any Model, attempt: UInt32 = 1, control: ExecutionControl = ExecutionControl(), answer: TaskAnswer? = nil
  ) async throws -> AgentLoop.Ending {
    let assignment = Assignment.with { assignment in
      assignment.task = .with { ($0.id, $0.prompt, $0.attempt) = (taskId, prompt, attempt) }
      assignment.task?.question = answer.flatMap { answer in
        chain.steps.last?.ask.map { asked in
          var asked = asked
          asked.answer = answer
          asked.answer?.questionId = asked.id
          return asked
        }
      }
      assignment.session = .with {
        $0.policy = policy
        ($0.id, $0.mode, $0.recursionLimit) = ("sess_000000000001", .fullAutonomy, recursionLimit)
      }
      assignment.connection = .with {
        $0.id = "shop"
        $0.dialect = database.dialect
      }
      assignment.epoch = UInt64(attempt)
    }
    let loop = AgentLoop(
      assignment: try ExecutionAssignment(assignment, nodeId: "node_1", nodeName: "n\(attempt)"), model: model,
      registry: ToolRegistry(tools),
      context: ToolContext(
        sessionId: "sess_000000000001", taskId: taskId, connectionId: "shop", database: database,
        folder: folder, memory: memory, step: 0),
      committer: chain, control: control, now: { Timestamp(microseconds: 1) })
    // A person has answered: the task is queued again.
    if answer != nil { chain.state.withLock { $0.isOver = false } }
    let transcript = try chain.fetch(taskId: taskId)
    let work = Task { await loop.run(transcript) }
    control.onInterrupt { work.cancel() }
    return await work.value
  }
}
