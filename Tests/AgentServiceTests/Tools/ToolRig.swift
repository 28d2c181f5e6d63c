import Foundation
import JSON
import Synchronization
import Wire

@testable import AgentService

/// Tools as a session has them: a real database, a real folder, memory that keeps what it is told.
struct ToolRig {
  let sample: SampleDatabase
  let context: ToolContext
  let memory = MemoryNotebook()

  init() async throws {
    sample = try SampleDatabase()
    context = ToolContext(
      sessionId: "sess_0123456789ab", taskId: "task_0123456789ab", connectionId: "shop", database: try await sample.open(),
      folder: try ResultsFolder.create(
        results: sample.folder + "/results", connectionId: "shop", sessionId: "sess_0123456789ab"),
      memory: memory, step: 3)
  }

  func run(_ name: String, _ arguments: JSONValue, mode: SessionMode = .fullAutonomy) async throws(WireError) -> ToolOutput {
    try await ToolRegistry.standard.run(
      ToolCall.with { ($0.name, $0.arguments) = (name, arguments.text()) }, mode: mode, context)
  }

  /// What the tool says, as JSON.
  func json(_ name: String, _ arguments: JSONValue, mode: SessionMode = .fullAutonomy) async throws -> JSONValue {
    try await JSONValue(parsing: run(name, arguments, mode: mode).content)
  }

  /// The error of a call, or nil.
  func error(_ name: String, _ arguments: JSONValue, mode: SessionMode = .fullAutonomy) async -> WireError? {
    await wireError { () async throws(WireError) in _ = try await run(name, arguments, mode: mode) }
  }
}

/// Keeps memories in the order in which they were taught.
final class MemoryNotebook: AgentMemory {
  private let taught = Mutex<[MemoryRememberRequest]>([])

  var requests: [MemoryRememberRequest] { taught.withLock { $0 } }

  func remember(_ request: MemoryRememberRequest) async throws(WireError) -> Memory {
    taught.withLock { $0.append(request) }
    return Self.memory(request)
  }

  func recall(_ request: MemoryRecallRequest) async throws(WireError) -> [MemoryHit] {
    requests.filter { $0.content.contains(request.query) }.map { found in
      MemoryHit.with { ($0.memory, $0.score) = (Self.memory(found), 1) }
    }
  }

  func background(_ request: BackgroundRequest) async throws(WireError) -> Background { Background() }

  func write(_ block: MemoryBlock) async throws(WireError) -> MemoryBlock {
    var block = block
    (block.limit, block.version) = (5_000, 2)
    return block
  }

  private static func memory(_ request: MemoryRememberRequest) -> Memory {
    Memory.with { memory in
      (memory.id, memory.version) = ("mem_0123456789ab", 1)
      (memory.scope, memory.namespace, memory.key) = (request.scope, request.namespace, request.key)
      (memory.value, memory.content) = (request.value, request.content)
    }
  }
}
