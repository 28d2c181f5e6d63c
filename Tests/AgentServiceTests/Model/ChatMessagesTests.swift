import JSON
import Testing
import Wire

@testable import AgentService

@Suite struct ChatMessagesTests {
  private func turn(_ entries: [TranscriptEntry], stepsLeft: Int = 50) -> ModelTurn {
    ModelTurn(system: "S", entries: entries, taskId: "task_1", tools: [], stepsLeft: stepsLeft)
  }

  private func user(_ text: String) -> TranscriptEntry { .with { $0.user = .with { $0.text = text } } }

  private func assistant(_ text: String, _ calls: [(id: String, name: String, arguments: String)] = []) -> TranscriptEntry {
    .with { entry in
      entry.assistant = .with {
        $0.text = text
        $0.thinking = "private thoughts"
        $0.toolCalls = calls.map { call in
          ToolCall.with { ($0.id, $0.name, $0.arguments) = (call.id, call.name, call.arguments) }
        }
      }
    }
  }

  private func result(_ id: String, _ content: String) -> TranscriptEntry {
    .with { entry in entry.toolResult = .with { ($0.callId, $0.content) = (id, content) } }
  }

  private func roles(_ messages: [JSONValue]) -> [String] { messages.compactMap { $0["role"]?.string } }

  @Test func whatAUserAndItsContextSayIsOneMessage() {
    let context = TranscriptEntry.with { $0.context = .with { ($0.text, $0.source) = ("net = gross - tax", "memory:shared/x") } }
    let messages = ChatMessages.of(turn([.with { $0.taskStarted = TaskStartedEntry() }, context, user("Q")]))
    #expect(roles(messages) == ["system", "user"])
    #expect(messages[1]["content"] == "Context (memory:shared/x):\nnet = gross - tax\n\nQ")
  }

  @Test func everyCallIsFollowedByExactlyOneResult() {
    let entries = [
      user("Q"), assistant("", [("a", "t", "{}"), ("b", "t", "{}")]),
      .with { $0.toolIntent = .with { $0.callId = "b" } }, result("a", "1"), user("go on"), assistant("done"),
    ]
    let messages = ChatMessages.of(turn(entries))
    #expect(roles(messages) == ["system", "user", "assistant", "tool", "tool", "user", "assistant"])
    #expect(messages[3]["content"] == "1")
    #expect(messages[4]["tool_call_id"] == "b")
    #expect(messages[4]["content"] == .string(ChatMessages.outcomeUnknown))
    #expect(!messages.description.contains("private thoughts"))
  }

  @Test func idsThatAServerUsesAgainMeanTheirOwnTurn() {
    let entries = [
      user("Q"), assistant("", [("0", "t", "{}")]), result("0", "first"), assistant("", [("0", "t", "{}")]),
      result("0", "second"),
    ]
    let contents = ChatMessages.of(turn(entries)).filter { $0["role"] == "tool" }.compactMap { $0["content"]?.string }
    #expect(contents == ["first", "second"])
  }

  @Test func whatAServerWouldRefuseFromItsOwnModelIsMadeAcceptable() {
    let entries = [user("Q"), assistant("", [("a", "my tool!", "{broken")]), result("a", "no"), assistant("")]
    let messages = ChatMessages.of(turn(entries))
    #expect(roles(messages) == ["system", "user", "assistant", "tool"])
    let function = messages[2]["tool_calls"]?.array?.first?["function"]
    #expect(function?["name"] == "my_tool_")
    #expect(function?["arguments"] == "{}")
    #expect(messages[2]["content"]?.isNull == true)
  }

  @Test func aSummaryStandsWhereTheConversationWas() {
    let messages = ChatMessages.of(turn([.with { $0.summary = .with { $0.text = "We counted." } }, user("Q")]))
    #expect(messages[1]["content"]?.string?.contains("We counted.") == true)
  }

  @Test func theModelIsToldWhenItsStepsRunOut() {
    #expect(ChatMessages.of(turn([user("Q")], stepsLeft: 2))[0]["content"]?.string?.contains("Steps left: 2") == true)
    #expect(ChatMessages.of(turn([user("Q")], stepsLeft: 20))[0]["content"] == "S")
  }
}

@Suite struct ChatAssemblerTests {
  private func reply(_ chunks: [String]) throws -> ModelReply {
    var assembler = ChatAssembler()
    for chunk in chunks { _ = try assembler.take(try JSONValue(parsing: chunk)) }
    return try assembler.reply()
  }

  private func call(_ fields: String) -> String { #"{"choices":[{"delta":{"tool_calls":[{\#(fields)}]}}]}"# }

  @Test func aServerThatNumbersEveryCallZeroStillMakesTwo() throws {
    let calls = try reply([
      call(#""index":0,"id":"a","function":{"name":"x","arguments":"{}"}"#),
      call(#""index":0,"id":"b","function":{"name":"y","arguments":"{}"}"#),
    ]).toolCalls
    #expect(calls.map(\.name) == ["x", "y"])
  }

  @Test func aServerWithoutIndexesIsFollowedByIds() throws {
    let calls = try reply([
      call(#""id":"a","function":{"name":"x","arguments":"{\"p\""}"#), call(#""function":{"arguments":":1}"}"#),
      call(#""id":"b","function":{"name":"y","arguments":{"q":2}}"#),
    ]).toolCalls
    #expect(calls.map(\.arguments) == [#"{"p":1}"#, #"{"q":2}"#])
  }

  @Test func tooManyCallsAreRefused() throws {
    #expect(throws: WireError.self) {
      try reply((0..<129).map { call(#""index":\#($0),"id":"\#($0)","function":{"name":"x"}"#) })
    }
  }

  @Test func numbersOutOfRangeDoNotTrap() throws {
    let reply = try reply([
      #"{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":-5,"completion_tokens":1e300}}"#
    ])
    #expect(reply.inputTokens == 0)
    #expect(reply.outputTokens == 0)
  }

  @Test func contentInPartsIsJoined() throws {
    #expect(try reply([#"{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"text":"b"}]}}]}"#]).text == "ab")
  }
}

@Suite struct ModelEndpointTests {
  @Test(arguments: [
    ("https://api.openai.com/v1", "https://api.openai.com/v1/chat/completions"),
    ("http://localhost:8080/v1/", "http://localhost:8080/v1/chat/completions"),
    ("http://localhost:8080", "http://localhost:8080/chat/completions"),
    ("https://h/openai/chat/completions", "https://h/openai/chat/completions"),
    ("https://h/v1?api-version=2", "https://h/v1/chat/completions?api-version=2"),
  ])
  func aBaseAddressIsJoined(base: String, url: String) throws {
    #expect(try ModelEndpoint(base: base, key: nil).url == url)
  }

  @Test(arguments: [
    "", "localhost:8080", "ftp://h/", "http://", "http:///v1", "https://user:pw@h/v1", "http://h/a b", "http://h/#x",
  ])
  func anAddressThatCannotBeIsRefusedWithASentence(base: String) {
    #expect(throws: WireError.self) { try ModelEndpoint(base: base, key: nil) }
  }

  @Test func aKeyWithALineBreakIsRefusedAndNeverShown() {
    do throws(WireError) {
      _ = try ModelEndpoint(base: "http://h", key: "hush\nX-Evil: 1")
      Issue.record("accepted")
    } catch {
      #expect(!error.description.contains("hush"))
    }
  }

  @Test func anEndpointPrintsWithoutItsKey() throws {
    let endpoint = try ModelEndpoint(base: "http://h", key: "hush-hush")
    var dumped = ""
    dump(endpoint, to: &dumped)
    #expect(!"\(endpoint) \(String(reflecting: endpoint)) \(dumped)".contains("hush"))
    #expect(endpoint.redacting("bad key hush-hush!") == "bad key [key]!")
  }
}

@Suite struct RetryScheduleTests {
  private let schedule = RetrySchedule(maxRetries: 4, base: .seconds(1), cap: .seconds(5), budget: .seconds(60))

  @Test func waitsDoubleUpToTheCapAndAreSpreadOverAllOfIt() {
    let longest = (1...4).map { schedule.delay(retry: $0, elapsed: .zero, retryAfter: nil, random: 1) }
    #expect(longest == [.seconds(1), .seconds(2), .seconds(4), .seconds(5)])
    #expect(schedule.delay(retry: 3, elapsed: .zero, retryAfter: nil, random: 0) == .zero)
    #expect(schedule.delay(retry: 5, elapsed: .zero, retryAfter: nil, random: 0) == nil)
  }

  @Test func whatTheServerAsksForIsNeverUndercut() {
    #expect(schedule.delay(retry: 1, elapsed: .zero, retryAfter: .seconds(20), random: 0) == .seconds(20))
  }

  @Test func theBudgetEndsIt() {
    #expect(schedule.delay(retry: 1, elapsed: .seconds(59), retryAfter: nil, random: 1) == nil)
    #expect(schedule.delay(retry: 1, elapsed: .seconds(50), retryAfter: .seconds(20), random: 0) == nil)
  }
}

@Suite struct ModelSpecTests {
  @Test func theSpecsThereAreAreUnderstood() throws {
    #expect(try ModelSpec(parsing: "offline") == .offline)
    #expect(try ModelSpec(parsing: "openai:llama3:8b") == .openAI("llama3:8b"))
    #expect(try ModelSpec(parsing: "anthropic:x") == .anthropic("x"))
  }

  @Test(arguments: ["", "openai", "openai:", "offline:x", "gpt-4", "anthropic:"])
  func othersAreRefusedAsUsage(spec: String) {
    do throws(WireError) {
      _ = try ModelSpec(parsing: spec)
      Issue.record("accepted")
    } catch {
      #expect(error.errorCode == .usage)
      #expect(!error.hint.isEmpty)
    }
  }
}
