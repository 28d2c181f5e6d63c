import JSON
import Testing
import Wire

@testable import AgentService

@Suite struct TurnCaptureTests {
  private func turn(_ task: String, _ prompt: String, _ said: String = "Java includes nothing.") -> [TranscriptEntry] {
    [
      .of(Timestamp()) { $0.taskStarted = .with { $0.taskId = task } },
      .of(Timestamp()) { $0.context = .with { ($0.text, $0.source) = ("Java includes Bali", "memory:shared/notes/x") } },
      .of(Timestamp()) { $0.user = .with { $0.text = prompt } },
      .of(Timestamp()) { $0.assistant = .with { $0.text = said } },
      .of(Timestamp()) { $0.taskFinished = .with { $0.taskId = task } },
    ]
  }

  private func lessons(_ entries: [TranscriptEntry], of task: String) -> [MemoryRememberRequest] {
    TurnCapture(taskId: task, step: 7, entries: entries).lessons()
  }

  @Test func aTurnIsKeptWithThoseAroundIt() {
    let entries = turn("t1", "total sales?") + turn("t2", "and by month?")
    let kept = lessons(entries, of: "t2")
    #expect(kept.map(\.key) == ["turn/t2", "turn/t1"])
    #expect(kept.map(\.content) == ["and by month?", "total sales?"])
    #expect(kept.map(\.neighbours) == ["total sales?", "and by month?"])
    #expect(kept.allSatisfy { $0.namespace == "session_context" && $0.sourceStep == 7 })
  }

  @Test func nothingIsLearnedFromTheAssistantOrFromWhatItWasGiven() {
    let kept = lessons(turn("t1", "total sales in Java?", "No, use net_revenue. Revenue means price."), of: "t1")
    #expect(kept.map(\.namespace) == ["session_context"])
    #expect(!kept.contains { $0.content.contains("Bali") || $0.content.contains("price") })
  }

  @Test func aCorrectionIsKeptWithItsQuoteAndUnderTheSameKeyEachTime() throws {
    let entries = turn("t1", "total revenue?") + turn("t2", "No, use net_revenue. And by month?")
    let correction = try #require(lessons(entries, of: "t2").last)
    #expect(correction.namespace == "corrections" && correction.importance == 0.9)
    #expect(correction.content == "For “total revenue?”: use net_revenue")
    let value = try JSONValue(parsing: correction.value)
    #expect(value["quote"] == "No, use net_revenue. And by month?" && value["task"] == "t2")
    #expect(lessons(entries, of: "t2").last?.key == correction.key)
    #expect(TurnCapture.key(of: "use net_revenue") != TurnCapture.key(of: "use gross_revenue"))
  }

  @Test func whatAPersonAnswersCorrectsToo() throws {
    var entries = turn("t1", "total revenue in Java?")
    entries.insert(.of(Timestamp()) { $0.answer = .with { $0.text = "Java includes Jakarta and Banten" } }, at: 3)
    #expect(lessons(entries, of: "t1").last?.content == "Java includes Jakarta and Banten")
  }

  @Test(arguments: ["Hello", "terima kasih"])
  func agreetingIsNotKept(_ prompt: String) { #expect(lessons(turn("t1", prompt), of: "t1") == []) }

  /// A language model's turn of a session that learns, or does not.
  @Test(arguments: [LearningMode.off, .inject, .capture, .both])
  func theModeDecidesWhatIsGivenAndWhatIsKept(_ mode: LearningMode) async throws {
    var rig = LoopRig(tools: [FinishTool()])
    rig.policy = .with { $0.learning = mode }
    rig.prompt = "Java includes Jakarta"
    let model = ScriptedModel { _, _ in ScriptedModel.calls("finish", arguments: #"{"answer":"Noted."}"#) }
    #expect(try await rig.run(model) == .finished(.completed))
    let given = rig.chain.entries.contains { $0.context?.source == "memory:shared/rules/net" }
    #expect(given == mode.injects)
    #expect(rig.chain.lessons.map(\.namespace) == (mode.captures ? ["session_context", "corrections"] : []))
  }

  @Test func whatOnceWentWithAQuestionIsNotHeapedUp() {
    let entries = turn("t1", "one") + turn("t2", "two")
    var transcript = Transcript(taskId: "t2")
    transcript.append(entries)
    let taught = transcript.window(for: "t2", bytes: 1 << 20).compactMap(\.context).filter { Taught.isSource($0.source) }
    #expect(taught.count == 1)
  }

  @Test func anAnswerNamesWhatItFollows() {
    let given = [
      ("knowledge:instruction/java", "Java includes Jakarta"),
      ("knowledge:metric/net revenue", "net revenue is computed as: sum(price * quantity)"), ("memory:shared/notes/x", "x"),
    ]
    let entries =
      [TranscriptEntry.of(Timestamp()) { $0.taskStarted = .with { $0.taskId = "t" } }]
      + given.map { source, text in .of(Timestamp()) { $0.context = .with { ($0.source, $0.text) = (source, text) } } }
    let sql = [SqlUsed.with { $0.sql = "SELECT SUM( price*quantity ) FROM sales;" }]
    #expect(Taught.used([], sql: sql, taskId: "t", entries).map(\.source) == ["knowledge:metric/net revenue"])
    #expect(Taught.used(["java", "made up"], sql: [], taskId: "t", entries).map(\.source) == ["knowledge:instruction/java"])
  }
}
