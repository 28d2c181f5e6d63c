import Testing
import Wire

@testable import AgentService

@Suite struct NumberTracingTests {
  private func tracing(_ content: String, rows: UInt64? = nil) -> NumberTracing {
    let started = TranscriptEntry.of(Timestamp()) { $0.taskStarted = .with { $0.taskId = "t" } }
    let user = TranscriptEntry.of(Timestamp()) { $0.user = .with { $0.text = "Which carriers have more than 5000 flights?" } }
    let result = TranscriptEntry.of(Timestamp()) {
      $0.toolResult = .with {
        ($0.name, $0.content, $0.sql, $0.rowCount) = ("sql_query", content, "SELECT 1", rows)
      }
    }
    return NumberTracing(taskId: "t", entries: [started, user, result])
  }

  @Test func numbersAreReadAsPeopleWriteThem() {
    let text = "1,234.5 and 1.234,5 and 1.234.567 and 0.25 and 12% and 3.2e6, not Q17, N711MQ, x_99 or 2nd; 5,000; -7; 1,5"
    #expect(
      NumberTracing.numbers(in: text).map(\.value) == [
        1_234.5, 1_234.5, 1_234_567, 0.25, 12, 3_200_000, 5_000, 7, 1.5,
      ])
  }

  @Test func whatAResultHasIsTracedHoweverItIsRounded() {
    let known = tracing(#"{"columns":["a"],"rows":[[20.2155,51356,0.1234,367687]],"row_count":4321}"#, rows: 4_321)
    let good = [
      "20.22", "20.2", "20", "51,356", "51.356", "12.3%", "12.34 percent", "367.7 thousand", "4,321 rows", "5000 flights",
      "in 2013",
      "the top 10",
    ]
    for text in good { #expect(known.untraced(in: FinishCall(answer: text)) == [], "\(text)") }
    let bad = ["20.3", "51,357", "13.4%", "4,322 rows", "999 flights"]
    for text in bad { #expect(known.untraced(in: FinishCall(answer: text)).count == 1, "\(text)") }
    var call = FinishCall(answer: "See the table.")
    call.table = .with {
      $0.columns = ["n"]
      $0.rows = [.with { $0.cells = [.with { ($0.text, $0.isNumber) = ("51356", true) }] }]
    }
    #expect(known.untraced(in: call) == [])
    call.table?.rows[0].cells[0].text = "51400"
    #expect(known.untraced(in: call) == ["51400"])
  }

  @Test func aMonthIsANumberByAnotherName() {
    let known = tracing(#"{"columns":["month","day"],"rows":[[2,"2013-11-30"],["Agustus",1]]}"#)
    for text in ["In February.", "pada bulan November dan Agustus", "It may be so, in August"] {
      #expect(known.untraced(in: FinishCall(answer: text)) == [], "\(text)")
    }
    #expect(known.untraced(in: FinishCall(answer: "It was in July, or in Juli.")) == ["July", "Juli"])
  }

  /// A language model that queries, answers with `answers` in turn, and is told of what nobody gave it.
  private func ask(_ answers: [String]) async throws -> TaskResult {
    let query = CountedTool("sql_query") { (_) async throws(WireError) in
      ToolOutput(content: #"{"rows":[[682]]}"#, sql: "SELECT count(*)", rowCount: 1)
    }
    let rig = LoopRig(tools: [query, FinishTool()])
    let model = Talker { turn in
      turn == 0
        ? ScriptedModel.calls("sql_query")
        : ScriptedModel.calls("finish", arguments: #"{"answer":"\#(answers[min(turn, answers.count) - 1])"}"#)
    }
    #expect(try await rig.run(model) == .finished(.completed))
    return try #require(rig.chain.result)
  }

  @Test func anAnswerWithANumberFromNowhereGoesBackOnce() async throws {
    let mended = try await ask(["There are 700 flights.", "There are 682 flights."])
    #expect(mended.answer == "There are 682 flights." && mended.untracedNumbers.isEmpty && mended.steps == 3)
    let stubborn = try await ask(["There are 700 flights."])
    #expect(stubborn.answer == "There are 700 flights." && stubborn.untracedNumbers == ["700"] && stubborn.steps == 3)
    let right = try await ask(["There are 682 flights."])
    #expect(right.steps == 2 && right.untracedNumbers.isEmpty)
  }
}

/// A scripted model whose words are not taken on trust.
private struct Talker: Model {
  let script: @Sendable (Int) -> ModelReply
  var name: String { "talker" }

  func respond(to turn: ModelTurn, onToken: @escaping @Sendable (String) -> Void) async throws(WireError) -> ModelReply {
    script(TaskProgress(taskId: turn.taskId, entries: turn.entries).turns)
  }
}
