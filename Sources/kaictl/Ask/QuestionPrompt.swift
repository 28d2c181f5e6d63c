import Glibc
import Wire

/// Puts what a waiting task asks before the person who follows it: at a terminal to be answered there, elsewhere with the
/// command that does.
struct QuestionPrompt {
  let printer: Printer

  private var canAsk: Bool { Terminal(descriptor: 0, noColor: true).isTerminal && printer.talk.isTerminal }

  /// - Returns: the answer, or nil when the person leaves it to somebody else.
  func answer(_ question: TaskQuestion, of taskId: String) async throws(WireError) -> TaskAnswerRequest? {
    let lines = question.text.split(separator: "\n", omittingEmptySubsequences: false)
    printer.say("the task asks: \(lines.first ?? "")", .yellow)
    for line in lines.dropFirst() { printer.say("  \(line)", .yellow) }
    if let call = question.call, question.kind != .input {
      printer.say("  \(call.name) \(call.arguments.isEmpty ? "{}" : call.arguments)")
    }
    for option in question.options { printer.say("  - \(option)") }
    guard canAsk else {
      let command = "kaictl task answer \(taskId)"
      printer.say("  answer it:  " + (question.kind == .input ? "\(command) \"…\"" : "\(command) --approve   or   --deny"))
      return nil
    }
    printer.talk.write(question.kind == .input ? "your answer (empty: later): " : "approve? [y = yes, n = no, empty = later] ")
    var request = TaskAnswerRequest()
    request.id = taskId
    request.questionId = question.id
    guard let line = try await line(), !line.allSatisfy(\.isWhitespace) else {
      printer.say("  it waits; answer with 'kaictl task answer \(taskId)'", .dim)
      return nil
    }
    if question.kind == .input {
      request.verdict = .reply
      request.text = line
    } else {
      request.verdict = ["y", "yes"].contains(line.lowercased()) ? .approve : .deny
    }
    return request
  }

  /// Waits for a line without holding up Ctrl-C.
  /// - Throws: `cancelled`
  private func line() async throws(WireError) -> String? {
    while !Task.isCancelled {
      var standardInput = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
      if poll(&standardInput, 1, 0) > 0 { return readLine() }
      try? await Task.sleep(for: .milliseconds(50))
    }
    throw WireError(.cancelled, "the question was left open")
  }
}
