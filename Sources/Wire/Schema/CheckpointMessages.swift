/// What a step was about.
public enum CheckpointKind: UInt32, WireEnum {
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
  public var sessionId = ""
  /// 1, 2, 3 ... without gaps.
  public var step: UInt64 = 0
  public var parentStep: UInt64 = 0
  public var epoch: UInt64 = 0
  public var taskId = ""
  public var nodeId = ""
  public var createdAt = Timestamp()
  public var kind = CheckpointKind.unspecified
  /// One line for people: what happened in this step.
  public var summary = ""
  /// Size of the stored (compressed) body, in bytes.
  public var bodyBytes: UInt32 = 0
  /// CRC-32 of the stored body.
  public var bodyCrc: UInt32 = 0
  /// Size of the stored snapshot that follows the body; 0 when there is none.
  public var snapshotBytes: UInt32 = 0
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
  public var sessionId = ""
  public var taskId = ""
  public var nodeId = ""
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
  public var fence: Fence?
  /// The head this step builds on; anything else is a conflict.
  public var parentStep: UInt64 = 0
  public var kind = CheckpointKind.unspecified
  public var summary = ""
  public var bodyBytes: UInt32 = 0
  public var bodyCrc: UInt32 = 0
  public var snapshotBytes: UInt32 = 0
  public var snapshotCrc: UInt32 = 0
  /// Durable events of this step, in order; `seq` and `at` are given by the server.
  public var events: [Event] = []
  /// Ends the task, in the same transaction.
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

public struct CommitResponse: WireMessage {
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
  public var sessionId = ""
  public var step: UInt64?
  /// Every body from step 1, whatever snapshots there are.
  public var full = false
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "session_id", &sessionId, max: Limits.idBytes)
    v.field(2, "step", &step)
    v.field(3, "full", &full)
  }
}

public struct CheckpointListRequest: WireMessage {
  public var sessionId = ""
  public var page: Page?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "session_id", &sessionId, max: Limits.idBytes)
    v.field(2, "page", &page)
  }
}

public struct CheckpointList: WireMessage {
  public var checkpoints: [Checkpoint] = []
  public var total: UInt64 = 0
  public var nextCursor = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "checkpoints", &checkpoints, max: Int(Limits.listMax))
    v.field(2, "total", &total)
    v.field(3, "next_cursor", &nextCursor, max: Limits.cursorBytes)
  }
}
