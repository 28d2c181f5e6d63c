import Foundation
import JSON
import LoopbackHTTP
import Testing

/// A model's server that fails in every way there is: each task ends with its own error, the node goes on.
@Suite struct ModelFailureTests {
  /// One way to fail; the question names it, and the server does it.
  struct Failure: Sendable, CustomStringConvertible {
    let description: String
    let code: Int64
    let says: String
    let hint: String
    var status = "failed"
    var exit: Int32 = 9
    let answer: @Sendable (LoopbackConnection) async throws -> Void
  }

  static let key = "sk-this-must-never-be-seen-anywhere"

  static let failures: [Failure] = [
    Failure(description: "always-500", code: 700, says: "(500)", hint: "--model-url") {
      try await $0.answer(
        "500 Internal Server Error", ["Content-Type: application/json"], #"{"error":{"message":"out of luck"}}"#)
    },
    Failure(description: "slow-down", code: 703, says: "(429)", hint: "Wait") {
      try await $0.answer("429 Too Many Requests", ["Retry-After: 1"], #"{"error":{"message":"too fast"}}"#)
    },
    Failure(description: "refused-with-the-key", code: 701, says: "[key]", hint: "key") {
      try await $0.answer("401 Unauthorized", [], #"{"error":{"message":"wrong key: \#(key)"}}"#)
    },
    Failure(description: "garbage", code: 702, says: "not JSON", hint: "--model-url") {
      try await $0.answer("200 OK", ["Content-Type: application/json"], "\u{1}\u{2}{{{{ \u{fffd}")
    },
    Failure(description: "half-a-stream", code: 700, says: "middle", hint: "--model-url") {
      try await $0.stream([#"{"choices":[{"delta":{"content":"The answer is "}}]}"#])
    },
    Failure(description: "no-http", code: 700, says: "broke", hint: "--model-url") {
      try await $0.send("220 mail.example ESMTP\r\n")
    },
    Failure(description: "wrong-types", code: 702, says: "without choices", hint: "--model-url") {
      try await $0.answer("200 OK", ["Content-Type: application/json"], #"{"choices":"many","usage":[1]}"#)
    },
    Failure(description: "html-page", code: 702, says: "'text/html'", hint: "--model-url") {
      try await $0.answer("200 OK", ["Content-Type: text/html"], "<html><body><h1>Welcome to nginx!</h1></body></html>")
    },
    Failure(description: "unknown-tools", code: 702, says: "3 turns in a row", hint: "another model", status: "partial", exit: 0)
    {
      try await ModelAnswers.call($0, tool: "launch_rockets", arguments: "{}")
    },
  ]

  /// Answers as the question in the request wants it.
  @Sendable private static func serve(_ connection: LoopbackConnection) async throws {
    let asked = connection.request?.body ?? ""
    if let failure = failures.first(where: { asked.contains("case \($0.description)") }) {
      return try await failure.answer(connection)
    }
    if asked.contains("case silence") { return await connection.waitForClose() }
    if asked.contains("case bad-arguments"), !asked.contains("tool_call_id") {
      return try await ModelAnswers.call(connection, tool: "sql_query", arguments: #"{"sql": "#)
    }
    try await ModelAnswers.say(connection, "All is well.")
  }

  /// Runs `body` with one node whose model is that server.
  private func withNode(_ body: @escaping @Sendable (Deployment, RunningProcess) async throws -> Void) async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    let keyFile = deployment.folder.file("model.key")
    try (Self.key + "\n").write(toFile: keyFile, atomically: true, encoding: .utf8)
    try await LoopbackServer.run(Self.serve) { server in
      let node = try await deployment.startNode(
        "n1", slots: 12, ["--model", "openai:x", "--model-url", server.url + "/v1", "--model-key-file", keyFile])
      try await body(deployment, node)
      #expect(server.requests.contains { $0.head.contains(Self.key) }, "the server got the key")
      #expect(node.isRunning)
      #expect(!node.logText.contains(Self.key) && deployment.session.value?.logText.contains(Self.key) == false)
    }
  }

  @Test func eachFailureEndsItsTaskAloneAndSaysWhatToDo() async throws {
    try await withNode { deployment, node in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for failure in Self.failures {
          group.addTask {
            let result = try await deployment.ctl("ask", "--connection", "shop", "-o", "json", "case \(failure)")
            #expect(result.status == failure.exit, "\(failure): \(result)")
            let task = try JSONValue(parsing: result.output)
            #expect(task["status"]?.string == failure.status, "\(failure): \(result)")
            let error = try #require(task["result"]?["error"], "\(failure): \(result)")
            #expect(error["code"]?.integer == failure.code, "\(failure): \(error)")
            #expect(error["message"]?.string?.contains(failure.says) == true, "\(failure): \(error)")
            #expect(error["hint"]?.string?.contains(failure.hint) == true, "\(failure): \(error)")
            #expect(failure.exit == 0 || result.errors.contains(failure.hint), "\(failure): \(result.errors)")
            #expect(task["attempt"]?.integer == 1, "a model's failure is no reason to run the task again")
            #expect(!result.output.contains(Self.key) && !result.errors.contains(Self.key))
          }
        }
        try await group.waitForAll()
      }
      let after = try await deployment.ctl("ask", "--connection", "shop", "-o", "json", "is all well?").expectSuccess()
      #expect(try JSONValue(parsing: after.output)["result"]?["answer"]?.string == "All is well.")
    }
  }

  @Test func badArgumentsAreToldToTheModelWhichMayDoBetter() async throws {
    try await withNode { deployment, _ in
      let task = try await deployment.json("ask", "--connection", "shop", "case bad-arguments")
      #expect(task["status"]?.string == "completed")
      #expect(task["result"]?["answer"]?.string == "All is well.")
      #expect(task["result"]?["steps"]?.integer == 3, "the call, the answer, and the answer again: it rests on no query")
      let history = try await deployment.ctl("session", "history", try #require(task["session_id"]?.string), "-o", "jsonl")
      #expect(history.output.contains("One moment."))
    }
  }

  @Test func aModelThatSaysNothingIsLeftWhenThePersonCancels() async throws {
    try await withNode { deployment, _ in
      let id = try await deployment.ctl("ask", "--connection", "shop", "--no-follow", "case silence").expectSuccess().line
      _ = try await eventually("the task waits for the model") {
        try await deployment.json("task", "get", id)["status"]?.string == "running" ? true : nil
      }
      let start = ContinuousClock.now
      try await deployment.ctl("task", "cancel", id).expectSuccess()
      let ended = try await deployment.ctl("task", "wait", id, "-o", "json")
      #expect(ContinuousClock.now - start < .seconds(5))
      #expect(ended.status == 9, "\(ended)")
      #expect(try JSONValue(parsing: ended.output)["status"]?.string == "cancelled")
      try await deployment.ctl("ask", "--connection", "shop", "is all well?").expectSuccess()
    }
  }

  @Test func aModelServerThatIsNotThereIsNamed() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    _ = try await deployment.startNode("n1", ["--model", "openai:x", "--model-url", "http://127.0.0.1:1/v1"])
    let result = try await deployment.ctl("ask", "--connection", "shop", "anybody there?")
    #expect(result.status == 9, "\(result)")
    #expect(result.errors.contains("cannot be reached") && result.errors.contains("--model-url"), "\(result)")
  }
}
