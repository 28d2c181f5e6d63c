import Synchronization
import Wire

/// Gathers the model's pieces of text and tells watchers a few times a second.
final class TokenStream: Sendable {
  static let interval = Duration.milliseconds(50)

  private let taskId: String
  private let committer: any StepCommitter
  private let state = Mutex<(text: String, lastSent: ContinuousClock.Instant?)>(("", nil))

  init(taskId: String, committer: any StepCommitter) {
    self.taskId = taskId
    self.committer = committer
  }

  var add: @Sendable (String) -> Void {
    { [self] piece in
      let now = ContinuousClock.now
      let due = state.withLock { state -> String? in
        state.text += piece
        if let last = state.lastSent, now - last < Self.interval { return nil }
        state.lastSent = now
        defer { state.text = "" }
        return state.text
      }
      if let due { send(due) }
    }
  }

  /// Sends what is left.
  func flush() {
    let rest = state.withLock { state -> String in
      defer { state.text = "" }
      return state.text
    }
    if !rest.isEmpty { send(rest) }
  }

  private func send(_ text: String) {
    let event = Event.with {
      $0.kind = .token
      $0.taskId = taskId
      $0.text = text.prefix(bytes: 16 * 1024)
    }
    committer.emit([event])
  }
}
