import AgentService
import ChaosLedger
import WireFuzz
import Wire

/// A model that follows a script: what it says is a function of the task's prompt and of how many turns it has had.
enum ScriptedModel {
  /// nil for prompts that are not ours.
  /// - Throws: `cancelled`
  static func respond(taskId: String, entries: [TranscriptEntry]) async throws(WireError) -> AddedModel.Reply? {
    var isOurs = false
    var prompt: ChaosPrompt?
    var turn = 0
    for entry in entries {
      if let started = entry.taskStarted { isOurs = started.taskId == taskId }
      guard isOurs else { continue }
      if let user = entry.user { prompt = ChaosPrompt(parsing: user.text) }
      if entry.assistant != nil { turn += 1 }
    }
    guard let prompt else { return nil }
    var dice = SeededGenerator(seed: prompt.seed &+ UInt64(turn) &* 0x9e37_79b9)
    if dice.oneIn(3) {
      let pause = dice.number(5...500)
      do { try await Task.sleep(for: .milliseconds(pause)) } catch { throw WireError(.cancelled, "the model was stopped") }
    }
    guard turn < prompt.turns else { return AddedModel.Reply(text: prompt.answer) }
    let calls = (1...dice.number(1...3)).map { index in call(id: "t\(turn)c\(index)", prompt, &dice) }
    return AddedModel.Reply(text: "Turn \(turn).", toolCalls: calls)
  }

  private static func call(id: String, _ prompt: ChaosPrompt, _ dice: inout SeededGenerator) -> ToolCall {
    let ledger = #"{"linger_ms":\#(dice.oneIn(2) ? 0 : dice.number(1...300))}"#
    let (name, arguments) =
      switch dice.number(0...9) {
      case 0...2: ("ledger_unsafe", ledger)
      case 3...5: ("ledger_transactional", ledger)
      case 6...7: ("ledger_idempotent", ledger)
      case 8: ("sql_query", #"{"sql":"SELECT count(*) FROM orders WHERE quantity > \#(dice.number(0...5))"}"#)
      default: ("write_file", #"{"path":"notes/\#(prompt.task).md","content":"\#(id) of \#(prompt.task)"}"#)
      }
    return .with {
      $0.id = id
      $0.name = name
      $0.arguments = arguments
    }
  }
}
