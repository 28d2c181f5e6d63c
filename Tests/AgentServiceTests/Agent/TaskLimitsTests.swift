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
      (.with { $0.tokens = 25 }, CountedTool("look"), "limit of 25 tokens", 2),
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

  @Test func aLimitIsSeenBetweenTheCallsOfOneTurn() async throws {
    let tool = CountedTool("look")
    let rig = rig(.with { $0.toolCalls = 2 }, tool)
    let model = ScriptedModel { (_, _) throws(WireError) in ScriptedModel.calls("look", "look", "look", "look") }
    #expect(try await rig.run(model) == .finished(.partial))
    #expect(tool.runs == 2)
    #expect(rig.chain.entries.compactMap(\.toolResult).count == 4)
  }

  @Test func tokensThatATurnUsedUpLeaveNoneForItsCalls() async throws {
    let tool = CountedTool("look")
    let rig = rig(.with { $0.tokens = 10 }, tool)
    #expect(try await rig.run(endless("look")) == .finished(.partial))
    #expect(tool.runs == 0)
    #expect(rig.chain.result?.error?.message.contains("limit of 10 tokens") == true)
  }

  @Test func workThatTakesTooLongIsCutOff() async throws {
    let slow = CountedTool("look") { (_) async throws(WireError) in
      do { try await Task.sleep(for: .seconds(60)) } catch { throw WireError(.cancelled, "stopped") }
      return ToolOutput(content: "late")
    }
    let rig = rig(.with { $0.workMs = 200 }, slow)
    #expect(try await rig.run(endless("look")) == .finished(.partial))
    #expect(rig.chain.result?.error?.errorCode == .budgetExhausted)
    // A model that never answers, too.
    let quick = self.rig(.with { $0.workMs = 200 }, CountedTool("look"))
    #expect(try await quick.run(SilentModel()) == .finished(.partial))
    #expect(quick.chain.result?.error?.errorCode == .budgetExhausted)
  }

  @Test func costIsCountedByTheModelsPricesAndUnknownPricesEndTheTask() async throws {
    let prices = try ModelPrices(parsing: "0.15:0.60")
    #expect(prices.costMicros(input: 1_000_000, output: 1_000_000) == 750_000)
    #expect(prices.costMicros(input: 1, output: 0) == 1)
    let dear = try ModelPrices(parsing: "1000000:1000000")
    #expect(dear.costMicros(input: 18_000_000, output: 18_000_000) > 0, "no more than a number holds")
    #expect(dear.costMicros(input: .max, output: .max) > 0)
    for text in ["", "1", "1:2:3", "a:b", "-1:2", "1e9:1"] {
      #expect(throws: WireError.self) { try ModelPrices(parsing: text) }
    }
    let rig = rig(.with { $0.costMicros = 4 }, CountedTool("look"))
    #expect(try await rig.run(PricedModel(prices: prices)) == .finished(.partial))
    // Ten tokens in cost 2 millionths a turn, rounded up.
    #expect(rig.chain.result?.usage?.costMicros == 4)
    let blind = self.rig(.with { $0.costMicros = 4 }, CountedTool("look"))
    #expect(try await blind.run(PricedModel(prices: nil)) == .finished(.partial))
    #expect(blind.chain.result?.error?.hint.contains("--model-prices") == true)
  }
}

private struct SilentModel: Model {
  var name: String { "silent" }
  let isLanguageModel = false

  func respond(to turn: ModelTurn, onToken: @escaping @Sendable (String) -> Void) async throws(WireError) -> ModelReply {
    do { try await Task.sleep(for: .seconds(60)) } catch { throw WireError(.cancelled, "stopped") }
    return ModelReply(text: "late")
  }
}

private struct PricedModel: Model {
  var name: String { "priced" }
  let isLanguageModel = false
  let prices: ModelPrices?

  func respond(to turn: ModelTurn, onToken: @escaping @Sendable (String) -> Void) async throws(WireError) -> ModelReply {
    ScriptedModel.calls("look")
  }
}
