import Foundation
import JSON
import SQLite
import Testing
import Wire

@testable import AgentService

/// The same small database in SQLite and in a real PostgreSQL server.
enum EitherDatabase: String, CaseIterable, Sendable {
  case sqlite, postgresql

  /// Runs a test against a database of its own that a script made.
  func with(_ script: String, _ body: (any UserDatabase) async throws -> Void) async throws {
    switch self {
    case .sqlite:
      let sample = try SampleDatabase(script)
      defer { sample.remove() }
      let database = try await sample.open()
      try await body(database)
      await database.close()
    case .postgresql:
      let server = try PostgreSQLServer.shared.get()
      let name = "d" + UUID().uuidString.replacing("-", with: "").lowercased()
      _ = try server.makeDatabase(name, script)
      let database = PostgreSQLDatabase(uri: server.uri(.owner, database: name))
      try await database.open()
      try await body(database)
      await database.close()
    }
  }

  /// Numbers from 1 on, as a table `n` with the column `i`.
  func numbers(_ count: Int) -> String {
    switch self {
    case .sqlite: "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count)) SELECT i FROM n) AS n"
    case .postgresql: "generate_series(1, \(count)) AS n(i)"
    }
  }

  /// What the offline model answers, with every tool of the analysis.
  static func ask(_ question: String, _ database: any UserDatabase) async throws -> TaskResult {
    var rig = LoopRig(tools: [
      ListTablesTool(), DescribeTablesTool(), SQLQueryTool(), MakeChartTool(), WriteFileTool(), ReadFileTool(), FinishTool(),
    ])
    let root = NSTemporaryDirectory() + "kai-either-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: root) }
    rig.folder = try ResultsFolder.create(results: root, connectionId: "shop", sessionId: "sess_000000000001")
    rig.database = database
    rig.prompt = question
    let ending = try await rig.run(OfflineModel())
    return try #require(rig.chain.result, "\(ending)")
  }

  /// Runs one tool on a database, in a session of its own.
  static func run(_ name: String, _ arguments: JSONValue, _ database: any UserDatabase) async throws -> ToolOutput {
    let folder = NSTemporaryDirectory() + "kai-either-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let context = ToolContext(
      sessionId: "sess_0123456789ab", taskId: "task_0123456789ab", connectionId: "shop", database: database,
      folder: try ResultsFolder.create(results: folder, connectionId: "shop", sessionId: "sess_0123456789ab"),
      memory: MemoryNotebook(), step: 3)
    return try await ToolRegistry.standard.run(
      ToolCall.with { ($0.name, $0.arguments) = (name, arguments.text()) }, mode: .fullAutonomy, context)
  }
}
