import Synchronization
import Testing
import Wire

@testable import AgentService

@Suite struct AgentLoopTests {
  @Test func aTaskIsInputThenStepsThenItsEnd() async throws {
    let rig = LoopRig(tools: [CountedTool("look"), CountedTool.finish("42")])
    let model = ScriptedModel { turn, _ in
      turn == 0 ? ScriptedModel.calls("look", text: "Let me see.") : ScriptedModel.calls("finish")
    }
    #expect(try await rig.run(model) == .finished(.completed))
    #expect(rig.chain.kinds == [.input, .step, .final])
    let result = try #require(rig.chain.result)
    #expect(result.answer == "42")
    #expect(!result.resumed)
    #expect(result.steps == 2)
    #expect(result.usage?.modelCalls == 2)
    #expect(result.usage?.toolCalls == 2)
    #expect(result.usage?.inputTokens == 20)
    let events = rig.chain.steps.flatMap(\.events).map(\.kind)
    #expect(events == [.taskStarted, .contextLoaded, .assistantMessage, .toolFinished, .toolFinished, .answerGiven])
    #expect(rig.chain.state.withLock { $0.emitted }.map(\.kind) == [.token])
  }

  @Test func textWithoutCallsIsTheAnswer() async throws {
    let rig = LoopRig(tools: [])
    #expect(try await rig.run(ScriptedModel { _, _ in ModelReply(text: "Seven.") }) == .finished(.completed))
    #expect(rig.chain.result?.answer == "Seven.")
    #expect(rig.chain.kinds == [.input, .final])
  }

  @Test func aToolWithEffectsIsAnnouncedDurablyBeforeItRuns() async throws {
    let chain = Mutex<ChainCommitter?>(nil)
    let seen = Mutex<[CheckpointKind]>([])
    let write = CountedTool("write", .idempotent) { _ in
      seen.withLock { $0 = chain.withLock { $0 }?.kinds ?? [] }
      return ToolOutput(content: "written", files: ["a.md"])
    }
    let rig = LoopRig(tools: [CountedTool("look"), write, CountedTool.finish("done")])
    chain.withLock { $0 = rig.chain }
    let model = ScriptedModel { turn, _ in turn == 0 ? ScriptedModel.calls("look", "write") : ScriptedModel.calls("finish") }
    #expect(try await rig.run(model) == .finished(.completed))
    #expect(seen.withLock { $0 } == [.input, .intent])
    #expect(rig.chain.kinds == [.input, .intent, .outcome, .final])
    #expect(rig.chain.steps[1].entries.compactMap(\.toolIntent).map(\.name) == ["write"])
    #expect(rig.chain.result?.artifacts == ["a.md"])
  }

  @Test func aFileIsDurableBeforeTheStepThatMentionsIt() async throws {
    let write = CountedTool("write", .idempotent) { _ in ToolOutput(content: "written", files: ["a.md"]) }
    let rig = LoopRig(tools: [write])
    let model = ScriptedModel { turn, _ in turn == 0 ? ScriptedModel.calls("write") : ModelReply(text: "done") }
    _ = try await rig.run(model)
    #expect(
      rig.chain.state.withLock { $0.acts } == [
        .committed(.input), .committed(.intent), .uploaded("a.md"), .committed(.outcome), .committed(.final),
      ])
  }

  @Test func killedAtAnyCommitATaskEndsTheSameAndNoStepIsTakenTwice() async throws {
    let script: @Sendable (Int, ModelTurn) throws(WireError) -> ModelReply = { turn, _ in
      switch turn {
      case 0: ScriptedModel.calls("look")
      case 1: ScriptedModel.calls("look", "write")
      case 2: ScriptedModel.calls("look", "look")
      default: ScriptedModel.calls("finish")
      }
    }
    let kinds: [CheckpointKind] = [.input, .step, .intent, .outcome, .step, .final]
    for cut in 0..<kinds.count {
      let write = CountedTool("write", .idempotent)
      let rig = LoopRig(tools: [CountedTool("look"), write, CountedTool.finish("42")])
      let model = ScriptedModel(script)
      rig.chain.allow(cut)
      guard case .abandoned = try await rig.run(model) else {
        Issue.record("cut \(cut): the first execution did not notice")
        continue
      }
      let before = rig.chain.steps.count
      #expect(before == cut)
      let asked = model.turns.count
      rig.chain.allow(nil)
      #expect(try await rig.run(model, attempt: 2) == .finished(.completed))

      // What was committed stays; the second execution adds its mark and the rest.
      let rest = cut == 0 ? kinds : Array([.input] + kinds[cut...])
      #expect(rig.chain.kinds == Array(kinds[..<cut]) + rest, "cut \(cut)")
      let result = try #require(rig.chain.result)
      #expect(result.answer == "42")
      #expect(result.resumed == (cut > 0))
      #expect(result.steps == 4)
      #expect(result.usage?.modelCalls == 4)
      // A turn that is durable is never asked for again.
      let durableTurns = rig.chain.steps[..<cut].flatMap(\.entries).filter { $0.assistant != nil }.count
      #expect(Array(model.turns[asked...]) == Array(durableTurns..<4), "cut \(cut)")
      #expect(write.runs == (cut == 3 ? 2 : cut < 3 ? 1 : 1))
      #expect(rig.chain.entries.filter { $0.user != nil }.count == 1)
      let marks = rig.chain.entries.compactMap(\.taskStarted)
      #expect(marks.map(\.resumed) == (cut == 0 ? [false] : [false, true]))
      #expect(marks.last?.fromStep == UInt64(cut))
    }
  }

  @Test func anUnsafeToolIsNeverRunTwice() async throws {
    let send = CountedTool("send", .unsafe)
    let rig = LoopRig(tools: [send])
    let told = Mutex("")
    let model = ScriptedModel { turn, given in
      if turn == 0 { return ScriptedModel.calls("send") }
      told.withLock { $0 = given.entries.compactMap(\.toolResult).last?.content ?? "" }
      return ModelReply(text: "done")
    }
    rig.chain.allow(2)
    _ = try await rig.run(model)
    #expect(send.runs == 1)
    rig.chain.allow(nil)
    #expect(try await rig.run(model, attempt: 2) == .finished(.completed))
    #expect(send.runs == 1)
    #expect(told.withLock { $0 }.contains("outcome unknown"))
  }

  @Test func theRecursionLimitHoldsOverAllExecutions() async throws {
    var rig = LoopRig(tools: [CountedTool("look")])
    rig.recursionLimit = 3
    let model = ScriptedModel { _, _ in ScriptedModel.calls("look", text: "still looking") }
    rig.chain.allow(3)
    _ = try await rig.run(model)
    rig.chain.allow(nil)
    #expect(try await rig.run(model, attempt: 2) == .finished(.partial))
    let result = try #require(rig.chain.result)
    #expect(result.steps == 3)
    #expect(result.error?.errorCode == .recursionLimit)
    #expect(result.answer.hasSuffix("still looking"))
    #expect(rig.chain.entries.filter { $0.assistant != nil }.count == 3)
  }

  @Test func theModelKnowsHowManyStepsAreLeft() async throws {
    var rig = LoopRig(tools: [CountedTool("look")])
    rig.recursionLimit = 3
    let left = Mutex<[Int]>([])
    let model = ScriptedModel { _, turn in
      left.withLock { $0.append(turn.stepsLeft) }
      return ScriptedModel.calls("look")
    }
    _ = try await rig.run(model)
    #expect(left.withLock { $0 } == [3, 2, 1])
  }

  @Test func aModelThatFailsEndsTheTaskAndTheSessionGoesOn() async throws {
    var rig = LoopRig(tools: [])
    let broken = ScriptedModel { (_, _) throws(WireError) in throw WireError(.modelRefused, "no such model") }
    #expect(try await rig.run(broken) == .finished(.failed))
    #expect(rig.chain.result?.error?.errorCode == .modelRefused)
    rig.taskId = "task_000000000002"
    rig.chain.allow(nil)
    #expect(try await rig.run(ScriptedModel { _, _ in ModelReply(text: "fine") }) == .finished(.completed))
    #expect(rig.chain.result?.answer == "fine")
    #expect(rig.chain.result?.resumed == false)
  }

  @Test(arguments: [ErrorCode.fenced, .conflict, .leaseExpired, .storageFailed, .storageFull, .badPreface])
  func aLostLeaseIsDroppedWithoutAnotherWrite(code: ErrorCode) async throws {
    let rig = LoopRig(tools: [CountedTool("look")])
    rig.chain.allow(2, then: WireError(code, "somebody else's"))
    let model = ScriptedModel { turn, _ in turn < 5 ? ScriptedModel.calls("look") : ModelReply(text: "x") }
    guard case .abandoned(let error) = try await rig.run(model) else {
      Issue.record("it went on")
      return
    }
    #expect(error.errorCode == code)
    #expect(rig.chain.steps.count == 2)
    #expect(model.turns == [0, 1])
  }

  @Test func aPausedSessionStopsAtTheStepAndHandsTheTaskBack() async throws {
    let rig = LoopRig(tools: [CountedTool("look")])
    rig.chain.state.withLock { $0.response.pause = true }
    let model = ScriptedModel { turn, _ in turn < 5 ? ScriptedModel.calls("look") : ModelReply(text: "x") }
    #expect(try await rig.run(model) == .released)
    #expect(model.turns == [0])
    #expect(rig.chain.steps.last?.release == true)
    rig.chain.state.withLock { $0.response.pause = false }
    rig.chain.allow(nil)
    #expect(try await rig.run(model, attempt: 2) == .finished(.completed))
    #expect(rig.chain.result?.resumed == true)
  }

  @Test func aCancelledTaskStopsAtTheNextAnswer() async throws {
    let rig = LoopRig(tools: [CountedTool("look")])
    let model = ScriptedModel { _, _ in ScriptedModel.calls("look") }
    rig.chain.state.withLock { $0.response.cancel = true }
    #expect(try await rig.run(model) == .finished(.cancelled))
    #expect(rig.chain.result?.error?.errorCode == .cancelledByUser)
    #expect(model.turns == [0])
  }

  @Test func aToolAtWorkIsInterruptedWhenTheLeaseIsLost() async throws {
    let control = ExecutionControl()
    let slow = CountedTool("slow") { (_) throws(WireError) in
      control.request(.leaseLost)
      do { try await Task.sleep(for: .seconds(60)) } catch { throw WireError(.cancelled, "stopped") }
      return ToolOutput(content: "late")
    }
    let rig = LoopRig(tools: [slow])
    guard case .abandoned = try await rig.run(ScriptedModel { _, _ in ScriptedModel.calls("slow") }, control: control) else {
      Issue.record("it went on")
      return
    }
    #expect(rig.chain.kinds == [.input])
  }

  @Test(arguments: [("no_such_tool", "{}"), ("look", "{broken"), ("look", "[1]")])
  func aCallThatCannotBeMadeGoesBackTwiceThenTheTaskIsPartial(name: String, arguments: String) async throws {
    let look = CountedTool("look") { (_) throws(WireError) in throw WireError(.toolArguments, "must be an object") }
    let rig = LoopRig(tools: [look])
    let model = ScriptedModel { _, _ in ScriptedModel.calls(name, arguments: arguments) }
    #expect(try await rig.run(model) == .finished(.partial))
    #expect(model.turns == [0, 1, 2])
    #expect(rig.chain.result?.degraded.isEmpty == false)
    #expect(rig.chain.entries.compactMap(\.toolResult).map(\.isError) == [true, true, true])
  }

  @Test func aModelThatLearnsFromAnErrorGoesOn() async throws {
    let rig = LoopRig(tools: [CountedTool("look"), CountedTool.finish("ok")])
    let model = ScriptedModel { turn, _ in
      switch turn {
      case 0, 1, 3, 4: ScriptedModel.calls("nonsense_\(turn)")
      case 2: ScriptedModel.calls("look")
      default: ScriptedModel.calls("finish")
      }
    }
    #expect(try await rig.run(model) == .finished(.completed))
  }

  @Test func aModelThatSaysNothingIsAskedAgainTwice() async throws {
    let rig = LoopRig(tools: [])
    let silent = ScriptedModel { _, _ in ModelReply(text: " \n") }
    #expect(try await rig.run(silent) == .finished(.partial))
    #expect(silent.turns == [0, 1, 2])

    let again = LoopRig(tools: [])
    #expect(try await again.run(ScriptedModel { turn, _ in ModelReply(text: turn < 2 ? "" : "7") }) == .finished(.completed))
    #expect(again.chain.result?.answer == "7")
  }

  @Test func whatWasTaughtIsContextWithItsSource() async throws {
    let rig = LoopRig(tools: [])
    _ = try await rig.run(ScriptedModel { _, _ in ModelReply(text: "7") })
    let context = rig.chain.entries.compactMap(\.context)
    #expect(context.map(\.source) == ["memory:shared/rules/net"])
    #expect(rig.chain.result?.degraded == [])
  }

  @Test func memoryOutOfOrderFailsNothingAndIsNotHidden() async throws {
    var rig = LoopRig(tools: [])
    rig.memory.isOutOfOrder = true
    #expect(try await rig.run(ScriptedModel { _, _ in ModelReply(text: "7") }) == .finished(.completed))
    #expect(rig.chain.result?.degraded.count == 1)
  }

  @Test func whatTheModelCouldNotSayIsInTheResultAlsoAfterAResume() async throws {
    let rig = LoopRig(tools: [CountedTool("look")])
    let model = ScriptedModel { turn, _ in
      if turn > 0 { return ModelReply(text: "7") }
      var reply = ScriptedModel.calls("look")
      reply.degraded = ["cut off"]
      return reply
    }
    rig.chain.allow(2)
    _ = try await rig.run(model)
    rig.chain.allow(nil)
    _ = try await rig.run(model, attempt: 2)
    #expect(rig.chain.result?.degraded == ["cut off"])
  }

  @Test func callsWithoutAnIdOfTheirOwnGetOne() async throws {
    let rig = LoopRig(tools: [CountedTool("look")])
    let model = ScriptedModel { turn, _ in
      guard turn == 0 else { return ModelReply(text: "7") }
      var reply = ScriptedModel.calls("look", "look", "look")
      for index in reply.toolCalls.indices { reply.toolCalls[index].id = index == 0 ? "" : "same" }
      return reply
    }
    _ = try await rig.run(model)
    let results = rig.chain.entries.compactMap(\.toolResult).map(\.callId)
    #expect(Set(results).count == 3)
    #expect(results == rig.chain.entries.compactMap(\.assistant).first?.toolCalls.map(\.id))
  }

  @Test func snapshotsCostNoMoreThanTheStepsAndSayTheSame() async throws {
    let big = CountedTool("big") { _ in ToolOutput(content: String(repeating: "row \(Int.random(in: 0..<10)) ", count: 3_000)) }
    let rig = LoopRig(tools: [big])
    let model = ScriptedModel { turn, _ in turn < 60 ? ScriptedModel.calls("big") : ModelReply(text: "done") }
    #expect(try await rig.run(model) == .finished(.completed))
    let steps = rig.chain.steps
    let content = steps.flatMap(\.entries).reduce(0) { $0 + $1.encodedSize }
    let snapshots = try steps.compactMap(\.snapshot).map { sealed in
      try CheckpointArchive.open(sealed.bytes, crc: sealed.crc, as: .snapshot).entries.reduce(0) { $0 + $1.encodedSize }
    }
    #expect(snapshots.count >= 2)
    #expect(snapshots.reduce(0, +) <= 2 * content)
    #expect(zip(snapshots, snapshots.dropFirst()).allSatisfy { $1 >= 2 * $0 })
    #expect(try rig.chain.fetch(taskId: rig.taskId).entries == steps.flatMap(\.entries))
  }

  /// The rig seals every step as a node does, which refuses one that is too large.
  @Test func noTurnBecomesAStepThatIsTooLarge() async throws {
    var generator = SystemRandomNumberGenerator()
    let noise = String((0..<600_000).map { _ in Character(Unicode.Scalar(UInt8.random(in: 0x23...0x7e, using: &generator))) })
    let paths = (0..<1_024).map { "out/file_\($0).txt" }
    let big = CountedTool("big") { _ in ToolOutput(content: noise, files: paths) }
    let rig = LoopRig(tools: [big])
    let model = ScriptedModel { turn, _ in
      guard turn == 0 else { return ModelReply(text: "done") }
      var reply = ScriptedModel.calls("big", text: noise)
      reply.thinking = noise
      reply.toolCalls = (0..<64).map { index in
        .with { ($0.id, $0.name, $0.arguments) = ("c\(index)", "big", #"{"a":"\#(noise)"}"#) }
      }
      return reply
    }
    #expect(try await rig.run(model) == .finished(.completed))
    let steps = rig.chain.steps.map { TranscriptSize($0.entries) }
    #expect(steps.allSatisfy { $0.fits(in: .step) })
    #expect(rig.chain.entries.count { $0.toolResult != nil } == 64)
  }
}
