import Foundation
import JSON
import SQLite
import LoopbackHTTP
import Testing

/// The whole life of a session, with the real programs, and a node killed in the middle of a step.
@Suite struct SessionLifeTests {
  @Test func createdKilledResumedElsewhereReadAndDeletedWithoutATrace() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    try await EndlessModel.run(pause: .milliseconds(150)) { url in
      let flags = ["--model", "openai:endless", "--model-url", url]
      let first = try await deployment.startNode("n1", slots: 1, flags)

      // Create.
      let id = try await deployment.ctl(
        "session", "create", "--connection", "shop", "--recursion-limit", "50", "--title", "life", "--metadata", #"{"a":1}"#
      ).expectSuccess().line
      #expect(id.wholeMatch(of: /sess_[0-9a-f]{12}/) != nil)
      let created = try await deployment.json("session", "get", id)
      #expect(created["mode"]?.string == "full_autonomy")
      #expect(created["recursion_limit"]?.integer == 50)
      #expect(created["status"]?.string == "active")

      // Run, and kill the node in the middle of a step.
      let task = try await deployment.ctl("task", "submit", "--session", id, "work for ever").expectSuccess().line
      _ = try await eventually("five steps") {
        try await deployment.json("session", "get", id)["head_step"]?.integer.flatMap { $0 >= 5 ? $0 : nil }
      }
      #expect(try await deployment.json("session", "get", id)["status"]?.string == "running")
      try await first.killNow()
      let killed = ContinuousClock.now
      try await deployment.startNode("n2", slots: 1, flags)

      // Resumed elsewhere, and the limit is obeyed over both executions.
      let head = try await deployment.json("session", "get", id)["head_step"]?.integer ?? 0
      _ = try await eventually("another node goes on", within: 10) {
        try await deployment.json("session", "get", id)["head_step"]?.integer.flatMap { $0 > head ? $0 : nil }
      }
      #expect(ContinuousClock.now - killed < .seconds(8))
      try await deployment.ctl("task", "wait", task)
      let ended = try await deployment.json("task", "get", task)
      let result = try #require(ended["result"])
      #expect(result["status"]?.string == "partial")
      #expect(result["steps"]?.integer == 50)
      #expect(result["resumed"]?.bool == true)
      #expect(result["error"]?["code"]?.integer == 730)
      #expect(ended["attempt"]?.integer == 2)

      // History: every step, once, in order.
      let history = try await deployment.ctl("session", "history", id, "-o", "jsonl").expectSuccess().output
      let steps = try history.split(separator: "\n").map { try JSONValue(parsing: String($0))["step"]?.integer ?? 0 }
      #expect(steps == (1...Int64(steps.count)).map { $0 })
      #expect(steps.count >= 51)

      // Delete: no row, no file, no memory of it is left.
      try await deployment.ctl(
        "memory", "remember", "k", "a note", "--connection", "shop", "--scope", id, "--namespace", "session_context", "--value",
        #"{"x":1}"#
      ).expectSuccess()
      let working = "\(deployment.resultsFolder)/shop/\(id)"
      #expect(FileManager.default.fileExists(atPath: working))
      let mode = try FileManager.default.attributesOfItem(atPath: working)[.posixPermissions] as? Int
      #expect(mode == 0o700)
      try await deployment.ctl("session", "delete", id, "-y").expectSuccess()
      #expect(try await deployment.ctl("session", "get", id).status == 4)
      #expect(try await deployment.ctl("task", "get", task).status == 4)
      _ = try await eventually("the working copy is gone") { FileManager.default.fileExists(atPath: working) ? nil : true }
      #expect(try rowsThatMention(id, in: deployment) == [])
    }
  }

  /// Every table whose rows hold the session's id anywhere, read from the store's own file.
  private func rowsThatMention(_ id: String, in deployment: Deployment) throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: deployment.dataFolder)
    let name = try #require(names.first { $0.hasSuffix(".db") || $0.hasSuffix(".sqlite") })
    let connection = try SQLiteConnection(path: "\(deployment.dataFolder)/\(name)", access: .readOnly)
    let tables = try column(connection, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%_fts_%'")
    var found: [String] = []
    for table in tables {
      let columns = try column(connection, "SELECT name FROM pragma_table_info('\(table)')")
      // Idempotency keeps the answers of the last day; they are hashes and replies, not the session's data.
      guard table != "replies", table != "idempotency" else { continue }
      for name in columns {
        let hits = try column(connection, "SELECT 1 FROM \"\(table)\" WHERE instr(CAST(\"\(name)\" AS TEXT), '\(id)') > 0")
        if !hits.isEmpty { found.append("\(table).\(name)") }
      }
    }
    return found
  }

  private func column(_ connection: SQLiteConnection, _ sql: String) throws -> [String] {
    let statement = try connection.prepare(sql)
    var values: [String] = []
    while try statement.step() { values.append(statement.text(0)) }
    return values
  }

  @Test func aDrainedNodeHandsItsTaskBackAndBurnsNoAttempt() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    try await EndlessModel.run(pause: .milliseconds(100)) { url in
      let flags = ["--model", "openai:endless", "--model-url", url]
      let first = try await deployment.startNode("n1", slots: 1, flags)
      let id = try await deployment.ctl("session", "create", "--connection", "shop", "--recursion-limit", "20").line
      let task = try await deployment.ctl("task", "submit", "--session", id, "work").line
      _ = try await eventually("three steps") {
        try await deployment.json("session", "get", id)["head_step"]?.integer.flatMap { $0 >= 3 ? $0 : nil }
      }
      first.signal(SIGTERM)
      #expect(try await first.exitStatus() == 0)
      let back = try await deployment.json("task", "get", task)
      #expect(back["status"]?.string == "queued")
      try await deployment.startNode("n2", slots: 1, flags)
      try await deployment.ctl("task", "wait", task)
      let ended = try await deployment.json("task", "get", task)
      #expect(ended["result"]?["steps"]?.integer == 20)
      #expect(ended["result"]?["resumed"]?.bool == true)
    }
  }

  @Test func aCancelledTaskEndsAtOnceAndTheSessionGoesOn() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    try await EndlessModel.run(pause: .seconds(30)) { url in
      try await deployment.startNode("n1", slots: 1, ["--model", "openai:endless", "--model-url", url])
      let id = try await deployment.ctl("session", "create", "--connection", "shop").line
      let task = try await deployment.ctl("task", "submit", "--session", id, "work").line
      _ = try await eventually("the task runs") {
        try await deployment.json("session", "get", id)["head_step"]?.integer.flatMap { $0 >= 1 ? $0 : nil }
      }
      try await deployment.ctl("task", "cancel", task).expectSuccess()
      let start = ContinuousClock.now
      _ = try await eventually("the task is cancelled", within: 5) {
        try await deployment.json("task", "get", task)["status"]?.string == "cancelled" ? true : nil
      }
      #expect(ContinuousClock.now - start < .seconds(3), "the model's call was not broken off")
      #expect(try await deployment.json("session", "get", id)["status"]?.string == "active")
    }
  }
}
