import Foundation
import JSON
import LoopbackHTTP
import Synchronization
import Testing
import Wire

@testable import AgentService

@Suite struct OpenAIModelTests {
  private static let key = "sk-very-secret-key"
  private let client = HTTPClient()

  private func model(
    _ server: LoopbackServer, key: String? = Self.key, retries: RetrySchedule? = nil,
    _ change: (inout HTTPTimeouts) -> Void = { _ in }
  ) throws -> OpenAIModel {
    var timeouts = HTTPTimeouts()
    change(&timeouts)
    return OpenAIModel(
      model: "gpt-test", endpoint: try ModelEndpoint(base: server.url + "/v1", key: key), client: client,
      timeouts: timeouts, retries: retries ?? RetrySchedule(base: .milliseconds(5), cap: .milliseconds(20)))
  }

  private let turn = ModelTurn(
    system: "You are KAI.", entries: [.with { $0.user = .with { $0.text = "How many?" } }], taskId: "task_1",
    tools: [
      ToolDefinition(
        name: "count", description: "Counts.", parameters: ["type": "object", "properties": [:]], sideEffect: .pure,
        modes: [.query])
    ], stepsLeft: 10)

  private static func delta(_ content: String) -> String { #"{"choices":[{"index":0,"delta":{"content":"\#(content)"}}]}"# }
  private static let stop = #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#

  /// The error of a turn, and the text that people saw before it.
  private func failure(_ model: OpenAIModel) async -> (error: WireError?, seen: String) {
    let seen = Mutex("")
    do throws(WireError) {
      _ = try await model.respond(to: turn) { piece in seen.withLock { $0 += piece } }
      return (nil, seen.withLock { $0 })
    } catch {
      return (error, seen.withLock { $0 })
    }
  }

  @Test func aStreamBecomesAReplyAndItsTextIsSeenAsItComes() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.stream([
        #"{"choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":"Let me "}}]}"#,
        #"{"choices":[{"index":0,"delta":{"reasoning":"think."}}]}"#, Self.delta("Forty-"), Self.delta("two é🙂"), Self.stop,
        #"{"choices":[],"usage":{"prompt_tokens":12,"completion_tokens":7}}"#, "[DONE]",
      ])
    }) { server in
      let pieces = Mutex<[String]>([])
      let reply = try await model(server).respond(to: turn) { piece in pieces.withLock { $0.append(piece) } }
      #expect(reply.text == "Forty-two é🙂")
      #expect(reply.thinking == "Let me think.")
      #expect(reply.toolCalls.isEmpty)
      #expect(reply.inputTokens == 12)
      #expect(reply.outputTokens == 7)
      #expect(pieces.withLock { $0 } == ["Forty-", "two é🙂"])

      let request = try #require(server.requests.first)
      #expect(request.head.hasPrefix("POST /v1/chat/completions HTTP/1.1"))
      #expect(request.head.contains("Authorization: Bearer \(Self.key)"))
      let body = try JSONValue(parsing: request.body)
      #expect(body["model"] == "gpt-test")
      #expect(body["stream"] == true)
      #expect(body["stream_options"]?["include_usage"] == true)
      #expect(body["tools"]?.array?.first?["function"]?["name"] == "count")
      #expect(body["messages"]?.array?.compactMap { $0["role"]?.string } == ["system", "user"])
    }
  }

  @Test func toolCallsArePutTogetherByTheirIndex() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.stream([
        #"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"count","arguments":""}}]}}]}"#,
        #"{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"count","arguments":"{\"x\":"}}]}}]}"#,
        #"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"y\":1}"}}]}}]}"#,
        #"{"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"arguments":"2}"}}]}}]}"#,
        #"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#, "[DONE]",
      ])
    }) { server in
      let reply = try await model(server).respond(to: turn) { _ in }
      #expect(reply.toolCalls.map(\.id) == ["a", "b"])
      #expect(reply.toolCalls.map(\.arguments) == [#"{"y":1}"#, #"{"x":2}"#])
    }
  }

  @Test func aServerThatDoesNotStreamIsUnderstood() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.answer(
        "200 OK", ["Content-Type: application/json; charset=utf-8"],
        #"{"choices":[{"message":{"content":"7","tool_calls":[{"id":"c","function":{"name":"count","arguments":"{}"}}]},"#
          + #""finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#)
    }) { server in
      let reply = try await model(server, key: nil).respond(to: turn) { _ in }
      #expect(reply.text == "7")
      #expect(reply.toolCalls.map(\.id) == ["c"])
      #expect(reply.inputTokens == 3)
      #expect(server.requests.first?.head.contains("Authorization") == false)
    }
  }

  @Test func aFailingServerIsTriedAgain() async throws {
    try await LoopbackServer.run({ connection in
      if connection.number < 3 { return try await connection.answer("500 Oops", [], "nope") }
      try await connection.stream([Self.delta("ok"), Self.stop, "[DONE]"])
    }) { server in
      let reply = try await model(server).respond(to: turn) { _ in }
      #expect(reply.text == "ok")
      #expect(server.requests.count == 3)
    }
  }

  @Test func aServerThatKeepsFailingIsUnavailableAfterFourRetries() async throws {
    try await LoopbackServer.run({ try await $0.answer("503 Busy", [], #"{"error":{"message":"overloaded"}}"#) }) { server in
      let failed = try await failure(model(server)).error
      let error = try #require(failed)
      #expect(error.errorCode == .modelUnavailable)
      #expect(error.message == "The model's server failed (503): overloaded")
      #expect(server.requests.count == 5)
    }
  }

  @Test(arguments: ["retry-after-ms: 300", "Retry-After: 0.3"])
  func aRateLimitIsWaitedOut(header: String) async throws {
    try await LoopbackServer.run({ connection in
      if connection.number == 1 { return try await connection.answer("429 Slow Down", [header]) }
      try await connection.stream([Self.delta("ok"), Self.stop, "[DONE]"])
    }) { server in
      let reply = try await model(server).respond(to: turn) { _ in }
      #expect(reply.text == "ok")
      let times = server.requests.map(\.at)
      #expect(times.count == 2)
      #expect(times[1] - times[0] >= .milliseconds(300))
    }
  }

  @Test func aRateLimitBeyondTheBudgetIsReportedAtOnce() async throws {
    try await LoopbackServer.run({ try await $0.answer("429 Slow Down", ["Retry-After: 3600"]) }) { server in
      let failed = try await failure(model(server)).error
      let error = try #require(failed)
      #expect(error.errorCode == .modelRateLimited)
      #expect(error.retryAfterMs == 3_600_000)
      #expect(server.requests.count == 1)
    }
  }

  @Test(arguments: [400, 401, 403, 404, 422])
  func aRefusalComesWithTheServersOwnWordsButNeverWithTheKey(status: Int) async throws {
    try await LoopbackServer.run({ connection in
      try await connection.answer("\(status) No", [], #"{"error":{"message":"Incorrect key: \#(Self.key)."}}"#)
    }) { server in
      let failed = try await failure(model(server)).error
      let error = try #require(failed)
      #expect(error.errorCode == .modelRefused)
      #expect(error.message == "The model's server refused (\(status)): Incorrect key: [key].")
      #expect(server.requests.count == 1)
    }
  }

  @Test func aSpentAccountIsNotWaitedFor() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.answer("429 No", [], #"{"error":{"code":"insufficient_quota","message":"Pay first."}}"#)
    }) { server in
      let code = try await failure(model(server)).error?.errorCode
      #expect(code == .modelRefused)
      #expect(server.requests.count == 1)
    }
  }

  @Test(arguments: ["<html>hello</html>", #"{"hello":"world"}"#, "data: {\"choices\": [}\n\n", "data: 5\n\n"])
  func somethingThatIsNoAnswerIsAProtocolError(body: String) async throws {
    try await LoopbackServer.run({ connection in
      let type = body.hasPrefix("data") ? "text/event-stream" : "application/json"
      try await connection.answer("200 OK", ["Content-Type: \(type)"], body)
    }) { server in
      let code = try await failure(model(server)).error?.errorCode
      #expect(code == .modelProtocol)
      #expect(server.requests.count == 1)
    }
  }

  @Test func aWebPageIsAProtocolErrorAndNotHalfAnAnswer() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.answer("200 OK", ["Content-Type: text/html; charset=utf-8"], "<html><body>Welcome!</body></html>")
    }) { server in
      let error = try await failure(model(server)).error
      #expect(error?.errorCode == .modelProtocol)
      #expect(error?.message.contains("'text/html'") == true)
      #expect(server.requests.count == 1)
    }
  }

  @Test func halfAStreamIsNotTriedAgainOnceItsTextWasSeen() async throws {
    try await LoopbackServer.run({ try await $0.stream([Self.delta("half of it")]) }) { server in
      let (error, seen) = try await failure(model(server))
      #expect(error?.errorCode == .modelUnavailable)
      #expect(seen == "half of it")
      #expect(server.requests.count == 1)
    }
  }

  @Test func aStreamThatBreaksBeforeAnyTextIsTriedAgain() async throws {
    try await LoopbackServer.run({ connection in
      if connection.number == 1 { return try await connection.begin("text/event-stream") }
      try await connection.stream([Self.delta("ok"), Self.stop, "[DONE]"])
    }) { server in
      let reply = try await model(server).respond(to: turn) { _ in }
      #expect(reply.text == "ok")
    }
  }

  @Test func anErrorInsideAStreamIsTheServersOwn() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.stream([Self.delta("a"), #"{"error":{"message":"out of memory"}}"#])
    }) { server in
      let failed = try await failure(model(server)).error
      let error = try #require(failed)
      #expect(error.errorCode == .modelUnavailable)
      #expect(error.message.contains("out of memory"))
    }
  }

  @Test func aSilentServerIsATimeout() async throws {
    try await LoopbackServer.run({ await $0.waitForClose() }) { server in
      let error = try await failure(model(server) { $0.firstByte = .milliseconds(100) }).error
      #expect(error?.errorCode == .modelTimeout)
    }
  }

  @Test func aStreamThatFallsSilentIsATimeout() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.stream([Self.delta("a")])
      await connection.waitForClose()
    }) { server in
      let code = try await failure(model(server) { $0.idle = .milliseconds(100) }).error?.errorCode
      #expect(code == .modelTimeout)
    }
  }

  @Test func aSlowDripEndsWithTheBudget() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.begin("text/event-stream")
      while true {
        try await connection.send(": .\n")
        try await Task.sleep(for: .milliseconds(10))
      }
    }) { server in
      let model = try model(server, retries: RetrySchedule(budget: .milliseconds(300)))
      #expect(await failure(model).error?.errorCode == .modelTimeout)
    }
  }

  @Test func anEndlessAnswerIsAProtocolError() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.begin("text/event-stream")
      while true { try await connection.send("data: " + String(repeating: "x", count: 100_000)) }
    }) { server in
      let code = try await failure(model(server)).error?.errorCode
      #expect(code == .modelProtocol)
    }
  }

  @Test func aServerThatIsNotThereIsUnavailable() async throws {
    let gone = try await LoopbackServer.run({ _ in }) { $0 }
    let code = try await failure(model(gone)).error?.errorCode
    #expect(code == .modelUnavailable)
  }

  @Test(arguments: [true, false])
  func cancellingClosesTheConnectionAndEndsTheWait(whileWaitingToRetry: Bool) async throws {
    try await LoopbackServer.run({ connection in
      if whileWaitingToRetry { return try await connection.answer("429 Slow Down", ["Retry-After: 300"]) }
      await connection.waitForClose()
    }) { server in
      let model = try model(server)
      let call = Task { await failure(model).error }
      try await eventually("the request did not arrive") { server.requests.count == 1 }
      call.cancel()
      #expect(await call.value?.errorCode == .cancelled)
      if !whileWaitingToRetry { try await eventually("the connection stays open") { server.closedByPeer == 1 } }
    }
  }

  @Test func anAnswerCutOffAtItsLengthLimitSaysSo() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.stream([Self.delta("cut"), #"{"choices":[{"delta":{},"finish_reason":"length"}]}"#])
    }) { server in
      let reply = try await model(server).respond(to: turn) { _ in }
      #expect(reply.text == "cut")
      #expect(reply.degraded.count == 1)
    }
  }
}
