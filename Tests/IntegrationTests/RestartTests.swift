import Foundation
import JSON
import LoopbackHTTP
import Testing
import Wire

/// kill -9 and a restart of kai-session, as its clients and nodes see them: hardly.
@Suite struct RestartTests {
  /// The sequence numbers in what `task watch -o jsonl` printed.
  private func seqs(_ output: String) throws -> [Int64] {
    try output.split(separator: "\n").map { try #require(JSONValue(parsing: String($0))["seq"]?.integer) }
  }

  @Test func aTaskUnderWayGoesOnAndItsWatcherSeesEveryEventOnce() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    try await EndlessModel.run(pause: .milliseconds(100)) { url in
      let node = try await deployment.startNode("n1", slots: 1, ["--model", "openai:endless", "--model-url", url])
      let session = try await deployment.ctl("session", "create", "--connection", "shop", "--recursion-limit", "50").line
      let task = try await deployment.ctl("task", "submit", "--session", session, "work").expectSuccess().line
      async let watching = deployment.ctl("task", "watch", task, "-o", "jsonl")

      for restart in 1...2 {
        let before = try await deployment.json("session", "get", session)["head_step"]?.integer ?? 0
        _ = try await eventually("ten more steps before restart \(restart)") {
          try await deployment.json("session", "get", session)["head_step"]?.integer.flatMap { $0 >= before + 10 ? $0 : nil }
        }
        try await deployment.session.value?.killNow()
        try await deployment.startSession()
      }
      try await deployment.ctl("task", "wait", task)
      let watched = try await watching

      // The task: one execution, on one node, with every step once.
      let ended = try await deployment.json("task", "get", task)
      #expect(ended["status"]?.string == "partial" && ended["attempt"]?.integer == 1, "\(ended)")
      #expect(ended["result"]?["steps"]?.integer == 50)
      #expect(ended["result"]?["resumed"]?.bool != true)
      #expect(node.isRunning)
      let history = try await deployment.ctl("session", "history", session, "-o", "jsonl").expectSuccess().output
      let steps = try history.split(separator: "\n").map { try #require(JSONValue(parsing: String($0))["step"]?.integer) }
      #expect(steps == (1...Int64(steps.count)).map { $0 } && steps.count >= 51)

      // The watch: what it printed is what a watch prints that nothing disturbed.
      let replay = try await deployment.ctl("task", "watch", task, "-o", "jsonl")
      #expect(watched.status == replay.status && watched.output == replay.output, "\(watched.errors)")
      let numbers = try seqs(watched.output)
      #expect(numbers.count > 150)
      #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
      #expect(watched.errors.contains("trying again"), "it was disturbed: \(watched.errors)")
    }
  }

  @Test func sigtermWaitsNeitherForWatchersNorForNodesAndBurnsNothing() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    try await EndlessModel.run(pause: .milliseconds(100)) { url in
      try await deployment.startNode("n1", slots: 1, ["--model", "openai:endless", "--model-url", url])
      let session = try await deployment.ctl("session", "create", "--connection", "shop", "--recursion-limit", "60").line
      let task = try await deployment.ctl("task", "submit", "--session", session, "work").expectSuccess().line
      async let watching = deployment.ctl("task", "watch", task, "-o", "jsonl")
      _ = try await eventually("the task is under way") {
        try await deployment.json("session", "get", session)["head_step"]?.integer ?? 0 > 3 ? true : nil
      }
      let start = ContinuousClock.now
      let process = try #require(deployment.session.value)
      process.signal(SIGTERM)
      #expect(try await process.exitStatus() == 0)
      #expect(ContinuousClock.now - start < .seconds(3))
      try await deployment.startSession()
      try await deployment.ctl("task", "wait", task)
      let ended = try await deployment.json("task", "get", task)
      #expect(ended["status"]?.string == "partial" && ended["attempt"]?.integer == 1, "\(ended)")
      #expect(try await watching.output.contains("task_finished"))
    }
  }

  @Test func sighupEndsNeitherOfTheServices() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    let node = try await deployment.startNode("n1")
    let session = try #require(deployment.session.value)
    for process in [session, node] { process.signal(SIGHUP) }
    _ = try await eventually("both say what SIGHUP does") {
      session.logText.contains("SIGHUP") && node.logText.contains("SIGHUP") ? true : nil
    }
    try await deployment.ctl("ask", "--connection", "shop", "how many orders are there?").expectSuccess()
    #expect(session.isRunning && node.isRunning)
  }

  @Test func anIdempotencyKeyOutlivesARestart() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    let client = try deployment.client()
    let key = [UInt8]("made up once".utf8)
    let request = SessionCreateRequest.with {
      $0.dbConnectionId = "shop"; $0.title = "once"
    }
    let first = try await client.call(Methods.sessionCreate, request, idempotencyKey: key)
    #expect(!first.replayed)
    try await deployment.session.value?.killNow()
    try await deployment.startSession()

    let second = try await client.call(Methods.sessionCreate, request, idempotencyKey: key)
    #expect(second.replayed && second.message == first.message)
    let other = try deployment.client()
    #expect(try await other.call(Methods.sessionCreate, request, idempotencyKey: key).message.id == first.message.id)
    let mismatch = await #expect(throws: WireError.self) {
      try await client.call(Methods.sessionCreate, .with { $0.dbConnectionId = "shop" }, idempotencyKey: key)
    }
    #expect(mismatch?.errorCode == .idempotencyMismatch)
    #expect(try await client.call(Methods.sessionList, SessionListRequest()).message.total == 1)
    await client.close()
    await other.close()
  }

  @Test func aCallThatFindsNoServerWaitsForTheRestart() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    let client = try deployment.client()
    try await client.connect()
    try await deployment.session.value?.killNow()
    async let made = client.call(Methods.sessionCreate, .with { $0.dbConnectionId = "shop" })
    try await deployment.startSession()
    let id = try await made.message.id
    #expect(try await client.call(Methods.sessionList, SessionListRequest()).message.sessions.map(\.id) == [id])
    await client.close()
  }
}
