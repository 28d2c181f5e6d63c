import Foundation
import LoopbackHTTP
import SQLite
import Wire

/// How soon work begins, goes on elsewhere, and stops: the real programs, killed and stopped. Medians of five.
struct Recovery: Sendable {
  let binaries: URL
  /// Where files of the run go.
  let folder: String
  /// Of kai-session: `HOST:PORT`.
  let server: String
  let admin: WireClient
  let keyFile: String

  private static let rounds = 5
  private static let pause = Duration.milliseconds(20)

  /// A kai-agent whose model is the server at `model`, or `offline`; attached when this returns.
  private func node(_ name: String, model: String? = nil) throws -> ChildProgram {
    let ready = "\(folder)/\(name).json"
    try? FileManager.default.removeItem(atPath: ready)
    let flags = model.map { ["--model", "openai:endless", "--model-url", $0] } ?? []
    let agent = try ChildProgram(
      binaries.appending(path: "kai-agent").path,
      [
        "--server", server, "--key-file", keyFile, "--ready-file", ready, "--name", name,
        "--results", "\(folder)/results", "--slots", "1", "--log-level", "critical",
      ] + flags)
    _ = try waitForJSON(ready)
    return agent
  }

  func figures() async throws -> [Figure] {
    let data = try SQLiteConnection(path: "\(folder)/shop.db", access: .readWriteCreate)
    try data.execute(script: "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, amount REAL)")
    _ = try await admin.call(
      Methods.connectionCreate, .with { ($0.id, $0.uri) = ("shop", "sqlite://\(folder)/shop.db") })
    return try await firstStep() + (try await elsewhere()) + (try await cancels())
  }

  // MARK: Submit to first step

  private func firstStep() async throws -> [Figure] {
    let node = try node("idle")
    defer { node.stop() }
    var samples = Samples()
    for _ in 0..<200 {
      let run = try await Watched(admin)
      let start = ContinuousClock.now
      try await run.submit("how many orders are there?")
      try await run.wait(for: .stepCommitted)
      samples.add(ContinuousClock.now - start)
      try await run.wait(for: .taskFinished)
    }
    return [
      Figure(
        name: "submit until the first step is durable, p50", value: samples.median * 1e3, unit: "ms", bar: "≤ 5 ms",
        isMet: samples.median <= 0.005),
      Figure(
        name: "submit until the first step is durable, p99", value: samples.percentile(0.99) * 1e3, unit: "ms", bar: "≤ 10 ms",
        isMet: samples.percentile(0.99) <= 0.010),
    ]
  }

  // MARK: A node is gone

  private func elsewhere() async throws -> [Figure] {
    let (killed, silent) = try await EndlessModel.run(pause: Self.pause) { model in
      var killed = Samples()
      var silent = Samples()
      for _ in 0..<Self.rounds {
        killed.add(try await takeover(model, SIGKILL))
        silent.add(try await takeover(model, SIGSTOP))
      }
      return (killed, silent)
    }
    let ttl = Double(Limits.leaseTtlMs) / 1e3
    return [
      Figure(
        name: "node killed -9 until another commits", value: killed.median, unit: "s", bar: "≤ 3 s", isMet: killed.median <= 3),
      Figure(
        name: "node silent (SIGSTOP) until another commits", value: silent.median, unit: "s", bar: "≤ \(Int(ttl) + 1) s",
        isMet: silent.median <= ttl + 1),
    ]
  }

  /// From the end of one node's life until the next commit of its task.
  private func takeover(_ model: String, _ signal: Int32) async throws -> Duration {
    let first = try node("first", model: model)
    let run = try await Watched(admin)
    try await run.submit("work for ever")
    for _ in 0..<5 { try await run.wait(for: .stepCommitted) }
    let second = try node("second", model: model)
    kill(first.processId, signal)
    let start = ContinuousClock.now
    // What was committed before the signal may still be on its way here.
    try await run.wait(for: .taskRequeued)
    try await run.wait(for: .stepCommitted)
    let time = ContinuousClock.now - start
    try await run.cancel()
    try await run.wait(for: .taskFinished)
    kill(first.processId, SIGCONT)
    first.stop()
    second.stop()
    return time
  }

  // MARK: Cancel

  private func cancels() async throws -> [Figure] {
    let sql = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
    let samples = try await EndlessModel.run(
      pause: Self.pause, tool: "sql_query", arguments: #"{\"sql\":\"\#(sql)\"}"#
    ) { model in
      var samples = Samples()
      let node = try node("busy", model: model)
      defer { node.stop() }
      for _ in 0..<Self.rounds {
        let run = try await Watched(admin)
        try await run.submit("count for ever")
        try await run.wait(for: .toolStarted)
        let start = ContinuousClock.now
        try await run.cancel()
        try await run.wait(for: .taskFinished)
        samples.add(ContinuousClock.now - start)
      }
      return samples
    }
    return [
      Figure(
        name: "cancel until a task in a long query has ended", value: samples.median * 1e3, unit: "ms", bar: "≤ 1 000 ms",
        isMet: samples.median <= 1)
    ]
  }
}

/// A session of its own whose events are followed from the first.
private final class Watched {
  private let client: WireClient
  private let sessionId: String
  private var taskId = ""
  private var events: ItemStream<Event>.AsyncIterator

  init(_ client: WireClient) async throws {
    self.client = client
    let session = try await client.call(Methods.sessionCreate, .with { ($0.dbConnectionId, $0.recursionLimit) = ("shop", 500) })
    sessionId = session.message.id
    events = try client.stream(Methods.taskWatch, .with { [sessionId] in $0.sessionId = sessionId }).makeAsyncIterator()
  }

  func submit(_ prompt: String) async throws {
    taskId = try await client.call(Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (sessionId, prompt) }).message.id
  }

  func cancel() async throws { _ = try await client.call(Methods.taskCancel, TaskRef(id: taskId)) }

  /// Waits for the next event of a kind.
  func wait(for kind: EventKind) async throws {
    while let item = try await events.next() { if item.message.kind == kind { return } }
    throw WireError(.unavailable, "the watch ended before \(kind.label)")
  }
}
