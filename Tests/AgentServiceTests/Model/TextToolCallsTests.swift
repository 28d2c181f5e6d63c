import JSON
import Testing
import Wire

@testable import AgentService

/// Models that write their calls into their text are understood, and answers stay answers.
@Suite struct TextToolCallsTests {
  private let reader = TextToolCalls(tools: ToolRegistry.standard.tools(for: .query))

  private func read(_ text: String) -> (calls: [String], text: String) {
    let reply = reader.reading(ModelReply(text: text))
    return (reply.toolCalls.map { "\($0.name) \($0.arguments)" }, reply.text)
  }

  @Test(arguments: [
    #"{"name": "list_tables", "arguments": {}}"#,
    #"{"name": "list_tables", "arguments": "{}"}"#,
    #"{"name":"list_tables"}"#,
    #"{"type":"function","function":{"name":"list_tables","arguments":{}}}"#,
    #"{"tool_calls":[{"function":{"name":"list_tables","parameters":{}}}]}"#,
    "<tool_call>\n{\"name\": \"list_tables\", \"arguments\": {}}\n</tool_call>",
    "<tool_call>{\"name\": \"list_tables\", \"arguments\": {}}",
    "```json\n{\"name\": \"list_tables\", \"arguments\": {}}\n```",
    "[{\"name\": \"list_tables\", \"parameters\": {}}]",
  ])
  func aCallInAnyWrappingIsACallAndNoText(_ text: String) {
    let found = read(text)
    #expect(found.calls == ["list_tables {}"])
    #expect(found.text == "", "\(found.text)")
  }

  @Test func wordsAroundACallStay() {
    let found = read(
      "Let me look.\n```json\n{\"name\":\"sql_query\",\"arguments\":{\"sql\":\"SELECT '{' || \\\"a\\\"\"}}\n```\nThen I answer.")
    #expect(found.calls == [#"sql_query {"sql":"SELECT '{' || \"a\""}"#])
    #expect(found.text == "Let me look.\nThen I answer.")
  }

  @Test func severalCallsComeInTheirOrder() {
    let call = { (table: String) in #"{"name":"describe_tables","arguments":{"tables":["\#(table)"]}}"# }
    #expect(read(call("a") + "\n" + call("b")).calls.map { $0.suffix(5) } == [#""a"]}"#, #""b"]}"#])
    #expect(read("<tool_call>\(call("a"))</tool_call>\n<tool_call>\(call("b"))</tool_call>").calls.count == 2)
  }

  @Test(arguments: [
    #"{"name": "Ana", "arguments": {}}"#, #"The answer is {"total": 7}."#, #"{"name": "list_tables", "arguments": [1]}"#,
    "No braces at all.", #"{"name": "list_tables", "#, "{}", "}{",
  ])
  func whatIsNoCallOfAToolThatThereIsStaysText(_ text: String) {
    let found = read(text)
    #expect(found.calls.isEmpty)
    #expect(found.text == text)
  }

  @Test func callsOfTheProtocolsOwnAreLeftAlone() {
    var reply = ModelReply(text: #"{"name":"list_tables","arguments":{}}"#)
    reply.toolCalls = [.with { $0.name = "recall" }]
    #expect(reader.reading(reply).toolCalls.map(\.name) == ["recall"])
    #expect(reader.reading(reply).text == reply.text)
  }
}
