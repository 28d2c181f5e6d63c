import Foundation
import JSON
import LoopbackHTTP
import Testing

/// One question as one trace, from kaictl through kai-session and a node to the model's server.
@Suite struct TracingTests {
  private struct Seen {
    let service: String
    let name: String
    let id: String
    let parent: String?
    let trace: String
  }

  private func spans(_ text: String) throws -> [Seen] {
    try text.split(separator: "\n").flatMap { line in
      let whole = try JSONValue(parsing: String(line))["resourceSpans"]?.array?.first
      let service = whole?["resource"]?["attributes"]?.array?.first { $0["key"]?.string == "service.name" }?["value"]?[
        "stringValue"]
      return (whole?["scopeSpans"]?.array?.first?["spans"]?.array ?? []).map { span in
        Seen(
          service: service?.string ?? "", name: span["name"]?.string ?? "", id: span["spanId"]?.string ?? "",
          parent: span["parentSpanId"]?.string, trace: span["traceId"]?.string ?? "")
      }
    }
  }

  @Test func aQuestionIsOneTraceToTheModelsServer() async throws {
    let deployment = try await Deployment()
    let files = ["session", "ctl"].map { deployment.folder.file("\($0).spans") }
    try await deployment.session.value?.killNow()
    deployment.options.value = ["--traces", files[0], "--log-format", "json"]
    try await deployment.startSession()
    try await deployment.addShop()
    let outer = "4bf92f3577b34da6a3ce929d0e0e4736"
    let (models, collected) = try await LoopbackServer.run({ connection in
      if connection.request?.head.hasPrefix("POST /v1/traces ") ?? false {
        return try await connection.answer("200 OK", ["Content-Type: application/json"], "{}")
      }
      try await ModelAnswers.say(connection, "Hello.")
    }) { server in
      let node = try await deployment.startNode(
        "n1", ["--model", "openai:m", "--model-url", server.url + "/v1", "--traces", server.url])
      let asked = try await CommandResult.run(
        "kaictl", ["ask", "--connection", "shop", "hello", "-o", "json"],
        environment: deployment.environment.merging(
          ["KAI_TRACES": files[1], "TRACEPARENT": "00-\(outer)-00f067aa0ba902b7-01"]) { $1 })
      try asked.expectSuccess()
      #expect(try JSONValue(parsing: asked.output)["traceparent"]?.string?.contains(outer) == true)
      node.signal(SIGTERM)
      _ = try await node.exitStatus()
      let requests = server.requests
      return (
        requests.filter { $0.head.contains("/chat/completions") }.map(\.head),
        requests.filter { $0.head.hasPrefix("POST /v1/traces ") }.map(\.body)
      )
    }
    deployment.session.value?.signal(SIGTERM)
    _ = try await deployment.session.value?.exitStatus()
    #expect(!collected.isEmpty)
    let all = try files.flatMap { try spans(String(contentsOfFile: $0, encoding: .utf8)) } + collected.flatMap(spans)
    let trace = all.filter { $0.trace == outer }
    func one(_ service: String, _ name: String) throws -> Seen {
      try #require(trace.first { $0.service == service && $0.name == name }, "\(service) \(name) of \(trace.map(\.name))")
    }
    let command = try one("kaictl", "kaictl ask")
    #expect(command.parent == "00f067aa0ba902b7")
    let submit = try one("kai-session", "task.submit")
    #expect(submit.parent == command.id)
    let task = try one("kai-agent", "task")
    #expect(task.parent == submit.id)
    let chat = try one("kai-agent", "chat openai:m")
    #expect(chat.parent == task.id)
    #expect(
      models.contains { $0.contains("traceparent: 00-\(outer)-\(chat.id)-01") }, "the model's server is told who asks: \(models)")
    #expect(trace.contains { $0.service == "kai-session" && $0.name == "checkpoint.commit" && $0.parent == task.id })
    #expect(!all.contains { $0.name == "node.heartbeat" })
  }
}
