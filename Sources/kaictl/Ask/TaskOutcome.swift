import Wire

/// What the end of an awaited task means for the exit code.
enum TaskOutcome {
  /// - Throws: ``AwaitedTaskFailed`` for a task that failed or was cancelled. A partial answer is an answer, with a note.
  static func check(_ task: TaskRecord, _ printer: Printer) throws(AwaitedTaskFailed) {
    switch task.status {
    case .completed: return
    case .partial: printer.say("note: the answer is not whole", .yellow)
    case .cancelled:
      let reason = task.result?.error ?? WireError(.cancelledByUser, "task \(task.id) was cancelled")
      throw AwaitedTaskFailed(reason: reason)
    case .failed, .unspecified, .queued, .running, .waiting:
      let reason =
        task.result?.error
        ?? WireError(
          .internalError, "task \(task.id) is \(task.status.label)" + (task.reason.isEmpty ? "" : ": \(task.reason)"),
          hint: "See 'kaictl session history \(task.sessionId)'.")
      throw AwaitedTaskFailed(reason: reason)
    }
  }
}
