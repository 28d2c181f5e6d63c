import Wire

/// What becomes of a task whose lease ended before the task did.
enum LeaseVerdict: Sendable, Equatable {
  /// Queued again; `attempt` is what its counter then says.
  case requeued(attempt: UInt32)
  case cancelled
  /// Its node died under it too often.
  case poisoned

  init(_ end: LeaseEnd, isCancelRequested: Bool, attempt: UInt32, maxAttempts: UInt32) {
    if isCancelRequested {
      self = .cancelled
    } else if !end.burnsAttempt {
      self = .requeued(attempt: attempt > 0 ? attempt - 1 : 0)
    } else if attempt >= maxAttempts {
      self = .poisoned
    } else {
      self = .requeued(attempt: attempt)
    }
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
