import JSON
import Testing
import Wire

@testable import AgentService

/// Work that is delegated: done turn by turn in the same transcript, with fewer tools and a part of the budgets.
@Suite struct SubAgentTests {
  private static let delegate = #"{"role":"analyst","task":"count the late flights"}"#

  /// The agent delegates, then answers with what it was told. `helper` says what the sub-agent does in its turns, from 0.
  private func model(
    _ helper: @escaping @Sendable (Int, ModelTurn) throws(WireError) -> ModelReply
  ) -> ScriptedModel {
    ScriptedModel { (turn, modelTurn) throws(WireError) in
      guard modelTurn.system.contains("You work for another agent") else {
        if turn == 0 { return ScriptedModel.calls(DelegateTool.name, text: "Let us see.", arguments: Self.delegate) }
        let told = modelTurn.entries.last { $0.toolResult?.name == DelegateTool.name }?.toolResult?.content ?? "nothing"
        return ModelReply(text: told)
      }
      return try helper(modelTurn.entries.count { $0.assistant != nil }, modelTurn)
    }
  }

  private func rig(_ more: any Tool...) -> LoopRig {
    LoopRig(tools: [DelegateTool(), CountedTool.finish("42 flights"), CountedTool("write_file", .idempotent)] + more)
  }

  @Test func aHelperWorksInTheSameTranscriptAndItsReportIsTheCallsResult() async throws {
    let look = CountedTool("sql_query") { (_) async throws(WireError) in ToolOutput(content: "42", sql: "SELECT 42", rowCount: 1)
    }
    let rig = rig(look)
    let model = model { (turn, modelTurn) throws(WireError) in
      #expect(Set(modelTurn.tools.map(\.name)) == ["sql_query", "finish"])
      #expect(modelTurn.entries.contains { $0.user?.text == "count the late flights" })
      #expect(!modelTurn.entries.contains { $0.user?.text == "How many?" })
      return ScriptedModel.calls(turn == 0 ? "sql_query" : "finish")
    }
    #expect(try await rig.run(model) == .finished(.completed))
    let result = try #require(rig.chain.result)
    #expect(result.answer.contains(#""agent":"analyst""#) && result.answer.contains("42 flights"))
    #expect(result.steps == 4 && result.usage?.toolCalls == 3 && result.sqlUsed.map(\.sql) == ["SELECT 42"])
    // Whose turn it was is in the transcript, in the calls' ids and in the events.
    #expect(rig.chain.entries.compactMap(\.assistant).map(\.agent) == ["", "a1", "a1", ""])
    #expect(rig.chain.entries.compactMap(\.toolResult).map(\.callId) == ["a1/c0", "a1/c0", "c0"])
    let events = rig.chain.steps.flatMap(\.events).filter { $0.kind == .toolFinished }
    #expect(events.map(\.agent) == ["a1", "a1", ""])
    // The agent itself reads the report alone.
    let window = try rig.chain.fetch(taskId: rig.taskId).window(for: rig.taskId, bytes: .max)
    #expect(window.compactMap(\.toolResult).map(\.name) == ["delegate"])
  }

  @Test(arguments: 1...6) func aHelperGoesOnWhereADeadNodeLeftIt(_ commits: Int) async throws {
    let look = CountedTool("sql_query")
    let rig = rig(look)
    let model = model { (turn, _) throws(WireError) in ScriptedModel.calls(turn < 2 ? "sql_query" : "finish") }
    rig.chain.allow(commits)
    let ending = try await rig.run(model)
    if case .finished = ending {
    } else {
      rig.chain.allow(nil)
      #expect(try await rig.run(model, attempt: 2) == .finished(.completed))
    }
    #expect(rig.chain.entries.compactMap(\.assistant).map(\.agent) == ["", "a1", "a1", "a1", ""])
    #expect(rig.chain.result?.answer.contains("42 flights") == true)
  }

  @Test func aHelperGetsHalfOfWhatIsLeftAndItsEndIsNotTheTasks() async throws {
    let look = CountedTool("sql_query")
    var rig = rig(look)
    rig.recursionLimit = 9
    let model = model { (_, _) throws(WireError) in ScriptedModel.calls("sql_query", text: "still at it") }
    #expect(try await rig.run(model) == .finished(.completed))
    // One turn of the agent's, then half of the eight that are left.
    #expect(look.runs == 4)
    #expect(rig.chain.result?.answer.contains("recursion_limit") == true)
    #expect(rig.chain.result?.answer.contains("still at it") == true)
  }

  @Test func theTasksBudgetsCountWhatHelpersUse() async throws {
    let look = CountedTool("sql_query")
    var rig = rig(look)
    rig.policy = .with { $0.budgets = .with { $0.toolCalls = 3 } }
    let model = model { (_, _) throws(WireError) in
      ScriptedModel.calls("sql_query", "sql_query", "sql_query", "sql_query")
    }
    #expect(try await rig.run(model) == .finished(.partial))
    #expect(rig.chain.result?.error?.errorCode == .budgetExhausted)
    #expect(look.runs < 4)
  }

  @Test func aHelperHasNoToolsButItsOwnAndCannotDelegate() async throws {
    let rig = rig(CountedTool("sql_query"))
    let model = model { (turn, _) throws(WireError) in
      turn == 0
        ? ScriptedModel.calls("write_file", DelegateTool.name, arguments: Self.delegate) : ScriptedModel.calls("finish")
    }
    #expect(try await rig.run(model) == .finished(.completed))
    let errors = rig.chain.entries.compactMap(\.toolResult).filter(\.isError).map(\.content)
    #expect(errors.count == 2 && errors.allSatisfy { $0.contains("unknown_tool") })
  }

  @Test func whatCannotBeUnderstoodIsTheModelsToMend() async throws {
    let rig = rig()
    let model = ScriptedModel { (turn, _) throws(WireError) in
      turn == 0
        ? ScriptedModel.calls(DelegateTool.name, arguments: #"{"role":"poet","task":"x"}"#) : ModelReply(text: "no poets")
    }
    #expect(try await rig.run(model) == .finished(.completed))
    #expect(rig.chain.entries.compactMap(\.toolResult).first?.content.contains("planner, analyst, writer") == true)
  }

  @Test func aHelperIsGivenWhatWasTaughtToo() throws {
    var transcript = Transcript(taskId: "t")
    let sources = ["schema", "memory:shared/notes/x", "knowledge:instruction/java", "block:shared/persona", "task.context"]
    transcript.append(
      [.of(Timestamp()) { $0.taskStarted = .with { $0.taskId = "t" } }]
        + sources.map { source in .of(Timestamp()) { $0.context = .with { ($0.source, $0.text) = (source, "x") } } }
        + [
          .of(Timestamp()) {
            $0.assistant = .with {
              $0.toolCalls = [.with { ($0.id, $0.name, $0.arguments) = ("c", DelegateTool.name, Self.delegate) }]
            }
          }
        ])
    let helper = try #require(transcript.progress.pending.compactMap(SubAgent.init).first)
    let given = helper.entries(of: transcript, taskId: "t", bytes: 1 << 20).compactMap(\.context?.source)
    #expect(given == Array(sources.prefix(4)))
  }
}
