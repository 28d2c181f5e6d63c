import Wire

/// What a task may hold, and what may be done to it.
enum TaskRules {
  static let priorities: ClosedRange<Int64> = -100...100
  static let attempts: ClosedRange<UInt32> = 1...100
  /// One year, in milliseconds.
  static let maxDelayMs: UInt64 = 365 * 24 * 3_600_000
  /// A result is stored with its task and sent in one message with it.
  static let resultBytes = 2 * 1024 * 1024

  /// Whether tasks of a session with this status may be dispatched.
  static func isOpen(_ status: SessionStatus) -> Bool {
    switch status {
    case .active, .running: true
    case .unspecified, .paused, .completed, .failed: false
    }
  }

  /// - Throws: `session_closed` when the session takes no tasks.
  static func requireOpen(_ session: Session) throws(WireError) {
    switch session.status {
    case .active, .running, .paused: return
    case .unspecified, .completed, .failed:
      throw WireError(.sessionClosed, "session '\(session.id)' is \(session.status.label) and takes no new tasks")
    }
  }

  /// The task that a request asks for, without its id.
  /// - Throws: `invalid_argument`, `limit_exceeded` or `invalid_json`, each naming the field.
  static func task(_ request: TaskSubmitRequest, now: Timestamp) throws(WireError) -> TaskRecord {
    guard request.prompt.contains(where: { !$0.isWhitespace }) else {
      throw WireError(.invalidArgument, "the prompt is empty", hint: "Ask a question.")
    }
    try requireSize(request.prompt, "prompt")
    try requireSize(request.context, "context")
    guard priorities.contains(request.priority) else {
      throw WireError(.invalidArgument, "priority is \(request.priority), but must be -100...100")
    }
    let maxAttempts = request.maxAttempts ?? Limits.maxAttempts
    guard attempts.contains(maxAttempts) else {
      throw WireError(.invalidArgument, "max_attempts is \(maxAttempts), but must be 1...100")
    }
    guard request.delayMs <= maxDelayMs else {
      throw WireError(.invalidArgument, "delay_ms is \(request.delayMs), but may be at most \(maxDelayMs) (one year)")
    }
    guard request.labels.allSatisfy({ !$0.key.isEmpty }) else {
      throw WireError(.invalidArgument, "a label has no key")
    }
    return try TaskRecord.with { (task) throws(WireError) in
      task.sessionId = request.sessionId
      task.prompt = request.prompt
      task.mode = request.mode
      task.context = request.context
      task.metadata = try SessionRules.metadata(request.metadata)
      task.priority = request.priority
      task.status = .queued
      task.maxAttempts = maxAttempts
      task.labels = request.labels
      task.language = request.language
      task.traceparent = TraceContext(parsing: request.traceparent)?.traceparent ?? ""
      task.createdAt = now
      if request.delayMs > 0 { task.notBefore = now.advanced(milliseconds: Int64(request.delayMs)) }
    }
  }

  private static func requireSize(_ text: String, _ name: String) throws(WireError) {
    guard text.utf8.count <= Limits.promptBytes else {
      throw WireError(.limitExceeded, "the \(name) has \(text.utf8.count) bytes, but may have at most \(Limits.promptBytes)")
    }
  }

  /// How a task ends when its node reports `result`. A cancellation that came before the answer was whole wins; one that
  /// came too late loses. Either way the status and the result are one.
  /// - Throws: `invalid_argument` when the result's status is none that a task ends with, `limit_exceeded` over 2 MiB.
  static func ending(_ result: TaskResult, isCancelRequested: Bool, reason: String) throws(WireError) -> TaskResult {
    guard result.status.isTerminal else {
      throw WireError(
        .invalidArgument, "finish.status is \(result.status.label)", hint: "Use completed, partial, failed or cancelled.")
    }
    guard result.encodedSize <= resultBytes else {
      throw WireError(.limitExceeded, "the result has \(result.encodedSize) bytes, but may have at most \(resultBytes)")
    }
    guard isCancelRequested, result.status != .completed, result.status != .cancelled else { return result }
    var ending = result
    ending.status = .cancelled
    ending.error = TaskResult.cancelled(reason).error
    return ending
  }
}
