import Wire

/// What ends a task before its answer: the session's recursion limit, its budgets, and a model that gets nowhere.
struct TaskLimits: Sendable {
  /// Broken turns in a row after which a model is not asked again.
  static let maxBrokenTurns = 3
  static let identicalFailures: UInt64 = 3
  static let emptyResults: UInt64 = 8
  static let sqlErrors: UInt64 = 8

  private let recursionLimit: Int
  private let budgets: Budgets

  init(recursionLimit: Int, _ budgets: Budgets?) {
    self.recursionLimit = recursionLimit
    self.budgets = budgets ?? Budgets()
  }

  /// The limit that the task has reached, or nil while it may go on.
  func reached(by progress: TaskProgress) -> WireError? {
    if progress.turns >= recursionLimit {
      return WireError(.recursionLimit, "the limit of \(recursionLimit) steps was reached before the answer")
    }
    if progress.brokenTurns >= Self.maxBrokenTurns {
      return WireError(
        .modelProtocol, "the model made \(progress.brokenTurns) turns in a row that say nothing or call what cannot be run")
    }
    let usage = progress.usage
    let counted: [(used: UInt64, limit: UInt64?, words: String)] = [
      (usage.toolCalls, budgets.toolCalls, "tool calls"),
      (usage.inputTokens &+ usage.outputTokens, budgets.tokens, "tokens"),
      (usage.elapsedMs, budgets.workMs, "milliseconds of work"),
      (
        UInt64(progress.identicalFailures), budgets.identicalFailures ?? Self.identicalFailures,
        "failures of the same call in the same way"
      ),
      (UInt64(progress.emptyResults), budgets.emptyResults ?? Self.emptyResults, "queries in a row that found nothing"),
      (UInt64(progress.sqlErrors), budgets.sqlErrors ?? Self.sqlErrors, "queries in a row that the database refused"),
    ]
    for (used, limit, words) in counted {
      guard let limit, used >= limit else { continue }
      return WireError(.budgetExhausted, "the limit of \(limit) \(words) was reached (\(used))")
    }
    return nil
  }
}
