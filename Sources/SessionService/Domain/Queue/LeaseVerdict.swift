import Wire

/// What becomes of a task whose lease ended before the task did.
enum LeaseVerdict: Sendable, Equatable {
  /// Queued again; `attempt` is what its counter then says, `delayMs` how long it waits.
  case requeued(attempt: UInt32, delayMs: Int64)
  case cancelled
  /// Its node died under it too often.
  case poisoned

  init(_ end: LeaseEnd, isCancelRequested: Bool, attempt: UInt32, maxAttempts: UInt32) {
    if isCancelRequested {
      self = .cancelled
    } else if !end.burnsAttempt {
      self = .requeued(attempt: attempt > 0 ? attempt - 1 : 0, delayMs: 0)
    } else if attempt >= maxAttempts {
      self = .poisoned
    } else {
      self = .requeued(attempt: attempt, delayMs: Self.backoffMs(deaths: attempt))
    }
  }

  /// How long a task waits whose executions died `deaths` times. One death is the node's bad luck, so the task goes on at
  /// once; a task that kills its nodes must not take them all down in a row.
  static func backoffMs(deaths: UInt32) -> Int64 {
    guard deaths > 1 else { return 0 }
    return min(Limits.retryDelayMs << Int64(min(deaths - 2, 16)), Limits.retryDelayMaxMs)
  }
}

extension TaskResult {
  /// The result of a task that a person cancelled.
  static func cancelled(_ reason: String) -> TaskResult {
    TaskResult.with {
      $0.status = .cancelled
      $0.error = WireError(.cancelledByUser, reason.isEmpty ? "the task was cancelled" : "the task was cancelled: \(reason)")
    }
  }

  /// The result of a task that cannot be given to any node.
  static func failed(_ error: WireError) -> TaskResult {
    TaskResult.with {
      $0.status = .failed
      $0.error = error
    }
  }

  /// The result of a task whose executions died.
  static func poisoned(attempts: UInt32, _ end: LeaseEnd) -> TaskResult {
    TaskResult.with {
      $0.status = .failed
      $0.error = WireError(.poisoned, "\(attempts) executions of the task died; the last one because \(end.sentence)")
    }
  }
}
