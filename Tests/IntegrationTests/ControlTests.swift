import Foundation
import JSON
import LoopbackHTTP
import Testing
import Wire

/// People in the loop, with the real programs: approvals, questions of the agent's own, cancels that reach the work in flight,
/// a retry from an earlier step. The model is a real HTTP server that does what the question says.
@Suite struct ControlTests {
  @Sendable private static func serve(_ connection: LoopbackConnection) async throws {
    let asked = connection.request?.body ?? ""
    let isFirst = !asked.contains("tool_call_id")
    if asked.contains("case write"), isFirst {
      return try await ModelAnswers.call(
        connection, tool: "write_file", arguments: #"{"path":"plan.md","content":"the model's plan"}"#)
    }
    if asked.contains("case ask"), isFirst {
      return try await ModelAnswers.call(
        connection, tool: "ask_user", arguments: #"{"question":"Which year?","options":["2023","2024"]}"#)
    }
    if asked.contains("case slow-sql"), isFirst {
      let sql = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
      return try await ModelAnswers.call(connection, tool: "sql_query", arguments: #"{"sql":"\#(sql)"}"#)
    }
    if asked.contains("case silence") { return await connection.waitForClose() }
    // What the tool said, so that a test can read it in the answer.
    let messages = try JSONValue(parsing: asked)["messages"]?.array ?? []
    let last = messages.last { $0["role"]?.string == "tool" }?["content"]?.string ?? "nothing"
    try await ModelAnswers.say(connection, "I was told: \(last)")
  }

  private func withNode(_ body: @escaping @Sendable (Deployment) async throws -> Void) async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    try await LoopbackServer.run(Self.serve) { server in
      try await deployment.startNode("n1", ["--model", "openai:x", "--model-url", server.url + "/v1"])
      try await body(deployment)
    }
  }

  /// Submits a question and waits until its task has this status.
  private func submit(
    _ deployment: Deployment, _ session: String, _ question: String, until status: String
  ) async throws -> String {
    let id = try await deployment.ctl("task", "submit", "--session", session, question).expectSuccess().line
    _ = try await eventually("\(question) is \(status)") {
      try await deployment.json("task", "get", id)["status"]?.string == status ? true : nil
    }
    return id
  }

  private func session(_ deployment: Deployment, _ policy: String...) async throws -> String {
    try await CommandResult.run(
      "kaictl", ["session", "create", "--connection", "shop"] + policy, environment: deployment.environment
    ).expectSuccess().line
  }

  @Test func anApprovalOutlivesBothServicesAndRunsWhatThePersonSaid() async throws {
    try await withNode { deployment in
      let session = try await session(deployment, "--approval", "write_file,remember")
      let id = try await submit(deployment, session, "case write", until: "waiting")
      let why = try await deployment.ctl("task", "why", id).expectSuccess().output
      #expect(why.contains("write_file") && why.contains("the model's plan") && why.contains("--approve"), "\(why)")
      let nodes = try await deployment.json("node", "list").array ?? []
      #expect(nodes.first?["busy"]?.integer ?? 0 == 0, "no slot is taken while it waits")

      try await deployment.session.value?.killNow()
      try await deployment.startSession()
      #expect(try await deployment.json("task", "get", id)["status"]?.string == "waiting")
      #expect(try await deployment.ctl("task", "answer", id).status == 2, "one of the three must be given")
      #expect(try await deployment.ctl("task", "answer", id, "--approve", "--question", "q99").status == 5)
      #expect(try await deployment.ctl("task", "answer", id, "a text").status == 2)
      try await deployment.ctl(
        "task", "answer", id, "--edit", #"{"path":"plan.md","content":"my plan"}"#, "--note", "shorter"
      ).expectSuccess()
      let ended = try await deployment.ctl("task", "wait", id, "-o", "json").expectSuccess()
      let answer = try JSONValue(parsing: ended.output)["result"]?["answer"]?.string ?? ""
      #expect(answer.contains("changed the arguments") && answer.contains("shorter"), "\(answer)")
      let file = deployment.folder.file("plan.md")
      try await deployment.ctl("artifact", "get", session, "plan.md", "-f", file).expectSuccess()
      #expect(try String(contentsOfFile: file, encoding: .utf8) == "my plan")
      #expect(try await deployment.ctl("task", "answer", id, "--approve").status == 5, "it was answered")

      let history = try await deployment.ctl("checkpoint", "get", session, "--state", "-o", "json").expectSuccess().output
      #expect(history.contains(#""verdict": "approve""#) && history.contains(#""key_name": "admin""#), "\(history)")
      let events = try await deployment.ctl("task", "watch", id, "-o", "jsonl").expectSuccess().output
      #expect(events.contains("question_asked") && events.contains("approved with changes by admin"), "\(events)")
    }
  }

  @Test func aDeniedCallDoesNotRunAndTheModelIsTold() async throws {
    try await withNode { deployment in
      let session = try await session(deployment, "--approval", "always")
      let id = try await submit(deployment, session, "case write", until: "waiting")
      try await deployment.ctl("task", "answer", id, "--deny", "--note", "not now").expectSuccess()
      let ended = try await deployment.ctl("task", "wait", id, "-o", "json").expectSuccess()
      let answer = try JSONValue(parsing: ended.output)["result"]?["answer"]?.string ?? ""
      #expect(answer.contains("approval_denied") && answer.contains("not now"), "\(answer)")
      #expect(try await deployment.json("artifact", "list", session).array?.isEmpty != false)
    }
  }

  @Test func anUnansweredQuestionCostsNoMoreThanItsDeadline() async throws {
    try await withNode { deployment in
      let session = try await session(deployment, "--approval", "write_file", "--answer-timeout", "1s")
      let id = try await deployment.ctl("task", "submit", "--session", session, "case write").expectSuccess().line
      let ended = try await deployment.ctl("task", "wait", id, "-o", "json").expectSuccess()
      let answer = try JSONValue(parsing: ended.output)["result"]?["answer"]?.string ?? ""
      #expect(answer.contains("not_answered"), "\(answer)")
    }
  }

  @Test func theAgentAsksAndGoesOnWithTheAnswerWhileOthersWait() async throws {
    try await withNode { deployment in
      let session = try await session(deployment)
      let id = try await submit(deployment, session, "case ask", until: "waiting")
      let next = try await deployment.ctl("task", "submit", "--session", session, "what now?").expectSuccess().line
      #expect(try await deployment.ctl("task", "why", next).output.contains("waits for a person's answer"))
      #expect(try await deployment.ctl("task", "why", id).output.contains("2023 · 2024"))
      try await deployment.ctl("task", "answer", id, "2024, of course").expectSuccess()
      let ended = try await deployment.ctl("task", "wait", id, next, "-o", "jsonl").expectSuccess().output
      #expect(ended.contains("I was told: 2024, of course"), "\(ended)")
    }
  }

  @Test(arguments: ["case slow-sql", "case silence"])
  func aCancelReachesTheWorkInFlightWithinASecond(_ question: String) async throws {
    try await withNode { deployment in
      let session = try await session(deployment)
      let id = try await submit(deployment, session, question, until: "running")
      if question == "case slow-sql" {
        // The model has spoken, so that the query is what runs.
        _ = try await eventually("the query runs") {
          try await deployment.ctl("task", "watch", id, "--timeout", "500ms", "-o", "jsonl").output.contains("tool_started")
            ? true : nil
        }
      }
      let start = ContinuousClock.now
      try await deployment.ctl("task", "cancel", id).expectSuccess()
      _ = try await eventually("it is cancelled", within: 10) {
        try await deployment.json("task", "get", id)["status"]?.string == "cancelled" ? true : nil
      }
      // Two starts of kaictl are part of it.
      #expect(ContinuousClock.now - start < .seconds(1), "\(question)")
    }
  }

  @Test func aCancelEndsItsTaskWithinASecondWhateverItFallsOn() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    try await deployment.startNode("n1", ["--slots", "2"])
    let client = try deployment.client()
    let session = try await client.call(Methods.sessionCreate, .with { $0.dbConnectionId = "shop" }).message.id
    var slowest = Duration.zero
    for attempt in 0..<40 {
      let task = try await client.call(
        Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (session, "How many orders are there by status?") }
      ).message.id
      // Another moment of the task's life each time, from its grant to its last commit.
      try await Task.sleep(for: .milliseconds(attempt))
      let start = ContinuousClock.now
      _ = try? await client.call(Methods.taskCancel, .with { $0.id = task })
      _ = try await eventually("task \(attempt) has ended", within: 20) {
        try await client.call(Methods.taskGet, .with { $0.id = task }).message.status.isTerminal ? true : nil
      }
      slowest = max(slowest, ContinuousClock.now - start)
    }
    #expect(slowest < .seconds(1))
    await client.close()
  }

  @Test func aRetryFromAStepIsAForkThatGoesOnThere() async throws {
    try await withNode { deployment in
      let session = try await session(deployment)
      let id = try await submit(deployment, session, "case write", until: "completed")
      let head = try #require(try await deployment.json("session", "get", session)["head_step"]?.integer)
      // Step 2 is the model's call, before its outcome.
      let again = try await deployment.ctl("task", "retry", id, "--from-step", "1").expectSuccess().line
      #expect(again != id)
      try await deployment.ctl("task", "wait", again).expectSuccess()
      let made = try await deployment.json("task", "get", again)
      #expect(made["retry_of"]?.array?.first?.string == id)
      let fork = try #require(made["session_id"]?.string)
      #expect(try await deployment.json("session", "get", fork)["forked_from"]?["step"]?.integer == 1)
      #expect(try await deployment.json("session", "get", session)["head_step"]?.integer == head)
      let history = try await deployment.ctl("session", "history", fork).expectSuccess().output
      #expect(history.contains("went on from step 1"), "\(history)")
      // The fork lives on without its parent.
      try await deployment.ctl("session", "delete", session, "-y").expectSuccess()
      try await deployment.ctl("checkpoint", "get", fork, "--state").expectSuccess()
    }
  }
}
