import JSON
import Wire

/// Decides which of a turn's calls a person is asked about before it runs, by the session's policy.
struct PersonGate: Sendable {
  let policy: SessionPolicy
  let registry: ToolRegistry
  let mode: SessionMode

  /// The first question that has no answer yet, or nil when every call may run. Calls that cannot run at all (no such tool,
  /// arguments that are no JSON) bother nobody.
  func question(for calls: [TaskProgress.PendingCall]) -> TaskQuestion? {
    for pending in calls {
      guard let tool = try? registry.tool(named: pending.call.name, mode: mode),
        let arguments = try? JSONValue(parsing: pending.call.arguments.isEmpty ? "{}" : pending.call.arguments),
        arguments.object != nil
      else { continue }
      if let question = question(about: pending, tool, arguments) { return question }
    }
    return nil
  }

  private func question(
    about pending: TaskProgress.PendingCall, _ tool: any Tool, _ arguments: JSONValue
  ) -> TaskQuestion? {
    let definition = tool.definition
    if pending.mayHaveRun {
      guard definition.sideEffect == .unsafe, policy.unknownOutcome == .askPerson, !pending.isRefused else { return nil }
      return .about(
        pending.call, definition, .unknownOutcome,
        "\(definition.name) may have run before its node stopped. Is it to run again?")
    }
    guard pending.answer == nil else { return nil }
    if var asked = (try? tool.question(arguments)) ?? nil {
      asked.kind = .input
      asked.call = .with { ($0.id, $0.name) = (pending.call.id, definition.name) }
      return asked
    }
    guard needsApproval(definition) else { return nil }
    return .about(pending.call, definition, .approval, "The agent wants to run \(definition.name). May it?")
  }

  private func needsApproval(_ tool: ToolDefinition) -> Bool {
    switch policy.approval {
    case .unspecified, .never: false
    case .unsafe: tool.sideEffect == .unsafe
    case .always: tool.name != "finish"
    case .tools: policy.approvalTools.contains(tool.name)
    }
  }
}

extension TaskQuestion {
  fileprivate static func about(
    _ call: ToolCall, _ tool: ToolDefinition, _ kind: QuestionKind, _ text: String
  ) -> TaskQuestion {
    .with {
      $0.kind = kind
      $0.text = text
      $0.effect = tool.sideEffect.rawValue
      $0.call = call
      if call.arguments.utf8.count > Limits.questionArgumentBytes {
        $0.call?.arguments = #"{"left_out":"more than \#(Limits.questionArgumentBytes) bytes; see the checkpoint"}"#
      }
    }
  }
}

extension TaskProgress.PendingCall {
  /// A person said no, or nothing in time.
  var isRefused: Bool { answer?.verdict == .deny || answer?.verdict == .expired }
}

/// What the model reads of a person's answer to its call.
enum AnsweredCall {
  /// The result of a call that is settled by the answer alone; nil when the tool has to run.
  static func output(of pending: TaskProgress.PendingCall) -> ToolOutput? {
    guard let answer = pending.answer else { return nil }
    let name = pending.call.name
    switch answer.verdict {
    case .reply:
      return ToolOutput(content: answer.text)
    case .deny:
      let what = pending.mayHaveRun ? "\(name) may have run, and a person wants it not to run again" : "a person refused \(name)"
      return refusal(.approvalDenied, what, answer)
    case .expired:
      let what = pending.mayHaveRun ? "\(name) may have run; whether to run it again" : "\(name)"
      return refusal(.notAnswered, "a person was asked about \(what) and did not answer in time", answer)
    case .approve, .unspecified:
      return nil
    }
  }

  /// What the model must know beside the result; empty when there is nothing.
  static func remark(on pending: TaskProgress.PendingCall) -> String {
    guard let answer = pending.answer, !pending.isRefused else { return "" }
    var sentences: [String] = []
    if !answer.arguments.isEmpty { sentences.append("A person changed the arguments to \(answer.arguments) before it ran.") }
    if !answer.note.isEmpty { sentences.append("The person's note: \(answer.note)") }
    return sentences.joined(separator: "\n")
  }

  private static func refusal(_ code: ErrorCode, _ sentence: String, _ answer: TaskAnswer) -> ToolOutput {
    let note = answer.note.isEmpty ? "" : "; the person's note: \(answer.note)"
    return ToolOutput(content: ToolFailure.content(WireError(code, sentence + note)), isError: true)
  }
}
