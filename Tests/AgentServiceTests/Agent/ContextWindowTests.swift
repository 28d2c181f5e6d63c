import JSON
import Testing
import Wire

@testable import AgentService

/// What a model is shown stays inside its window, however long the session is, and what was left out can be read again.
@Suite struct ContextWindowTests {
  private let now = Timestamp()

  private func started(_ task: String) -> TranscriptEntry { .of(now) { $0.taskStarted = .with { $0.taskId = task } } }
  private func user(_ text: String) -> TranscriptEntry { .of(now) { $0.user = .with { $0.text = text } } }
  private func turn(_ number: Int, bytes: Int) -> [TranscriptEntry] {
    [
      .of(now) { entry in
        entry.assistant = .with { $0.toolCalls = [.with { ($0.id, $0.name) = ("c\(number)", "sql_query") }] }
      },
      .of(now) { entry in
        entry.toolResult = .with {
          ($0.callId, $0.name) = ("c\(number)", "sql_query")
          $0.content = "result \(number) " + String(repeating: "x", count: bytes)
        }
      },
    ]
  }

  private func window(_ transcript: Transcript, _ task: String, bytes: Int) -> [TranscriptEntry] {
    transcript.window(for: task, bytes: bytes)
  }

  private func size(_ entries: [TranscriptEntry]) -> Int { entries.reduce(0) { $0 + $1.encodedSize } }

  @Test func whatFitsIsShownWhole() {
    let transcript = Transcript(taskId: "t", steps: [[started("t"), user("Q")]] + (0..<5).map { turn($0, bytes: 1_000) })
    #expect(window(transcript, "t", bytes: 100_000) == transcript.entries)
  }

  @Test func oldResultsAreCutFirstAndNamedByTheirNumber() {
    let transcript = Transcript(taskId: "t", steps: [[started("t"), user("Q")]] + (0..<20).map { turn($0, bytes: 4_000) })
    let shown = window(transcript, "t", bytes: 60_000)
    #expect(size(shown) <= 60_000)
    #expect(shown.count == transcript.entries.count)
    let results = shown.compactMap(\.toolResult)
    #expect(results[0].content.contains(#"read_result with {"result": 1}"#))
    #expect(results.last?.content == transcript.results(of: "").last?.content)
    #expect(results[18].content == transcript.results(of: "")[18].content)
  }

  @Test func cutsAreMadeInStridesSoThatTheTextStays() {
    var steps = [[started("t"), user("Q")]] + (0..<20).map { turn($0, bytes: 4_000) }
    let before = window(Transcript(taskId: "t", steps: steps), "t", bytes: 60_000)
    steps.append(turn(20, bytes: 1_000))
    let after = window(Transcript(taskId: "t", steps: steps), "t", bytes: 60_000)
    #expect(Array(after.prefix(before.count)) == before)
  }

  @Test func earlierTasksGoBeforeTheTurnsOfThisOne() {
    let earlier = (0..<10).flatMap { task in
      [[started("e\(task)"), user(String(repeating: "old question ", count: 200))]] + [turn(task, bytes: 100)]
    }
    let transcript = Transcript(taskId: "t", steps: earlier + [[started("t"), user("now")], turn(90, bytes: 100)])
    let shown = window(transcript, "t", bytes: 8_000)
    #expect(size(shown) <= 8_000)
    #expect(shown.first?.context?.text.contains("Earlier tasks") == true)
    #expect(shown.contains { $0.user?.text == "now" })
    #expect(shown.compactMap(\.toolResult).last?.callId == "c90")
  }

  @Test func aTaskOfAThousandTurnsStaysInsideTheWindow() {
    var transcript = Transcript(taskId: "t", steps: [[started("t"), user("Q")]])
    for number in 0..<1_000 {
      transcript.append(turn(number, bytes: 3_000))
      guard number.isMultiple(of: 50) || number > 990 else { continue }
      let shown = window(transcript, "t", bytes: 40_000)
      #expect(size(shown) <= 40_000, "\(number): \(size(shown))")
      #expect(shown.contains { $0.user?.text == "Q" })
      #expect(shown.last?.toolResult?.content == transcript.results(of: "").last?.content)
      // Each result that is shown stands behind its call, as servers want it.
      let calls = Set(shown.compactMap(\.assistant).flatMap(\.toolCalls).map(\.id))
      #expect(shown.compactMap(\.toolResult).allSatisfy { calls.contains($0.callId) })
    }
    #expect(transcript.entries.count == 2_002, "history itself is whole")
  }

  @Test func aResultThatWasLeftOutCanBeReadAgain() async throws {
    let long = String(repeating: "é", count: 40_000)
    let big = CountedTool("look") { (_) async throws(WireError) in ToolOutput(content: long) }
    let rig = LoopRig(tools: [big, ReadResultTool(), CountedTool.finish("done")])
    let model = ScriptedModel { (turn, _) throws(WireError) in
      switch turn {
      case 0: ScriptedModel.calls("look")
      case 1: ScriptedModel.calls("read_result", arguments: #"{"result":1}"#)
      case 2: ScriptedModel.calls("read_result", arguments: #"{"result":9}"#)
      default: ScriptedModel.calls("finish")
      }
    }
    #expect(try await rig.run(model) == .finished(.completed))
    let results = rig.chain.entries.compactMap(\.toolResult)
    let piece = try JSONValue(parsing: results[1].content)
    #expect(piece["tool"] == "look")
    #expect(piece["text"]?.string?.hasPrefix("éé") == true)
    #expect(piece["next_offset"]?.integer ?? 0 > 0)
    #expect(results[2].isError && results[2].content.contains("no result 9"))
  }
}
