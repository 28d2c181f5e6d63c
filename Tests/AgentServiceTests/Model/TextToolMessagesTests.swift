import JSON
import Testing
import Wire

@testable import AgentService

/// What a model that knows no form of tools is told, and how its queries are understood.
@Suite struct TextToolMessagesTests {
  private static let tools = ToolRegistry.standard.tools(for: .query).filter {
    ["sql_query", "search_schema", "finish"].contains($0.name)
  }

  private func entry(_ fill: (inout TranscriptEntry) -> Void) -> TranscriptEntry { .of(Timestamp(), fill) }

  private func messages(_ entries: [TranscriptEntry], isStuck: Bool = false) -> [(role: String, text: String)] {
    var turn = ModelTurn(system: "You are KAI.", entries: entries, taskId: "t", tools: Self.tools, stepsLeft: 50)
    turn.isStuck = isStuck
    let body = ChatRequest.body(model: "m", turn, ModelHabits(tools: .text, temperature: 0, answerTokens: 500))
    #expect(body["tools"] == nil && body["max_tokens"] == 500)
    #expect(body["temperature"] == (isStuck ? 0.8 : 0.0))
    return (body["messages"]?.array ?? []).map { ($0["role"]?.string ?? "", $0["content"]?.string ?? "") }
  }

  private func attempt(_ id: String, _ sql: String, _ result: String) -> [TranscriptEntry] {
    [
      entry {
        $0.assistant = .with {
          $0.toolCalls = [.with { ($0.id, $0.name, $0.arguments) = (id, "sql_query", #"{"sql":"\#(sql)"}"#) }]
        }
      },
      entry { $0.toolResult = .with { ($0.callId, $0.name, $0.content) = (id, "sql_query", result) } },
    ]
  }

  @Test func toolsStandInTheSystemMessageAndResultsAreTheUsersWords() {
    let question = entry { $0.user = .with { $0.text = "How many?" } }
    let first = messages([question])
    #expect(first.map(\.role) == ["system", "user"])
    #expect(first[0].text.contains("```sql") && first[0].text.contains("- search_schema {\"text\": text, \"limit\"?: integer}"))
    #expect(!first[0].text.contains("- finish"))
    #expect(first[1].text.hasPrefix("How many?") && first[1].text.contains("one ```sql block"))
    let second = messages([question] + attempt("c", "SELECT 1", #"{"rows":[[1]]}"#))
    #expect(second.map(\.role) == ["system", "user", "assistant", "user"])
    #expect(second[2].text == "```sql\nSELECT 1\n```")
    #expect(second[3].text.hasPrefix("Result of sql_query:\n{\"rows\":[[1]]}") && second[3].text.contains("one plain sentence"))
  }

  @Test func whoIsStuckIsToldOfTheLastAttemptAlone() {
    let question = entry { $0.user = .with { $0.text = "How many?" } }
    let failure = #"{"error":{"code":"sql_error","message":"no such column: x","hint":""}}"#
    let entries = [question] + attempt("a", "SELECT x", failure) + attempt("b", "SELECT x", failure)
    let told = messages(entries, isStuck: true)
    #expect(told.map(\.role) == ["system", "user"])
    #expect(told[1].text.contains("SELECT x") && told[1].text.contains("no such column: x"))
    // What went well stays.
    #expect(messages(entries + attempt("c", "SELECT 1", "{}"), isStuck: true).count == 8)
  }

  @Test(arguments: [
    "```sql\nSELECT 1 FROM t;\n```", "Let us see.\n```sql\nSELECT 1 FROM t\n```\nThe answer is 5.", "SELECT 1 FROM t;",
    "```sql\nSELECT 1 FROM t",
  ])
  func aBlockOfSQLIsAQuery(_ text: String) {
    let reply = TextToolCalls(tools: Self.tools, readsSQL: true).reading(ModelReply(text: text))
    #expect(reply.toolCalls.map(\.name) == ["sql_query"])
    #expect((try? JSONValue(parsing: reply.toolCalls[0].arguments))?["sql"] == "SELECT 1 FROM t")
    #expect(reply.text == "" || reply.text == "Let us see.")
    // Of a model that calls tools in their own form it is something that is shown.
    #expect(TextToolCalls(tools: Self.tools).reading(ModelReply(text: text)).toolCalls.isEmpty)
  }

  @Test(arguments: ["The answer is 5.", "Select the first from the list? No.", "```\nno sql\n```", "```sql\n```"])
  func anAnswerIsNone(_ text: String) {
    let reply = TextToolCalls(tools: Self.tools, readsSQL: true).reading(ModelReply(text: text))
    #expect(reply.toolCalls.isEmpty || text.hasPrefix("Select"))
  }

  @Test func asJSONEachReplyIsOneCallThatTheServerHoldsTheModelTo() throws {
    let question = entry { $0.user = .with { $0.text = "How many?" } }
    let entries = [question] + attempt("c", "SELECT 1", #"{"rows":[[1]]}"#)
    let turn = ModelTurn(system: "You are KAI.", entries: entries, taskId: "t", tools: Self.tools, stepsLeft: 50)
    let body = ChatRequest.body(model: "m", turn, ModelHabits(tools: .json))
    #expect(body["tools"] == nil && body["response_format"]?["type"] == "json_schema")
    let schema = try #require(body["response_format"]?["json_schema"]?["schema"])
    #expect(schema["required"] == ["call"] && schema["additionalProperties"] == false)
    let choices = try #require(schema["properties"]?["call"]?["anyOf"]?.array)
    #expect(Set(choices.compactMap { $0["properties"]?["name"]?["enum"]?.array?.first?.string }) == Set(Self.tools.map(\.name)))
    #expect(
      choices.allSatisfy { $0["properties"]?["arguments"]?["type"] == "object" && $0["required"] == ["name", "arguments"] })
    let told = (body["messages"]?.array ?? []).map { $0["content"]?.string ?? "" }
    #expect(told.count == 4 && told[0].contains("- finish {\"answer\": text") && told[1] == "How many?")
    #expect(told[2] == #"{"call": {"name": "sql_query", "arguments": {"sql":"SELECT 1"}}}"#)
    #expect(told[3] == "Result of sql_query:\n{\"rows\":[[1]]}")
    // What it is shown of its own calls is what it is to write.
    let reply = TextToolCalls(tools: Self.tools).reading(ModelReply(text: told[2]))
    #expect(reply.toolCalls.map(\.name) == ["sql_query"] && reply.text == "")
    let greeting = ModelTurn(system: "You are KAI.", entries: entries, taskId: "t", tools: [], stepsLeft: 50)
    #expect(ChatRequest.body(model: "m", greeting, ModelHabits(tools: .json))["response_format"] == nil)
  }
}
