/// What a step was about.
public enum CheckpointKind: UInt32, WireEnum {
  /// Taken as it is and shown as such; say what the step is.
  case unspecified = 0
  /// A task began or went on: the user's message, or the mark of a resume.
  case input
  /// The model spoke, and its pure tools ran.
  case step
  /// Tools with side effects are about to run.
  case intent
  /// The outcomes of those tools.
  case outcome
  /// The task ended.
  case final
  /// A person is asked; the task waits.
  case question
}

/// One durable step of a session, without its body.
public struct Checkpoint: WireMessage {
  /// The session whose step it is. In a fork, that is the fork for every step, also those from before it.
  public var sessionId = ""
  /// 1, 2, 3 ... without gaps.
  public var step: UInt64 = 0
  /// The step before, 0 for the first.
  public var parentStep: UInt64 = 0
  /// Of the lease under which it was committed.
  public var epoch: UInt64 = 0
  /// The task under which it was committed.
  public var taskId = ""
  /// The node that committed it.
  public var nodeId = ""
  /// When kai-session stored it.
  public var createdAt = Timestamp()
  /// What the step was about, as its node said.
  public var kind = CheckpointKind.unspecified
  /// One line for people: what happened in this step.
  public var summary = ""
  /// Size of the stored (compressed) body, in bytes.
  public var bodyBytes: UInt32 = 0
  /// CRC-32 of the stored body.
  public var bodyCrc: UInt32 = 0
  /// Size of the stored snapshot that follows the body; 0 when there is none.
  public var snapshotBytes: UInt32 = 0
  /// CRC-32 of the stored snapshot; 0 when there is none.
  public var snapshotCrc: UInt32 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "session_id", &sessionId, max: Limits.idBytes)
    v.field(2, "step", &step)
    v.field(3, "parent_step", &parentStep)
    v.field(4, "epoch", &epoch)
    v.field(5, "task_id", &taskId, max: Limits.idBytes)
    v.field(6, "node_id", &nodeId, max: Limits.idBytes)
    v.field(7, "created_at", &createdAt)
    v.field(8, "kind", &kind)
    v.field(9, "summary", &summary, max: 1_024)
    v.field(10, "body_bytes", &bodyBytes)
    v.field(11, "body_crc", &bodyCrc)
    v.field(12, "snapshot_bytes", &snapshotBytes)
    v.field(13, "snapshot_crc", &snapshotCrc)
  }
}

/// Proof that a node may still write: every commit, emit and artifact of an agent names it.
public struct Fence: WireMessage {
  /// The task's session.
  public var sessionId = ""
  /// The task that was assigned.
  public var taskId = ""
  /// The node's id, as `NodeWelcome` gave it.
  public var nodeId = ""
  /// `Assignment.epoch`, unchanged for the life of the lease.
  public var epoch: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "session_id", &sessionId, max: Limits.idBytes)
    v.field(2, "task_id", &taskId, max: Limits.idBytes)
    v.field(3, "node_id", &nodeId, max: Limits.idBytes)
    v.field(4, "epoch", &epoch)
  }
}

/// Appends one step. The attachment is the body (a compressed `CheckpointBody`), then the snapshot if there is one
/// (a compressed `CheckpointBody` that holds the whole transcript up to and including this step).
public struct CommitRequest: WireMessage {
  /// Must be given, and must be the lease that holds now; anything else is `fenced`.
  public var fence: Fence?
  /// The head this step builds on; anything else is a conflict.
  public var parentStep: UInt64 = 0
  /// What the step is about. kai-session stores it and does nothing by it.
  public var kind = CheckpointKind.unspecified
  /// One line for people: what happens in this step. It becomes the text of the event `step_committed`.
  public var summary = ""
  /// Size of the body as it is attached, in bytes: 1 to 3670016.
  public var bodyBytes: UInt32 = 0
  /// CRC-32 of the body as it is attached; another is `bad_checksum`.
  public var bodyCrc: UInt32 = 0
  /// Size of the snapshot behind it, in bytes: 0 for none, at most 3670016; both together must fit into one message.
  public var snapshotBytes: UInt32 = 0
  /// CRC-32 of the snapshot; 0 when there is none.
  public var snapshotCrc: UInt32 = 0
  /// Durable events of this step, in order; `session_id`, `task_id`, `step`, `seq` and `at` are set by the server. The kinds a
  /// node may commit are task_started, assistant_message, tool_started, tool_finished, notice, context_loaded, thinking,
  /// todos_updated, chart_drawn, artifact_written and answer_given; any other is `invalid_argument`, and nothing is stored.
  public var events: [Event] = []
  /// Ends the task, in the same transaction. Its status must be completed, partial, failed or cancelled, and its encoding at most
  /// 2 MiB.
  public var finish: TaskResult?
  /// Hands the task back to the queue without burning an attempt, in the same transaction.
  public var release = false
  /// Asks a person, in the same transaction: the lease ends and the task waits. The server gives the id and the times.
  public var ask: TaskQuestion?
  /// With `finish`: what the turn taught, to be kept in the same transaction. Each is for this session's scope.
  public var lessons: [MemoryRememberRequest] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "fence", &fence)
    v.field(2, "parent_step", &parentStep)
    v.field(3, "kind", &kind)
    v.field(4, "summary", &summary, max: 1_024)
    v.field(5, "body_bytes", &bodyBytes)
    v.field(6, "body_crc", &bodyCrc)
    v.field(7, "snapshot_bytes", &snapshotBytes)
    v.field(8, "snapshot_crc", &snapshotCrc)
    v.field(9, "events", &events, max: Limits.eventsPerCommit)
    v.field(10, "finish", &finish)
    v.field(11, "release", &release)
    v.field(12, "ask", &ask)
    v.field(13, "lessons", &lessons, max: 64)
  }
}

/// What became of a commit.
public struct CommitResponse: WireMessage {
  /// The number that the step got.
  public var step: UInt64 = 0
  /// The session was paused, or the server drains: stop at this step boundary.
  public var pause = false
  /// The task was cancelled: stop now.
  public var cancel = false
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "step", &step)
    v.field(2, "pause", &pause)
    v.field(3, "cancel", &cancel)
  }
}

/// Streams checkpoints: from the last snapshot at or before `step` (that item's attachment is body, then snapshot), then
/// each later one up to `step`. Absent `step` means the head.
public struct CheckpointFetchRequest: WireMessage {
  /// The session whose steps are wanted.
  public var sessionId = ""
  /// The last step that is wanted; absent means the head.
  public var step: UInt64?
  /// Every body from step 1 (or from the oldest that retention has left, which then comes with its snapshot), whatever newer
  /// snapshots there are: for whoever wants to see each step, not just to go on from the last.
  public var full = false
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "session_id", &sessionId, max: Limits.idBytes)
    v.field(2, "step", &step)
    v.field(3, "full", &full)
  }
}

/// Lists the steps of a session.
public struct CheckpointListRequest: WireMessage {
  /// The session whose steps they are.
  public var sessionId = ""
  /// Absent for the newest 100.
  public var page: Page?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "session_id", &sessionId, max: Limits.idBytes)
    v.field(2, "page", &page)
  }
}

/// One page of a session's steps, the newest first.
public struct CheckpointList: WireMessage {
  /// Without bodies and snapshots.
  public var checkpoints: [Checkpoint] = []
  /// How many steps the session has.
  public var total: UInt64 = 0
  /// For the next page; empty on the last one.
  public var nextCursor = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "checkpoints", &checkpoints, max: Int(Limits.listMax))
    v.field(2, "total", &total)
    v.field(3, "next_cursor", &nextCursor, max: Limits.cursorBytes)
  }
}
