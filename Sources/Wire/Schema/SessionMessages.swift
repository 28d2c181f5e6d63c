/// What an agent may do in a session; decides which tools exist.
public enum SessionMode: UInt32, WireEnum {
  case unspecified = 0
  case analysis
  case query
  case script
  case fullAutonomy
}

public enum SessionStatus: UInt32, WireEnum {
  case unspecified = 0
  /// Ready for a task.
  case active
  /// A task is leased to a node.
  case running
  case paused
  /// Closed on purpose; takes no tasks until reopened.
  case completed
  /// Beyond repair; takes no tasks until reopened.
  case failed
}

/// Where a forked session left its parent.
public struct ForkPoint: WireMessage {
  public var sessionId = ""
  public var step: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "session_id", &sessionId, max: Limits.idBytes)
    v.field(2, "step", &step)
  }
}

/// A thread of work on one database connection.
public struct Session: WireMessage {
  /// `sess_` + 12 lowercase hex digits.
  public var id = ""
  public var dbConnectionId = ""
  public var status = SessionStatus.unspecified
  public var mode = SessionMode.unspecified
  /// How many steps a task may take, 1...500.
  public var recursionLimit: UInt32 = 0
  public var title: String?
  /// A JSON object, at most 64 KiB.
  public var metadata = ""
  public var createdAt = Timestamp()
  public var updatedAt = Timestamp()
  /// Rises with every change; for compare-and-set.
  public var version: UInt64 = 0
  /// The newest step, 0 before the first.
  public var headStep: UInt64 = 0
  /// Rises with every lease granted.
  public var epoch: UInt64 = 0
  public var forkedFrom: ForkPoint?
  public var policy: SessionPolicy?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(3, "status", &status)
    v.field(4, "mode", &mode)
    v.field(5, "recursion_limit", &recursionLimit)
    v.field(6, "title", &title, max: Limits.titleBytes)
    v.json(7, "metadata", &metadata, max: Limits.metadataBytes)
    v.field(8, "created_at", &createdAt)
    v.field(9, "updated_at", &updatedAt)
    v.field(10, "version", &version)
    v.field(11, "head_step", &headStep)
    v.field(12, "epoch", &epoch)
    v.field(13, "forked_from", &forkedFrom)
    v.field(14, "policy", &policy)
  }
}

public struct SessionCreateRequest: WireMessage {
  public var dbConnectionId = ""
  /// Unspecified means `full_autonomy`.
  public var mode = SessionMode.unspecified
  /// Absent means 100.
  public var recursionLimit: UInt32?
  public var title: String?
  public var metadata = ""
  public var policy: SessionPolicy?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "mode", &mode)
    v.field(3, "recursion_limit", &recursionLimit)
    v.field(4, "title", &title, max: Limits.textBytes)
    v.json(5, "metadata", &metadata, max: Limits.textBytes)
    v.field(6, "policy", &policy)
  }
}

/// Names one session; with a version, the change happens only if it is still that version.
public struct SessionRef: WireMessage {
  public var id = ""
  public var ifVersion: UInt64?
  public init() {}
  public init(id: String) { self.id = id }
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "if_version", &ifVersion)
  }
}

/// Changes the fields that are present. An empty title removes it; metadata is merged as by RFC 7396 (JSON merge patch).
public struct SessionUpdateRequest: WireMessage {
  public var id = ""
  public var ifVersion: UInt64?
  public var mode = SessionMode.unspecified
  public var recursionLimit: UInt32?
  public var title: String?
  public var metadataPatch = ""
  public var policy: SessionPolicy?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "if_version", &ifVersion)
    v.field(3, "mode", &mode)
    v.field(4, "recursion_limit", &recursionLimit)
    v.field(5, "title", &title, max: Limits.textBytes)
    v.json(6, "metadata_patch", &metadataPatch, max: Limits.textBytes)
    v.field(7, "policy", &policy)
  }
}

/// How much of a list to return, and from where.
public struct Page: WireMessage {
  /// 1...1000; 0 means 100.
  public var limit: UInt32 = 0
  /// The `next_cursor` of the page before; empty for the first.
  public var cursor = ""
  public init() {}
  public init(limit: UInt32, cursor: String = "") {
    self.limit = limit
    self.cursor = cursor
  }
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "limit", &limit)
    v.field(2, "cursor", &cursor, max: Limits.cursorBytes)
  }
}

public struct SessionListRequest: WireMessage {
  public var page: Page?
  public var dbConnectionId: String?
  public var status = SessionStatus.unspecified
  /// Only sessions whose title contains this, ignoring case.
  public var titleContains: String?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "page", &page)
    v.field(2, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(3, "status", &status)
    v.field(4, "title_contains", &titleContains, max: Limits.titleBytes)
  }
}

public struct SessionList: WireMessage {
  public var sessions: [Session] = []
  /// How many match in all.
  public var total: UInt64 = 0
  /// Empty on the last page.
  public var nextCursor = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "sessions", &sessions, max: Int(Limits.listMax))
    v.field(2, "total", &total)
    v.field(3, "next_cursor", &nextCursor, max: Limits.cursorBytes)
  }
}

/// What a delete removed.
public struct SessionDeleted: WireMessage {
  public var id = ""
  public var checkpoints: UInt64 = 0
  public var tasks: UInt64 = 0
  public var artifacts: UInt64 = 0
  public var memories: UInt64 = 0
  public var events: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "checkpoints", &checkpoints)
    v.field(3, "tasks", &tasks)
    v.field(4, "artifacts", &artifacts)
    v.field(5, "memories", &memories)
    v.field(6, "events", &events)
  }
}

/// Removes the oldest steps and events of a session that its forks and a resume can do without.
public struct SessionPruneRequest: WireMessage {
  public var id = ""
  /// Instead of the session's own, for this once.
  public var retention: Retention?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "retention", &retention)
  }
}

/// What a prune removed.
public struct SessionPruned: WireMessage {
  public var id = ""
  public var checkpoints: UInt64 = 0
  public var events: UInt64 = 0
  /// Of bodies and snapshots.
  public var bytes: UInt64 = 0
  /// The oldest step that is left.
  public var firstStep: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "checkpoints", &checkpoints)
    v.field(3, "events", &events)
    v.field(4, "bytes", &bytes)
    v.field(5, "first_step", &firstStep)
  }
}

/// A new session that starts at a step of another.
public struct SessionForkRequest: WireMessage {
  public var id = ""
  /// Absent means the head.
  public var step: UInt64?
  public var title: String?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "step", &step)
    v.field(3, "title", &title, max: Limits.textBytes)
  }
}

/// The empty answer.
public struct Empty: WireMessage {
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {}
}
