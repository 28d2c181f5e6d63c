/// A node's one stream: it says who it is and then gets assignments and other news, as items.
public struct NodeAttachRequest: WireMessage {
  /// What people call the node; need not be unique.
  public var name = ""
  /// How many tasks it can run at once: 1 to 65536.
  public var slots: UInt32 = 0
  /// What it has, for tasks that ask for it; see `TaskSubmitRequest.labels`.
  public var labels: [Label] = []
  /// Of its program, for people.
  public var version = ""
  /// The model that it answers with, for people.
  public var model = ""
  /// The node's id of the attachment before, when it comes back after a broken connection and may still hold leases; then it
  /// keeps the id. It is taken only with the same key and while the server knows the node; else the node gets a new id, and holds
  /// nothing.
  public var resumeNodeId = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "name", &name, max: Limits.nameBytes)
    v.field(2, "slots", &slots)
    v.field(3, "labels", &labels, max: Limits.labels)
    v.field(4, "version", &version, max: Limits.nameBytes)
    v.field(5, "model", &model, max: Limits.nameBytes)
    v.field(6, "resume_node_id", &resumeNodeId, max: Limits.idBytes)
  }
}

/// A word that a node has and a task asks for.
public struct Label: WireMessage {
  /// Not empty.
  public var key = ""
  /// Compared as it is; may be empty.
  public var value = ""
  public init() {}
  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "key", &key, max: Limits.nameBytes)
    v.field(2, "value", &value, max: Limits.nameBytes)
  }

  /// Reads what a command line says: `KEY=VALUE`.
  /// - Throws: `usage` when there is no key.
  public init(parsing text: String) throws(WireError) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw WireError(.usage, "--label must be KEY=VALUE, not '\(text)'")
    }
    self.init(key: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
  }
}

/// One item of `node.attach`: exactly one part is present.
public struct NodeItem: WireMessage {
  /// The first item.
  public var welcome: NodeWelcome?
  /// A task to run.
  public var assignment: Assignment?
  /// Stop work on this lease now: it is cancelled or belongs to somebody else.
  public var revoke: LeaseRevoked?
  /// Take nothing new, hand back what waits, finish what runs.
  public var drain = false
  /// A session was deleted: remove its working copy.
  public var forget: ForgottenSession?
  /// Look at a user's database, beside the tasks.
  public var schema: SchemaOrder?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "welcome", &welcome)
    v.field(2, "assignment", &assignment)
    v.field(3, "revoke", &revoke)
    v.field(4, "drain", &drain)
    v.field(5, "forget", &forget)
    v.field(6, "schema", &schema)
  }
}

/// A session that was deleted.
public struct ForgottenSession: WireMessage {
  /// The session's id.
  public var id = ""
  /// The connection that it was on.
  public var dbConnectionId = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
  }
}

/// The node is attached.
public struct NodeWelcome: WireMessage {
  /// `node_` + 12 lowercase hex digits: in every fence and heartbeat of this node.
  public var nodeId = ""
  /// How long a lease lasts after the heartbeat or commit that renewed it, in milliseconds: 15000.
  public var leaseTtlMs: UInt64 = 0
  /// How often the node is to send a heartbeat, in milliseconds: 3000.
  public var heartbeatIntervalMs: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "node_id", &nodeId, max: Limits.idBytes)
    v.field(2, "lease_ttl_ms", &leaseTtlMs)
    v.field(3, "heartbeat_interval_ms", &heartbeatIntervalMs)
  }
}

/// A task with its lease. The node acknowledges it in a heartbeat within 2 s, else it goes back to the queue.
public struct Assignment: WireMessage {
  /// As it stands now: `attempt` counts this execution, and `question.answer` is there when it goes on after an answer.
  public var task: TaskRecord?
  /// As it stands now; `head_step` is the step to build on.
  public var session: Session?
  /// With its whole URI, password included, for the node alone.
  public var connection: DatabaseConnection?
  /// Of the lease; goes into every fence.
  public var epoch: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "task", &task)
    v.field(2, "session", &session)
    v.field(3, "connection", &connection)
    v.field(4, "epoch", &epoch)
  }
}

/// A lease that is over, or is to be given back.
public struct LeaseRevoked: WireMessage {
  /// The task's id.
  public var taskId = ""
  /// Of the lease that is meant; a node that holds another one ignores it.
  public var epoch: UInt64 = 0
  /// The task was cancelled by a person; otherwise the lease was lost or the session is to pause.
  public var cancelled = false
  /// Finish the step under way, commit it with `release`, and stop.
  public var atStepBoundary = false
  /// Why, for people.
  public var reason = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "task_id", &taskId, max: Limits.idBytes)
    v.field(2, "epoch", &epoch)
    v.field(3, "cancelled", &cancelled)
    v.field(4, "at_step_boundary", &atStepBoundary)
    v.field(5, "reason", &reason, max: 1_024)
  }
}

/// Names one lease.
public struct LeaseRef: WireMessage {
  /// The task's id.
  public var taskId = ""
  /// `Assignment.epoch`.
  public var epoch: UInt64 = 0
  public init() {}
  public init(taskId: String, epoch: UInt64) {
    self.taskId = taskId
    self.epoch = epoch
  }
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "task_id", &taskId, max: Limits.idBytes)
    v.field(2, "epoch", &epoch)
  }
}

/// One message for all of a node's leases: renews them, acknowledges new ones, hands others back.
public struct NodeHeartbeatRequest: WireMessage {
  /// As `NodeWelcome` gave it. One that is not known, or was attached with another key, is `not_found`: attach again.
  public var nodeId = ""
  /// Every lease held, acknowledged ones included; naming a new one acknowledges it.
  public var leases: [LeaseRef] = []
  /// Leases that go back to the queue without burning an attempt (the node drains, or never began).
  public var released: [LeaseRef] = []
  /// Assign nothing more to this node.
  public var draining = false
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "node_id", &nodeId, max: Limits.idBytes)
    v.field(2, "leases", &leases, max: 65_536)
    v.field(3, "released", &released, max: 65_536)
    v.field(4, "draining", &draining)
  }
}

/// What the server says of a node's leases.
public struct NodeHeartbeatResponse: WireMessage {
  /// Leases in the request that the node does not hold (any more).
  public var lost: [LeaseRef] = []
  /// Revocations that still hold, again, because the one on the stream may not have been seen.
  public var revoked: [LeaseRevoked] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "lost", &lost, max: 65_536)
    v.field(2, "revoked", &revoked, max: 65_536)
  }
}

/// News of a task for whoever watches it now: tokens and tool starts. None of it is stored, so a repeat does no harm; what is
/// to be kept goes with `checkpoint.commit`.
public struct NodeEmitRequest: WireMessage {
  /// Must be the lease that holds now; anything else is `fenced`.
  public var fence: Fence?
  /// Of the kinds token and tool_started only; any other is `invalid_argument`. `session_id`, `task_id`, `seq` and `at` are set
  /// by the server.
  public var events: [Event] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "fence", &fence)
    v.field(2, "events", &events, max: Limits.eventsPerCommit)
  }
}

/// How a node fares.
public enum NodeStatus: UInt32, WireEnum {
  /// Never sent.
  case unspecified = 0
  /// It has its stream and takes tasks.
  case attached
  /// It has its stream and takes no new tasks.
  case draining
  /// The connection broke less than the grace ago; its leases are kept.
  case lost
}

/// A node, for people.
public struct NodeInfo: WireMessage {
  /// `node_` + 12 lowercase hex digits.
  public var id = ""
  /// As it called itself.
  public var name = ""
  /// How it fares.
  public var status = NodeStatus.unspecified
  /// How many tasks it can run at once.
  public var slots: UInt32 = 0
  /// How many leases it holds.
  public var busy: UInt32 = 0
  /// What it has, for tasks that ask for it.
  public var labels: [Label] = []
  /// Of its program.
  public var version = ""
  /// The model that it answers with.
  public var model = ""
  /// When it first attached under this id.
  public var attachedAt = Timestamp()
  /// When its last heartbeat came.
  public var lastSeenAt = Timestamp()
  /// From where it is connected.
  public var address = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "name", &name, max: Limits.nameBytes)
    v.field(3, "status", &status)
    v.field(4, "slots", &slots)
    v.field(5, "busy", &busy)
    v.field(6, "labels", &labels, max: Limits.labels)
    v.field(7, "version", &version, max: Limits.nameBytes)
    v.field(8, "model", &model, max: Limits.nameBytes)
    v.field(9, "attached_at", &attachedAt)
    v.field(10, "last_seen_at", &lastSeenAt)
    v.field(11, "address", &address, max: Limits.nameBytes)
  }
}

/// Names one node.
public struct NodeRef: WireMessage {
  /// `node_` + 12 lowercase hex digits.
  public var id = ""
  public init() {}
  public init(id: String) { self.id = id }
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
  }
}

/// Every node that the server knows now.
public struct NodeList: WireMessage {
  /// In order of their names.
  public var nodes: [NodeInfo] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "nodes", &nodes, max: 65_536)
  }
}
