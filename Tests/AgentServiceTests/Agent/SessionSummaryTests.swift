import Testing
import Wire

@testable import AgentService

@Suite struct SessionSummaryTests {
  private func task(_ number: Int, bulk: Int) -> [TranscriptEntry] {
    func entry(_ fill: (inout TranscriptEntry) -> Void) -> TranscriptEntry { .of(Timestamp(), fill) }
    return [
      entry { $0.taskStarted = .with { $0.taskId = "task_\(number)" } },
      entry { $0.user = .with { $0.text = "question \(number)" } },
      entry { $0.assistant = .with { $0.toolCalls = [.with { ($0.id, $0.name) = ("c", "sql_query") }] } },
      entry {
        $0.toolResult = .with {
          ($0.callId, $0.name, $0.sql, $0.content) = ("c", "sql_query", "SELECT \(number)", String(repeating: "x", count: bulk))
        }
      },
      entry {
        $0.assistant = .with {
          $0.toolCalls = [.with { ($0.id, $0.name, $0.arguments) = ("f", "finish", #"{"answer":"answer \#(number)"}"#) }]
        }
      },
      entry { $0.taskFinished = .with { ($0.taskId, $0.status) = ("task_\(number)", .completed) } },
    ]
  }

  @Test func earlierTasksAreSummedUpWhenTheyGrowTooLarge() throws {
    let small = Transcript(taskId: "next", steps: [task(1, bulk: 10)])
    #expect(SessionSummary.due(small, bytes: 100_000) == nil)
    #expect(SessionSummary.due(small, bytes: .max) == nil)
    let large = Transcript(taskId: "next", steps: (1...20).map { task($0, bulk: 5_000) })
    let summary = try #require(SessionSummary.due(large, bytes: 100_000))
    #expect(summary.text.contains("question 20") && summary.text.contains("answer 20") && summary.text.contains("SELECT 20"))
    #expect(summary.text.contains("question 1\n"))
    #expect(summary.text.utf8.count < 12_500)
    // The newest stay when there is no room for all.
    let tight = try #require(SessionSummary.due(large, bytes: 4_000))
    #expect(tight.text.contains("answer 20") && !tight.text.contains("question 1\n"))
    #expect(tight.text.contains("earlier questions are left out"))
  }

  @Test func aSummaryOfASummaryKeepsWhatTheFirstSaid() throws {
    let first = TranscriptEntry.of(Timestamp()) { $0.summary = .with { $0.text = "long ago: 41" } }
    let steps = [[first]] + (1...20).map { task($0, bulk: 5_000) }
    let summary = try #require(SessionSummary.due(Transcript(taskId: "next", steps: steps), bytes: 200_000))
    #expect(summary.text.contains("long ago: 41") && summary.text.contains("answer 20"))
  }

  /// A model that knows its own window and remembers how much it was shown.
  private struct Reader: Model {
    let name = "reader"
    var windowBytes: Int { 30_000 }
    let isLanguageModel = false

    func respond(to turn: ModelTurn, onToken: @escaping @Sendable (String) -> Void) async throws(WireError) -> ModelReply {
      let size = turn.entries.reduce(0) { $0 + $1.encodedSize }
      let turns = TaskProgress(taskId: turn.taskId, entries: turn.entries).turns
      if turns < 3 { return ScriptedModel.calls("look") }
      return ModelReply(text: "saw \(size) bytes\(turn.entries.contains { $0.summary != nil } ? " and a summary" : "")")
    }
  }

  @Test func aLongSessionStaysInsideTheWindowAndItsHistoryWhole() async throws {
    var rig = LoopRig(
      tools: [CountedTool("look") { (_) async throws(WireError) in ToolOutput(content: String(repeating: "y", count: 2_000)) }])
    for number in 1...12 {
      rig.taskId = "task_00000000000\(number % 10)"
      if number > 9 { rig.taskId = "task_0000000000\(number)" }
      rig.chain.allow(nil)
      #expect(try await rig.run(Reader()) == .finished(.completed))
      let answer = try #require(rig.chain.result?.answer)
      let bytes = try #require(answer.split(separator: " ").compactMap { Int($0) }.first)
      #expect(bytes <= 30_000, "\(answer)")
    }
    #expect(rig.chain.entries.contains { $0.summary != nil })
    #expect(rig.chain.entries.count { $0.user != nil } == 12)
    #expect(rig.chain.entries.count { $0.toolResult?.content.utf8.count == 2_000 } == 36)
  }

  @Test(arguments: ["hi", "Hello there!", "good morning", "Halo", "selamat pagi", "terima kasih", "thanks!"])
  func aGreetingIsOne(_ text: String) { #expect(Greeting.isOne(text)) }

  @Test(arguments: ["", "hi, how many flights?", "good carriers", "how are sales", "halo berapa pesanan", "thanks to whom?"])
  func aQuestionIsNone(_ text: String) { #expect(!Greeting.isOne(text)) }

  @Test func whoSaysHelloIsNotAnsweredWithWork() async throws {
    var rig = LoopRig(tools: [CountedTool("sql_query"), CountedTool.finish("Hello!")])
    rig.prompt = "Good morning"
    let model = ScriptedModel { (_, turn) throws(WireError) in
      #expect(turn.tools.map(\.name) == ["finish"])
      return ModelReply(text: "Good morning! Ask me something about your data.")
    }
    #expect(try await rig.run(model) == .finished(.completed))
  }
}
