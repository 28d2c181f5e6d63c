import JSON
import LoopbackHTTP
import Synchronization
import Testing
import Wire

@testable import AgentService

/// The Messages API, against a real HTTP server that speaks it, well and badly.
@Suite struct AnthropicModelTests {
  private static let key = "sk-ant-very-secret"
  private let client = HTTPClient()

  private func model(_ server: LoopbackServer) throws -> AnthropicModel {
    AnthropicModel(
      model: "claude-test", endpoint: try ModelEndpoint(base: server.url + "/v1/", key: Self.key, dialect: .anthropic),
      client: client, retries: RetrySchedule(base: .milliseconds(5), cap: .milliseconds(20)))
  }

  private func turn(_ entries: [TranscriptEntry] = [.with { $0.user = .with { $0.text = "How many?" } }]) -> ModelTurn {
    ModelTurn(
      system: "You are KAI.", entries: entries, taskId: "task_1",
      tools: [
        ToolDefinition(
          name: "count", description: "Counts.", parameters: ["type": "object", "properties": [:]], sideEffect: .pure,
          modes: [.query])
      ], stepsLeft: 10)
  }

  private static let start =
    #"{"type":"message_start","message":{"id":"m","role":"assistant","content":[],"#
    + #""usage":{"input_tokens":5,"cache_read_input_tokens":100,"output_tokens":1}}}"#
  private static func end(_ reason: String) -> [String] {
    [#"{"type":"message_delta","delta":{"stop_reason":"\#(reason)"},"usage":{"output_tokens":9}}"#, #"{"type":"message_stop"}"#]
  }
  private static func begin(_ index: Int, _ block: String) -> String {
    #"{"type":"content_block_start","index":\#(index),"content_block":\#(block)}"#
  }
  private static func delta(_ index: Int, _ delta: String) -> String {
    #"{"type":"content_block_delta","index":\#(index),"delta":\#(delta)}"#
  }

  @Test func aStreamBecomesAReplyWithThinkingAndCallsApart() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.stream(
        [
          Self.start, #"{"type":"ping"}"#, Self.begin(0, #"{"type":"thinking","thinking":""}"#),
          Self.delta(0, #"{"type":"thinking_delta","thinking":"Let me count."}"#),
          Self.delta(0, #"{"type":"signature_delta","signature":"abc"}"#), #"{"type":"content_block_stop","index":0}"#,
          Self.begin(1, #"{"type":"text","text":""}"#), Self.delta(1, #"{"type":"text_delta","text":"One "}"#),
          Self.delta(1, #"{"type":"text_delta","text":"moment."}"#), Self.begin(2, #"{"type":"redacted_thinking","data":"x"}"#),
          Self.begin(3, #"{"type":"tool_use","id":"toolu_1","name":"count","input":{}}"#),
          Self.delta(3, #"{"type":"input_json_delta","partial_json":"{\"of\":"}"#),
          Self.delta(3, #"{"type":"input_json_delta","partial_json":"\"all\"}"}"#),
          Self.begin(4, #"{"type":"tool_use","id":"toolu_2","name":"count","input":{}}"#),
        ] + Self.end("tool_use"))
    }) { server in
      let pieces = Mutex<[String]>([])
      let reply = try await model(server).respond(to: turn()) { piece in pieces.withLock { $0.append(piece) } }
      #expect(reply.text == "One moment.")
      #expect(reply.thinking == "Let me count.")
      #expect(reply.toolCalls.map(\.id) == ["toolu_1", "toolu_2"])
      #expect(reply.toolCalls.map(\.arguments) == [#"{"of":"all"}"#, "{}"])
      #expect(reply.inputTokens == 105)
      #expect(reply.outputTokens == 9)
      #expect(pieces.withLock { $0 } == ["One ", "moment."])

      let request = try #require(server.requests.first)
      #expect(request.head.hasPrefix("POST /v1/messages HTTP/1.1"))
      #expect(request.head.contains("x-api-key: \(Self.key)"))
      #expect(request.head.contains("anthropic-version: 2023-06-01"))
      let body = try JSONValue(parsing: request.body)
      #expect(body["model"] == "claude-test")
      #expect(body["max_tokens"]?.integer ?? 0 > 0)
      #expect(body["system"]?.array?.first?["cache_control"]?["type"] == "ephemeral")
      #expect(body["tools"]?.array?.first?["input_schema"]?["type"] == "object")
    }
  }

  @Test func theConversationAlternatesAndEachResultFollowsItsCall() throws {
    let entries: [TranscriptEntry] = [
      .with { $0.user = .with { $0.text = "Q" } },
      .with { entry in
        entry.assistant = .with {
          $0.toolCalls = [
            .with { ($0.id, $0.name, $0.arguments) = ("a", "count", #"{"x":1}"#) },
            .with { ($0.id, $0.name, $0.arguments) = ("b", "count", "not json") },
          ]
        }
      },
      .with { $0.toolResult = .with { ($0.callId, $0.content) = ("a", "7") } },
      .with { $0.user = .with { $0.text = "and now?" } },
    ]
    let messages = MessagesRequest.body(model: "m", turn(entries))["messages"]?.array ?? []
    #expect(messages.map { $0["role"]?.string } == ["user", "assistant", "user"])
    let calls = messages[1]["content"]?.array ?? []
    #expect(calls.map { $0["type"]?.string } == ["tool_use", "tool_use"])
    #expect(calls[0]["input"]?["x"]?.integer == 1)
    #expect(calls[1]["input"]?.object?.isEmpty == true)
    let results = messages[2]["content"]?.array ?? []
    #expect(results.map { $0["type"]?.string } == ["tool_result", "tool_result", "text"])
    #expect(results.map { $0["tool_use_id"]?.string } == ["a", "b", nil])
    #expect(results[1]["content"] == .string(ChatMessages.outcomeUnknown))
    #expect(results.last?["cache_control"]?["type"] == "ephemeral")
  }

  @Test func aServerThatDoesNotStreamIsReadToo() async throws {
    try await LoopbackServer.run({ connection in
      try await connection.answer(
        "200 OK", ["Content-Type: application/json"],
        #"{"type":"message","role":"assistant","content":[{"type":"text","text":"Seven."},"#
          + #"{"type":"tool_use","id":"t","name":"count","input":{"of":"all"}}],"stop_reason":"max_tokens","#
          + #""usage":{"input_tokens":3,"output_tokens":2}}"#)
    }) { server in
      let reply = try await model(server).respond(to: turn()) { _ in }
      #expect(reply.text == "Seven.")
      #expect(reply.toolCalls.first?.arguments == #"{"of":"all"}"#)
      #expect(reply.degraded.count == 1)
    }
  }

  @Test func whatGoesWrongIsNamedAndAPassingFaultIsTriedAgain() async throws {
    let cases: [(ErrorCode, LoopbackServer.Script)] = [
      (
        .modelUnavailable,
        {
          try await $0.stream([
            Self.start, Self.begin(0, #"{"type":"text","text":""}"#), Self.delta(0, #"{"type":"text_delta","text":"Half"}"#),
            #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
          ])
        }
      ),
      (.modelProtocol, { try await $0.stream([Self.start, Self.delta(7, #"{"type":"text_delta","text":"x"}"#)]) }),
      (
        .modelRefused,
        {
          try await $0.answer(
            "401 Unauthorized", [], #"{"type":"error","error":{"type":"authentication_error","message":"bad \#(Self.key)"}}"#)
        }
      ),
    ]
    for (code, script) in cases {
      try await LoopbackServer.run(script) { server in
        let error = await #expect(throws: WireError.self) { try await model(server).respond(to: turn()) { _ in } }
        #expect(error?.errorCode == code, "\(String(describing: error))")
        #expect(error?.message.contains(Self.key) == false)
      }
    }
    try await LoopbackServer.run({ connection in
      if connection.number == 1 {
        return try await connection.answer("529 Overloaded", [], #"{"type":"error","error":{"message":"Overloaded"}}"#)
      }
      try await connection.stream([Self.start, Self.begin(0, #"{"type":"text","text":"ok"}"#)] + Self.end("end_turn"))
    }) { server in
      let reply = try await model(server).respond(to: turn()) { _ in }
      #expect(reply.text == "ok")
    }
  }
}
