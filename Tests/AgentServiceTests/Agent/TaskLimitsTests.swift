import Testing
import Wire

@testable import AgentService

/// What ends a task before its answer: always with a partial result that says which limit it was, and never with an empty one.
@Suite struct TaskLimitsTests {
  private func rig(_ budgets: Budgets, _ tools: (any Tool)...) -> LoopRig {
    var rig = LoopRig(tools: tools + [CountedTool.finish("done")])
    rig.policy = .with { $0.budgets = budgets }
    return rig
  }

  private func endless(_ name: String, arguments: String = "{}") -> ScriptedModel {
    ScriptedModel { (_, _) throws(WireError) in ScriptedModel.calls(name, arguments: arguments) }
  }

  private func query(rows: UInt64?) -> CountedTool {
    CountedTool("sql_query") { (_) async throws(WireError) in
      guard let rows else { throw WireError(.sqlError, "no such table") }
      return ToolOutput(content: "{}", sql: "SELECT 1", rowCount: rows)
    }
  }

  @Test func eachLimitEndsTheTaskWithWhatWasFound() async throws {
    let cases: [(Budgets, CountedTool, String, Int)] = [
      (.with { $0.toolCalls = 4 }, CountedTool("look"), "limit of 4 tool calls", 4),
      (.with { $0.tokens = 25 }, CountedTool("look"), "limit of 25 tokens", 3),
      (
        Budgets(), CountedTool("look") { (_) async throws(WireError) in throw WireError(.toolFailed, "no") },
        "limit of 3 failures", 3
      ),
      (Budgets(), query(rows: 0), "limit of 8 queries in a row that found nothing", 8),
      (
        .with { ($0.sqlErrors, $0.identicalFailures) = (5, 100) }, query(rows: nil),
        "limit of 5 queries in a row that the database refused", 5
      ),
    ]
    for (budgets, tool, words, runs) in cases {
      let rig = rig(budgets, tool)
      #expect(try await rig.run(endless(tool.definition.name)) == .finished(.partial), "\(words)")
      let result = try #require(rig.chain.result)
      #expect(result.error?.errorCode == .budgetExhausted)
      #expect(result.error?.message.contains(words) == true, "\(result.error?.message ?? "")")
      #expect(result.answer.contains(words) && result.degraded.contains { $0.contains(words) }, "\(result.answer)")
      #expect(tool.runs == runs, "\(words)")
    }
  }

  @Test func rowsBetweenEmptyResultsBeginTheCountAnew() async throws {
    let tool = CountedTool("sql_query") { (_) async throws(WireError) in ToolOutput(content: "{}", sql: "s", rowCount: 1) }
    var rig = rig(.with { $0.emptyResults = 2 }, tool)
    rig.recursionLimit = 6
    #expect(try await rig.run(endless("sql_query")) == .finished(.partial))
    #expect(rig.chain.result?.error?.errorCode == .recursionLimit)
  }

  @Test func theSameCallIsTheSameWhateverTheOrderOfItsArguments() async throws {
    let tool = CountedTool("look") { (_) async throws(WireError) in throw WireError(.toolFailed, "no") }
    let rig = rig(Budgets(), tool)
    let orders = [#"{"a":1,"b":[{"c":2,"d":3}]}"#, #"{ "b": [ { "d": 3, "c": 2 } ], "a": 1 }"#]
    let model = ScriptedModel { (turn, _) throws(WireError) in ScriptedModel.calls("look", arguments: orders[turn % 2]) }
    #expect(try await rig.run(model) == .finished(.partial))
    #expect(tool.runs == 3)
  }

  @Test func aLargerBudgetLetsTheTaskGoOnFromWhereItStopped() async throws {
    let tool = CountedTool("look")
    var rig = rig(.with { $0.toolCalls = 2 }, tool)
    let model = ScriptedModel { (turn, modelTurn) throws(WireError) in
      tool.runs >= 3 ? ScriptedModel.calls("finish") : ScriptedModel.calls("look")
    }
    #expect(try await rig.run(model) == .finished(.partial))
    rig.policy = .with { $0.budgets = .with { $0.toolCalls = 10 } }
    rig.chain.allow(nil)
    #expect(try await rig.run(model, attempt: 2) == .finished(.completed))
    #expect(tool.runs == 3)
    #expect(rig.chain.result?.resumed == true)
  }
}
