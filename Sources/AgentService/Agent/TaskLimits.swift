import Wire

/// What ends a task before its answer: the session's recursion limit, its budgets, and a model that gets nowhere.
struct TaskLimits: Sendable {
  /// Broken turns in a row after which a model is not asked again.
  static let maxBrokenTurns = 3
  static let identicalFailures: UInt64 = 3
  static let emptyResults: UInt64 = 8
  static let sqlErrors: UInt64 = 8

  private let recursionLimit: Int
  private var budgets: Budgets
  private let hasPrices: Bool

  /// - Parameter hasPrices: what the model costs is known.
  init(recursionLimit: Int, _ budgets: Budgets?, hasPrices: Bool = false) {
    self.recursionLimit = recursionLimit
    self.budgets = budgets ?? Budgets()
    self.hasPrices = hasPrices
  }

  /// What a sub-agent may use up of what is left: the half of it.
  /// - Parameters:
  ///   - all: the task's progress, the sub-agent's share in it included.
  ///   - own: the sub-agent's.
  func share(leftBy all: TaskProgress, to own: TaskProgress) -> TaskLimits {
    func half(_ limit: UInt64?, _ used: UInt64, _ ownUsed: UInt64) -> UInt64? {
      limit.map { limit in
        let before = used - min(used, ownUsed)
        return max(1, (limit - min(limit, before)) / 2)
      }
    }
    let before = all.allTurns - own.allTurns
    var share = TaskLimits(
      recursionLimit: max(1, (recursionLimit - before) / 2), budgets, hasPrices: hasPrices)
    share.budgets.toolCalls = half(budgets.toolCalls, all.usage.toolCalls, own.usage.toolCalls)
    share.budgets.tokens = half(budgets.tokens, all.usage.tokens, own.usage.tokens)
    share.budgets.workMs = half(budgets.workMs, all.usage.elapsedMs, own.usage.elapsedMs)
    share.budgets.costMicros = half(budgets.costMicros, all.usage.costMicros ?? 0, own.usage.costMicros ?? 0)
    return share
  }

  /// The time that is left for work; nil when it is not limited.
  func workMsLeft(by progress: TaskProgress) -> UInt64? {
    budgets.workMs.map { max(1, $0 - min($0, progress.usage.elapsedMs)) }
  }

  /// The limit that the task has reached, or nil while it may go on.
  /// - Parameter callsAhead: the model has spoken and its calls come next: what counts turns of the model is no matter then.
  func reached(by progress: TaskProgress, callsAhead: Bool = false) -> WireError? {
    if budgets.costMicros != nil, !hasPrices {
      return WireError(
        .budgetExhausted, "there is a limit of cost, but this node does not know what its model costs",
        hint: "Start kai-agent with --model-prices IN:OUT.")
    }
    if !callsAhead, progress.allTurns >= recursionLimit {
      return WireError(.recursionLimit, "the limit of \(recursionLimit) steps was reached before the answer")
    }
    if !callsAhead, progress.brokenTurns >= Self.maxBrokenTurns {
      return WireError(
        .modelProtocol, "the model made \(progress.brokenTurns) turns in a row that say nothing or call what cannot be run",
        hint: "Ask in other words, or of another model.")
    }
    let usage = progress.usage
    let counted: [(used: UInt64, limit: UInt64?, words: String)] = [
      (usage.toolCalls, budgets.toolCalls, "tool calls"),
      (usage.tokens, budgets.tokens, "tokens"),
      (usage.costMicros ?? 0, budgets.costMicros, "millionths of the model's price"),
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

extension Usage {
  /// In and out.
  var tokens: UInt64 { inputTokens &+ outputTokens }
}
