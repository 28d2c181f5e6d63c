import JSON
import Testing
import Wire

@testable import AgentService

/// Calls that a person decides about: asked before they run, and settled by the answer, whichever node goes on.
@Suite struct PersonTests {
  /// A model that calls `names` in its first turn and finishes in the second.
  private func model(calling names: String..., arguments: String = "{}") -> ScriptedModel {
    ScriptedModel { (turn, _) throws(WireError) in
      turn > 0
        ? ScriptedModel.calls("finish")
        : .with(
          names.enumerated().map { index, name in
            ToolCall.with { ($0.id, $0.name, $0.arguments) = ("c\(index)", name, arguments) }
          })
    }
  }

  private func rig(_ tool: CountedTool, _ policy: SessionPolicy) -> LoopRig {
    var rig = LoopRig(tools: [tool, AskUserTool(), CountedTool.finish("done")])
    rig.policy = policy
    return rig
  }

  private static let unsafeOnly = SessionPolicy.with { $0.approval = .unsafe }

  private func result(_ rig: LoopRig, of name: String) -> ToolResultEntry? {
    rig.chain.entries.compactMap(\.toolResult).first { $0.name == name }
  }

  @Test func aCallWaitsForItsApprovalAndThenRunsOnce() async throws {
    let tool = CountedTool("pay", .unsafe)
    let rig = rig(tool, Self.unsafeOnly)
    #expect(try await rig.run(model(calling: "pay")) == .asked)
    #expect(tool.runs == 0)
    #expect(rig.chain.kinds == [.input, .question])
    #expect(rig.chain.steps.last?.ask?.call?.name == "pay")
    #expect(rig.chain.steps.last?.ask?.id == "q2")
    let answer = TaskAnswer.with { ($0.verdict, $0.note, $0.keyName) = (.approve, "go on", "ana") }
    #expect(try await rig.run(model(calling: "pay"), attempt: 2, answer: answer) == .finished(.completed))
    #expect(tool.runs == 1)
    #expect(rig.chain.kinds == [.input, .question, .input, .intent, .outcome, .final])
    #expect(result(rig, of: "pay")?.content == "ok")
    #expect(result(rig, of: "pay")?.remark == "The person's note: go on")
    #expect(rig.chain.entries.compactMap(\.answer).map(\.keyName) == ["ana"])
  }

  @Test func aPersonMayChangeTheArguments() async throws {
    let seen = Seen()
    let tool = ArgumentsTool(seen)
    var rig = LoopRig(tools: [tool, CountedTool.finish("done")])
    rig.policy = .with { ($0.approval, $0.approvalTools) = (.tools, ["pay"]) }
    #expect(try await rig.run(model(calling: "pay", arguments: #"{"amount":5}"#)) == .asked)
    let answer = TaskAnswer.with { ($0.verdict, $0.arguments) = (.approve, #"{"amount":4}"#) }
    #expect(try await rig.run(model(calling: "pay"), attempt: 2, answer: answer) == .finished(.completed))
    #expect(seen.arguments == [#"{"amount":4}"#])
    #expect(result(rig, of: "pay")?.remark.contains(#"changed the arguments to {"amount":4}"#) == true)
  }

  @Test(arguments: [(AnswerVerdict.deny, "approval_denied"), (.expired, "not_answered")])
  func aCallThatIsNotApprovedNeverRuns(_ verdict: AnswerVerdict, _ code: String) async throws {
    let tool = CountedTool("pay", .unsafe)
    let rig = rig(tool, Self.unsafeOnly)
    #expect(try await rig.run(model(calling: "pay")) == .asked)
    let answer = TaskAnswer.with { $0.verdict = verdict }
    #expect(try await rig.run(model(calling: "pay"), attempt: 2, answer: answer) == .finished(.completed))
    #expect(tool.runs == 0)
    #expect(!rig.chain.kinds.contains(.intent))
    #expect(result(rig, of: "pay")?.content.contains(code) == true)
  }

  @Test func theRulesSayWhichCallsWait() async throws {
    let pure = CountedTool("look")
    let rules: [(SessionPolicy, Bool)] = [
      (SessionPolicy(), false), (.with { $0.approval = .never }, false), (.with { $0.approval = .unsafe }, false),
      (.with { $0.approval = .always }, true), (.with { ($0.approval, $0.approvalTools) = (.tools, ["look"]) }, true),
      (.with { ($0.approval, $0.approvalTools) = (.tools, ["other"]) }, false),
    ]
    for (policy, waits) in rules {
      let ending = try await rig(pure, policy).run(model(calling: "look"))
      #expect(ending == (waits ? .asked : .finished(.completed)), "\(policy.approval)")
    }
  }

  @Test func callsOfOneTurnAreAskedOneAfterTheOtherAndRunTogether() async throws {
    let tool = CountedTool("pay", .unsafe)
    let rig = rig(tool, Self.unsafeOnly)
    let script = model(calling: "pay", "pay")
    #expect(try await rig.run(script) == .asked)
    #expect(try await rig.run(script, attempt: 2, answer: .with { $0.verdict = .approve }) == .asked)
    #expect(tool.runs == 0)
    #expect(rig.chain.steps.last?.ask?.call?.id == "c1")
    #expect(try await rig.run(script, attempt: 3, answer: .with { $0.verdict = .deny }) == .finished(.completed))
    #expect(tool.runs == 1)
  }

  @Test func aCallThatCannotRunBothersNobody() async throws {
    let tool = CountedTool("pay", .unsafe)
    let broken = model(calling: "pay", arguments: "{")
    #expect(try await rig(tool, Self.unsafeOnly).run(broken) == .finished(.completed))
    #expect(tool.runs == 0)
  }

  @Test func theAgentAsksTheUserAndGoesOnWithTheAnswer() async throws {
    let rig = rig(CountedTool("look"), SessionPolicy())
    let script = model(calling: "ask_user", arguments: #"{"question":"Which year?","options":["2023","2024"]}"#)
    #expect(try await rig.run(script) == .asked)
    let asked = try #require(rig.chain.steps.last?.ask)
    #expect(asked.kind == .input && asked.text == "Which year?" && asked.options == ["2023", "2024"])
    let answer = TaskAnswer.with { ($0.verdict, $0.text) = (.reply, "2024") }
    #expect(try await rig.run(script, attempt: 2, answer: answer) == .finished(.completed))
    #expect(result(rig, of: "ask_user")?.content == "2024")
    #expect(result(rig, of: "ask_user")?.isError == false)
  }

  /// A node dies after the tool ran and before its outcome was committed.
  private func died(_ tool: CountedTool, _ policy: SessionPolicy) async throws -> LoopRig {
    let rig = rig(tool, policy)
    rig.chain.allow(2)
    _ = try await rig.run(model(calling: "pay"))
    #expect(tool.runs == 1)
    rig.chain.allow(nil)
    return rig
  }

  @Test func anUnknownOutcomeIsAPersonsToSettleWhenTheSessionSaysSo() async throws {
    let policy = SessionPolicy.with { $0.unknownOutcome = .askPerson }
    for (verdict, runs) in [(AnswerVerdict.approve, 2), (.deny, 1), (.expired, 1)] {
      let tool = CountedTool("pay", .unsafe)
      let rig = try await died(tool, policy)
      #expect(try await rig.run(model(calling: "pay"), attempt: 2) == .asked)
      #expect(rig.chain.steps.last?.ask?.kind == .unknownOutcome)
      let answer = TaskAnswer.with { $0.verdict = verdict }
      #expect(try await rig.run(model(calling: "pay"), attempt: 3, answer: answer) == .finished(.completed))
      #expect(tool.runs == runs, "\(verdict)")
    }
    let tool = CountedTool("pay", .unsafe)
    let rig = try await died(tool, SessionPolicy())
    #expect(try await rig.run(model(calling: "pay"), attempt: 2) == .finished(.completed))
    #expect(tool.runs == 1)
    #expect(result(rig, of: "pay")?.content.contains("outcome unknown") == true)
  }

  @Test func aSecondDeathAfterTheAnswerIsAskedAboutAgain() async throws {
    let tool = CountedTool("pay", .unsafe)
    let rig = try await died(tool, .with { $0.unknownOutcome = .askPerson })
    #expect(try await rig.run(model(calling: "pay"), attempt: 2) == .asked)
    // The mark of the resume and the new intent are committed; the outcome is not.
    rig.chain.allow(2)
    _ = try await rig.run(model(calling: "pay"), attempt: 3, answer: .with { $0.verdict = .approve })
    #expect(tool.runs == 2)
    rig.chain.allow(nil)
    #expect(try await rig.run(model(calling: "pay"), attempt: 4) == .asked)
    #expect(tool.runs == 2)
  }

  @Test func theAnswerIsNotLostWhenTheNodeDiesWithIt() async throws {
    let tool = CountedTool("pay", .unsafe)
    let rig = rig(tool, Self.unsafeOnly)
    #expect(try await rig.run(model(calling: "pay")) == .asked)
    let answer = TaskAnswer.with { $0.verdict = .approve }
    rig.chain.allow(0)
    _ = try await rig.run(model(calling: "pay"), attempt: 2, answer: answer)
    rig.chain.allow(nil)
    #expect(try await rig.run(model(calling: "pay"), attempt: 3, answer: answer) == .finished(.completed))
    #expect(tool.runs == 1)
  }

  @Test func aTaskThatTriesAnotherAgainTakesItsStepsForItsOwn() {
    let started = TranscriptEntry.of(Timestamp()) { $0.taskStarted = .with { $0.taskId = "task_a" } }
    let user = TranscriptEntry.of(Timestamp()) { $0.user = .with { $0.text = "?" } }
    let call = TranscriptEntry.of(Timestamp()) { $0.assistant = .with { $0.toolCalls = [.with { $0.id = "c" }] } }
    let transcript = Transcript(taskId: "task_b", retryOf: ["task_a"], steps: [[started, user], [call]])
    #expect(transcript.progress.hasQuestion)
    #expect(transcript.progress.pending.map(\.call.id) == ["c"])
    #expect(transcript.progress.executions == 1)
    #expect(!Transcript(taskId: "task_b", steps: [[started, user]]).progress.hasQuestion)
  }
}

/// The arguments that a tool was run with.
private final class Seen: @unchecked Sendable {
  // One execution at a time.
  var arguments: [String] = []
}

private struct ArgumentsTool: Tool {
  let definition = ToolDefinition(
    name: "pay", description: "", parameters: ["type": "object"], sideEffect: .unsafe, modes: .everyMode)
  let seen: Seen

  init(_ seen: Seen) { self.seen = seen }

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    seen.arguments.append(arguments.text())
    return ToolOutput(content: "paid")
  }
}

extension ModelReply {
  fileprivate static func with(_ calls: [ToolCall]) -> ModelReply {
    var reply = ModelReply(text: "")
    reply.toolCalls = calls
    return reply
  }
}
