/// What an agent may do in a session; decides which tools exist.
public enum SessionMode: UInt32, WireEnum {
  /// In a new session means full_autonomy, the most powerful; in a task means the session's; in an update, as it was.
  case unspecified = 0
  /// Reads the database, computes, draws charts, writes files and remembers.
  case analysis
  /// Reads the database and answers, and nothing else.
  case query
  /// All of analysis; Python, files that are read and edited, and sub-agents beside it.
  case script
  /// Every tool that the nodes have. The default of a new session: name another one to get less.
  case fullAutonomy
}

/// How a session fares.
public enum SessionStatus: UInt32, WireEnum {
  /// Never stored.
  case unspecified = 0
  /// Ready for a task.
  case active
  /// A task is leased to a node.
  case running
  /// Takes tasks and runs none until resumed.
  case paused
  /// Closed on purpose; takes no tasks until reopened.
  case completed
  /// Beyond repair; takes no tasks until reopened.
  case failed
}

/// Where a forked session left its parent.
public struct ForkPoint: WireMessage {
  /// The parent, which may be gone by now.
  public var sessionId = ""
  /// The last step that the fork has from its parent.
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
  /// The connection that it works on, for its life.
  public var dbConnectionId = ""
  /// How it fares.
  public var status = SessionStatus.unspecified
  /// What its agent may do, unless a task says otherwise.
  public var mode = SessionMode.unspecified
  /// How many steps a task may take, 1...500.
  public var recursionLimit: UInt32 = 0
  /// What people call it; absent for none.
  public var title: String?
  /// A JSON object of whoever made it, at most 65536 bytes; `{}` when there is nothing.
  public var metadata = ""
  /// When it was made.
  public var createdAt = Timestamp()
  /// When it last changed, or a step was committed.
  public var updatedAt = Timestamp()
  /// Rises with every change; for compare-and-set.
  public var version: UInt64 = 0
  /// The newest step, 0 before the first.
  public var headStep: UInt64 = 0
  /// Rises with every lease granted.
  public var epoch: UInt64 = 0
  /// Absent unless it is a fork.
  public var forkedFrom: ForkPoint?
  /// Absent means that everything in it is at its default.
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

/// Makes a session.
public struct SessionCreateRequest: WireMessage {
  /// A connection that exists and that the key sees.
  public var dbConnectionId = ""
  /// What its agent may do. Unspecified means `full_autonomy`, the most powerful: say what you want.
  public var mode = SessionMode.unspecified
  /// How many steps a task may take, 1 to 500; absent means 100.
  public var recursionLimit: UInt32?
  /// At most 1024 bytes; absent or empty for none.
  public var title: String?
  /// A JSON object, nested at most 64 deep, of at most 65536 bytes once it is written without white space; empty means `{}`.
  /// Another JSON value is `invalid_json`.
  public var metadata = ""
  /// Absent for the defaults.
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
  /// `sess_` + 12 lowercase hex digits.
  public var id = ""
  /// Only if it is still this version, else `stale_version`; absent for whatever is there. Not looked at by what only reads.
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
  /// The session's id.
  public var id = ""
  /// Only if it is still this version, else `stale_version`; absent for whatever is there.
  public var ifVersion: UInt64?
  /// Unspecified leaves it as it is.
  public var mode = SessionMode.unspecified
  /// 1 to 500; absent leaves it as it is.
  public var recursionLimit: UInt32?
  /// At most 1024 bytes; absent leaves it as it is, empty removes it.
  public var title: String?
  /// A JSON object that is merged into the metadata (RFC 7396: null removes a member); empty leaves them as they are. The outcome
  /// may have 65536 bytes.
  public var metadataPatch = ""
  /// What is absent in it stays as it was.
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

/// Lists the sessions that the key sees and that every filter lets through.
public struct SessionListRequest: WireMessage {
  /// Absent for the newest 100.
  public var page: Page?
  /// Only those on this connection.
  public var dbConnectionId: String?
  /// Only those with this status; unspecified for all.
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

/// One page of sessions, the newest first.
public struct SessionList: WireMessage {
  /// Whole.
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
  /// The session's id.
  public var id = ""
  /// How many steps went, without those that a fork stands on.
  public var checkpoints: UInt64 = 0
  /// How many tasks went.
  public var tasks: UInt64 = 0
  /// How many artifacts went.
  public var artifacts: UInt64 = 0
  /// How many memories of its own scope went.
  public var memories: UInt64 = 0
  /// How many events went.
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
  /// The session's id.
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
  /// The session's id.
  public var id = ""
  /// How many steps went.
  public var checkpoints: UInt64 = 0
  /// How many events went.
  public var events: UInt64 = 0
  /// How many bytes of bodies and snapshots went.
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
  /// The session that is forked, and stays as it is.
  public var id = ""
  /// The last step that the fork has; absent means the head, 0 none.
  public var step: UInt64?
  /// At most 1024 bytes; absent or empty means the parent's.
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
