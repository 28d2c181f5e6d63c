import JSON
import Wire

extension TaskResult {
  /// The model gave its answer.
  static func answered(_ call: FinishCall, _ progress: TaskProgress) -> TaskResult {
    var result = of(progress)
    result.status = call.status
    result.answer = call.answer.prefix(bytes: 256 * 1024)
    result.table = call.table
    result.insights = call.insights.prefix(256).map { $0.prefix(bytes: 16 * 1024) }
    result.suggestions = call.suggestions.prefix(64).map { $0.prefix(bytes: 4_096) }
    result.degraded = (progress.degraded + call.degraded).prefix(256).map { $0.prefix(bytes: 4_096) }
    return result
  }

  /// The task ended without an answer, or before it was whole.
  static func stopped(_ status: TaskStatus, _ error: WireError, _ progress: TaskProgress) -> TaskResult {
    var result = of(progress)
    result.status = status
    let said = progress.lastText.prefix(bytes: 256 * 1024)
    result.answer = status == .partial ? found(progress, error, said) : said
    result.error = error
    return result
  }

  /// What a task that was stopped before its answer can still tell. What the model said on the way is not taken for an answer.
  private static func found(_ progress: TaskProgress, _ error: WireError, _ said: String) -> String {
    let queries = progress.sqlUsed.count == 1 ? "1 query was answered" : "\(progress.sqlUsed.count) queries were answered"
    let files = progress.artifacts.isEmpty ? "" : ", \(progress.artifacts.count) files were written"
    let words = said.allSatisfy(\.isWhitespace) ? "" : " The model's last words: \(said)"
    return "There is no answer yet: \(error.message). Until then \(queries)\(files).\(words)"
  }

  private static func of(_ progress: TaskProgress) -> TaskResult {
    .with {
      $0.sqlUsed = progress.sqlUsed
      $0.artifacts = progress.artifacts
      $0.usage = progress.usage
      $0.degraded = Array(progress.degraded.prefix(256))
      $0.resumed = progress.executions > 1
      $0.steps = UInt64(progress.allTurns)
    }
  }
}

extension FinishCall {
  /// The answer that a call of `finish` gives, if it can be read.
  static func answer(of call: ToolCall) -> String? {
    (try? JSONValue(parsing: call.arguments))?["answer"]?.string
  }
}
