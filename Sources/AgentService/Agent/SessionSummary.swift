import Wire

/// Sums up what a long session was asked and answered before, so that the model's window has room for the new task. History itself
/// stays as it is.
///
/// It is put together from the answers themselves, not written by a model: nothing can be made up, and it costs no call.
enum SessionSummary {
  /// What earlier tasks may take of the window before they are summed up.
  private static let part = 3
  /// Of the window, for the summary.
  private static let summaryPart = 8
  private static let questionBytes = 1_000
  private static let answerBytes = 2_000
  private static let sqlBytes = 500

  /// The summary to write before a new task, or nil while what there is fits.
  static func due(_ transcript: Transcript, bytes: Int) -> SummaryEntry? {
    let start = transcript.entries.lastIndex { $0.summary != nil } ?? 0
    let shown = transcript.entries[start...]
    guard bytes < .max, shown.reduce(0, { $0 + $1.encodedSize }) > bytes / part else { return nil }
    let tasks = self.tasks(shown)
    guard !tasks.isEmpty else { return nil }
    // The newest matter most.
    var text = ""
    var left = tasks.count
    for task in tasks.reversed() {
      guard text.utf8.count + task.utf8.count <= bytes / summaryPart else { break }
      text = task + text
      left -= 1
    }
    if left > 0 { text = "(\(left) earlier questions are left out.)\n" + text }
    return .with { $0.text = "Asked and answered in this session before:\n" + text }
  }

  private static func tasks(_ entries: ArraySlice<TranscriptEntry>) -> [String] {
    var tasks: [String] = []
    if let summary = entries.first?.summary { tasks.append(summary.text + "\n") }
    var question = ""
    var sql = ""
    var answer = ""
    for entry in entries where !entry.isOfSubAgent {
      if let user = entry.user { (question, sql, answer) = (user.text, "", "") }
      if let result = entry.toolResult, result.name == "sql_query", !result.isError { sql = result.sql }
      if let assistant = entry.assistant {
        answer = assistant.toolCalls.first { $0.name == "finish" }.flatMap(FinishCall.answer(of:)) ?? assistant.text
      }
      guard entry.taskFinished != nil, !question.isEmpty else { continue }
      tasks.append(
        "- Asked: \(question.prefix(bytes: questionBytes))\n"
          + (sql.isEmpty ? "" : "  Last query: \(sql.prefix(bytes: sqlBytes))\n")
          + "  Answered: \(answer.isEmpty ? "(nothing)" : answer.prefix(bytes: answerBytes))\n")
      question = ""
    }
    return tasks
  }
}
