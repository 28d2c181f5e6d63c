import Synchronization

/// How others stop an execution. The first reason that ends it at once stays.
final class ExecutionControl: Sendable {
  enum Stop: Sendable, Equatable {
    /// Commit the step under way, hand the task back.
    case atBoundary
    /// A person cancelled the task: stop now, say so.
    case cancelled
    /// The lease is lost: stop now, write nothing.
    case leaseLost
  }

  private let state = Mutex<(stop: Stop?, interrupt: (@Sendable () -> Void)?)>((nil, nil))

  var stop: Stop? { state.withLock { $0.stop } }

  /// Sets what stops the work in flight: cancels its Swift task.
  func onInterrupt(_ interrupt: @escaping @Sendable () -> Void) {
    let isLate = state.withLock { state -> Bool in
      state.interrupt = interrupt
      return state.stop == .cancelled || state.stop == .leaseLost
    }
    if isLate { interrupt() }
  }

  func request(_ stop: Stop) {
    let interrupt = state.withLock { state -> (@Sendable () -> Void)? in
      switch state.stop {
      case .cancelled, .leaseLost: return nil
      case nil, .atBoundary: state.stop = stop
      }
      return stop == .atBoundary ? nil : state.interrupt
    }
    interrupt?()
  }
}
