import Wire

/// One step, ready to become durable.
struct StepDraft: Sendable {
  var kind: CheckpointKind
  /// One line for people.
  var summary: String
  var entries: [TranscriptEntry]
  /// The whole transcript including this step, when a snapshot is due.
  var snapshot: [TranscriptEntry]?
  var events: [Event] = []
  var finish: TaskResult?
  /// Hand the task back to the queue with this step.
  var release = false
  /// Ask a person with this step, and hand the task back until the answer is there.
  var ask: TaskQuestion?
  /// What the turn taught, to be kept with its end.
  var lessons: [MemoryRememberRequest] = []
}

/// The loop's way to kai-session.
protocol StepCommitter: Sendable {
  /// The head step that the next commit builds on.
  var headStep: UInt64 { get async }
  /// Makes a step durable.
  /// - Throws: `fenced`, `lease_expired`, `conflict` and `not_found` mean that the work is somebody else's now.
  func commit(_ step: StepDraft) async throws(WireError) -> CommitResponse
  /// Makes a file of the session's folder durable as an artifact.
  func upload(_ path: String, from folder: ResultsFolder) async throws(WireError)
  /// Tells watchers something now, if the link has room; never waits.
  func emit(_ events: [Event])
}

extension WireError {
  /// Whether the lease is gone: whatever was being done must stop, and nothing more may be written.
  var meansLeaseIsLost: Bool {
    [.fenced, .leaseExpired, .conflict, .notFound].contains(errorCode)
  }

  /// Whether kai-session could not write, or does not speak to this node. The task has not failed: it goes on from its last
  /// step, here or elsewhere, once that works again.
  var isOfTheService: Bool {
    [.storageFailed, .storageFull, .badPreface, .noCommonVersion, .unauthenticated, .forbidden, .plaintextRefused]
      .contains(errorCode)
  }
}
