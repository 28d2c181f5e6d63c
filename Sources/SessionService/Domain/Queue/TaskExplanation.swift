import Wire

/// Says what a task waits for.
enum TaskExplanation {
  /// What else its session has to do.
  struct Others {
    /// The id of the task that runs.
    let running: String?
    /// The id of the task that waits for a person.
    let waiting: String?
    /// Queued tasks that go first.
    let ahead: Int
  }

  static func sentences(
    _ task: StoredTask, _ session: Session, others: Others, nodes: [NodeInfo], serverIsDraining: Bool,
    storeProblem: WireError?, now: Timestamp
  ) -> [String] {
    var sentences: [String] = []
    switch task.record.status {
    case .unspecified, .completed, .partial, .failed, .cancelled:
      sentences.append("The task has ended: it is \(task.record.status.label).")
      if let error = task.record.result?.error { sentences.append("\(error.errorCode.name): \(error.message).") }
    case .waiting:
      sentences = asks(task.record, now: now)
    case .running:
      let node = nodes.first { $0.id == task.record.nodeId }
      sentences.append(
        "It runs on node '\(node?.name ?? "unknown")' (\(task.record.nodeId)), attempt \(task.record.attempt).")
      if node?.status == .lost { sentences.append("That node is not connected now; another goes on unless it comes back.") }
      if task.isCancelRequested { sentences.append("It was asked to stop: \(task.record.reason).") }
      if session.status == .paused { sentences.append("The session is paused: it stops at its next step.") }
      if serverIsDraining { sentences.append("The server is draining: it stops at its next step.") }
    case .queued:
      sentences = waits(task, session, others: others, now: now)
      if serverIsDraining {
        sentences.append("The server is draining; it hands out tasks again when it is started anew.")
      } else if let sentence = lack(of: nodes, for: NodeSelector(task.record.labels)) {
        sentences.append(sentence)
      }
      if !task.record.reason.isEmpty { sentences.append("Last: \(task.record.reason).") }
      if sentences.isEmpty { sentences.append("It is about to be given to a node.") }
    }
    if let storeProblem, !task.record.status.isTerminal {
      sentences.append("The server cannot write now, and no step is taken until it can: \(storeProblem.message).")
    }
    return sentences
  }

  /// What a waiting task wants to know, and how to say it.
  private static func asks(_ task: TaskRecord, now: Timestamp) -> [String] {
    guard let question = task.question else { return ["It waits for a person's answer."] }
    var sentences = ["It asks (\(question.id)): \(question.text)"]
    if let call = question.call, question.kind != .input {
      sentences.append("The call is \(call.name) \(call.arguments.isEmpty ? "{}" : call.arguments)")
    }
    if !question.options.isEmpty { sentences.append("Choices: \(question.options.joined(separator: " · "))") }
    sentences.append(
      question.kind == .input
        ? "Answer with 'kaictl task answer \(task.id) \"…\"'."
        : "Answer with 'kaictl task answer \(task.id) --approve' or '--deny'.")
    let seconds = max(0, (question.expiresAt.microseconds - now.microseconds) / 1_000_000)
    sentences.append("If nobody answers, it goes on without in \(seconds) s.")
    return sentences
  }

  private static func waits(
    _ task: StoredTask, _ session: Session, others: Others, now: Timestamp
  ) -> [String] {
    var sentences: [String] = []
    if task.record.notBefore > now {
      let seconds = (task.record.notBefore.microseconds - now.microseconds + 999_999) / 1_000_000
      sentences.append("It may not run before \(seconds) s from now.")
    }
    switch session.status {
    case .paused: sentences.append("The session is paused; 'kaictl session resume \(session.id)' lets it go on.")
    case .completed, .failed:
      sentences.append("The session is \(session.status.label); 'kaictl session reopen \(session.id)' lets it go on.")
    case .unspecified, .active, .running: break
    }
    if let running = others.running {
      sentences.append("Task '\(running)' of the same session is running.")
    }
    if let waiting = others.waiting {
      sentences.append("Task '\(waiting)' of the same session waits for a person's answer.")
    }
    let ahead = others.ahead
    if ahead == 1 { sentences.append("1 queued task of the same session goes first.") }
    if ahead > 1 { sentences.append("\(ahead) queued tasks of the same session go first.") }
    return sentences
  }

  /// Why no node could take a task now; nil when one could.
  private static func lack(of nodes: [NodeInfo], for selector: NodeSelector) -> String? {
    let attached = nodes.filter { $0.status == .attached }
    guard !attached.isEmpty else {
      return nodes.contains { $0.status == .draining }
        ? "Every node that is attached is draining; start another with 'kai-agent'."
        : "No node is attached; start one with 'kai-agent'."
    }
    let fitting = attached.filter { selector.admits($0.labels) }
    guard !fitting.isEmpty else {
      return "No node that is attached has the labels it asks for: \(selector.text)."
    }
    guard fitting.allSatisfy({ $0.busy >= $0.slots }) else { return nil }
    let which = selector.text.isEmpty ? "" : " with the labels \(selector.text)"
    return "All \(fitting.reduce(0) { $0 + UInt64($1.slots) }) slots of the attached nodes\(which) are busy."
  }
}
