import Wire

/// What a node was given to do, checked for completeness.
struct ExecutionAssignment: Sendable {
  let task: TaskRecord
  let session: Session
  let connection: DatabaseConnection
  let epoch: UInt64
  let nodeId: String
  let nodeName: String

  /// - Throws: `bad_message` when a part is missing.
  init(_ assignment: Assignment, nodeId: String, nodeName: String) throws(WireError) {
    guard let task = assignment.task, let session = assignment.session, let connection = assignment.connection else {
      throw WireError(.badMessage, "an assignment lacks its task, session or connection")
    }
    self.task = task
    self.session = session
    self.connection = connection
    self.epoch = assignment.epoch
    self.nodeId = nodeId
    self.nodeName = nodeName
  }

  /// The task's own mode, else the session's.
  var mode: SessionMode { task.mode == .unspecified ? session.mode : task.mode }

  /// Of the answer: the task's own, else the session's, else English.
  var language: Language {
    let wanted = task.language == .unspecified ? session.policy?.language ?? .unspecified : task.language
    return wanted == .unspecified ? .en : wanted
  }

  var learning: LearningMode {
    .effective(session.policy?.learning ?? .unspecified, connection.learning)
  }

  var lease: LeaseRef { LeaseRef(taskId: task.id, epoch: epoch) }

  var fence: Fence {
    .with {
      $0.sessionId = session.id
      $0.taskId = task.id
      $0.nodeId = nodeId
      $0.epoch = epoch
    }
  }
}
