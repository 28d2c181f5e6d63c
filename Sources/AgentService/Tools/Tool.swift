import JSON
import Wire

/// What a tool may leave behind; decides whether its intent is committed first and what a resume does.
package enum SideEffect: String, Sendable {
  /// Reads only. Run again freely, no intent.
  case pure
  /// Running it twice is the same as once.
  case idempotent
  /// Its effect is stored in one transaction with the call's key, so that a call that comes again changes nothing more. Run
  /// again freely.
  case transactional
  /// Neither: never run again by itself.
  case unsafe
}

/// A JSON Schema for a tool's arguments, as the models want it.
struct ToolDefinition: Sendable {
  let name: String
  /// One or two sentences for the model.
  let description: String
  /// A JSON Schema object: `{"type":"object","properties":{…},"required":[…]}`.
  let parameters: JSONValue
  let sideEffect: SideEffect
  /// The modes in which the tool exists.
  let modes: Set<SessionMode>
}

/// What a tool gives back.
struct ToolOutput: Sendable {
  /// What the model reads: JSON text for data, plain text for messages.
  var content: String
  var isError = false
  var sql = ""
  var rowCount: UInt64?
  /// See ``ToolResultEntry/rowsHash``.
  var rowsHash = ""
  /// A query's columns and first rows, for whoever watches.
  var preview: AnswerTable?
  var todos: [Todo] = []
  /// Paths, relative to the session's folder, of the files that it wrote.
  var files: [String] = []
  /// Set by `finish` alone.
  var finish: FinishCall?
}

extension ToolOutput {
  /// A query's result as the model reads it, with what is needed to trace and to watch it.
  init(_ result: QueryResult, sql: String) {
    self.init(content: result.content(), sql: sql, rowCount: result.rowCount)
    rowsHash = result.rowsHash
    preview = result.table(rows: StepEvents.shownRows)
  }
}

/// What the model said when it called `finish`.
struct FinishCall: Sendable {
  var answer: String
  var table: AnswerTable?
  var insights: [String] = []
  var suggestions: [String] = []
  /// `completed`, or `partial` when something is missing.
  var status = TaskStatus.completed
  var degraded: [String] = []
  /// Sources of what was taught and the answer stands on.
  var used: [String] = []
}

/// What every tool of a session may use. It has no way to kai-session but `memory`.
struct ToolContext: Sendable {
  let sessionId: String
  let taskId: String
  let connectionId: String
  let database: any UserDatabase
  let folder: ResultsFolder
  let memory: any AgentMemory
  let schema: SessionSchema
  /// The step that the outcome will be committed in.
  var step: UInt64
  /// Names the call, the same in every execution of the task: see ``TaskProgress/PendingCall/key``.
  var callKey = ""
  /// What a tool returned earlier in the session, by its number, counted from 1.
  var result: @Sendable (Int) -> ToolResultEntry? = { _ in nil }
  /// The mode of the task; ``ToolRegistry/run(_:mode:_:)`` sets it.
  var mode = SessionMode.unspecified

  /// - Parameter schema: nil for a database whose schema nobody keeps.
  init(
    sessionId: String, taskId: String, connectionId: String, database: any UserDatabase, schema: SessionSchema? = nil,
    folder: ResultsFolder, memory: any AgentMemory, step: UInt64,
    result: @escaping @Sendable (Int) -> ToolResultEntry? = { _ in nil }
  ) {
    self.sessionId = sessionId
    self.taskId = taskId
    self.connectionId = connectionId
    self.database = database
    self.schema = schema ?? SessionSchema(database)
    self.folder = folder
    self.memory = memory
    self.step = step
    self.result = result
  }
}

/// Memory as tools see it; the node implements it over Wire.
protocol AgentMemory: Sendable {
  func remember(_ request: MemoryRememberRequest) async throws(WireError) -> Memory
  func recall(_ request: MemoryRecallRequest) async throws(WireError) -> [MemoryHit]
  /// What of that which was taught goes with a question.
  func background(_ request: BackgroundRequest) async throws(WireError) -> Background
  /// Replaces what a block says.
  func write(_ block: MemoryBlock) async throws(WireError) -> MemoryBlock
}

/// One tool. `run` is cancelled when the task is; it must then stop within a second.
protocol Tool: Sendable {
  var definition: ToolDefinition { get }
  /// What a person has to answer in the tool's stead, or nil for a tool that runs by itself. The answer is the call's result.
  /// - Throws: `tool_arguments`
  func question(_ arguments: JSONValue) throws(WireError) -> TaskQuestion?
  /// - Throws: ``WireError``, which the model gets to read as the tool's result.
  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput
}

extension Tool {
  func question(_ arguments: JSONValue) throws(WireError) -> TaskQuestion? { nil }
}
