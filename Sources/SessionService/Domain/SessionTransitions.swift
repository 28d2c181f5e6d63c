import Wire

/// Everything that can move a session from one status to another.
enum SessionAction: CaseIterable, Sendable {
  // By a person.
  case pause, resume, close, reopen
  // By the queue.
  /// A task is leased to a node.
  case start
  /// The leased task ended, or its lease did.
  case finish
  /// The session is beyond repair.
  case fail
}

/// The one table of how a session's status changes.
enum SessionTransitions {
  /// The status after `action`, or nil when the status does not allow it.
  ///
  /// - Parameter isLeased: a node still holds a lease on one of the session's tasks. A session that is paused while it runs
  ///   keeps its lease until the step under way is committed; resumed before that, it simply goes on running.
  static func next(_ status: SessionStatus, _ action: SessionAction, isLeased: Bool) -> SessionStatus? {
    switch (status, action) {
    case (.active, .start): .running
    case (.active, .pause): .paused
    case (.active, .close): .completed
    case (.active, .fail): .failed
    case (.running, .finish): .active
    case (.running, .pause): .paused
    case (.running, .fail): .failed
    case (.paused, .resume): isLeased ? .running : .active
    // The task stopped at its step boundary, or ended: the session stays paused.
    case (.paused, .finish): .paused
    case (.paused, .close): isLeased ? nil : .completed
    case (.paused, .fail): .failed
    case (.completed, .reopen), (.failed, .reopen): .active
    // A lease that ends late: the session has left `running` for good.
    case (.failed, .finish): .failed
    default: nil
    }
  }

  /// The status after `action`.
  /// - Throws: `invalid_transition` with what to do instead.
  static func apply(
    _ action: SessionAction, to status: SessionStatus, isLeased: Bool
  ) throws(WireError) -> SessionStatus {
    if let next = next(status, action, isLeased: isLeased) { return next }
    throw WireError(
      .invalidTransition, "a session that is \(status.label) cannot be \(action.participle)",
      hint: advice(status, action, isLeased: isLeased))
  }

  private static func advice(_ status: SessionStatus, _ action: SessionAction, isLeased: Bool) -> String {
    switch (status, action) {
    case (.running, .close): "Wait for its task, or cancel it, then close the session."
    case (.paused, .close) where isLeased: "Its task is still stopping; try again in a moment."
    case (.completed, .pause), (.failed, .pause), (.completed, .resume), (.failed, .resume):
      "Reopen it first, with 'kaictl session reopen'."
    default: "See its status with 'kaictl session get'."
    }
  }
}

extension SessionAction {
  /// As in "cannot be paused".
  var participle: String {
    switch self {
    case .pause: "paused"
    case .resume: "resumed"
    case .close: "closed"
    case .reopen: "reopened"
    case .start: "started"
    case .finish: "finished"
    case .fail: "failed"
    }
  }
}
