/// A node's one stream: it says who it is and then gets assignments. Each item takes one of the credit items that the node
/// grants: one per free slot.
public struct NodeAttachRequest: WireMessage {
  public var name = ""
  public var slots: UInt32 = 0
  public var labels: [Label] = []
  public var version = ""
  public var model = ""
  /// The id of the attachment before, when the node comes back after a broken connection and still holds its leases.
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

public struct Label: WireMessage {
  public var key = ""
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

public struct ForgottenSession: WireMessage {
  public var id = ""
  public var dbConnectionId = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
  }
}

public struct NodeWelcome: WireMessage {
  public var nodeId = ""
  public var leaseTtlMs: UInt64 = 0
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
  public var task: TaskRecord?
  public var session: Session?
  /// With its URI, for the node alone.
  public var connection: DatabaseConnection?
  public var epoch: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "task", &task)
    v.field(2, "session", &session)
    v.field(3, "connection", &connection)
    v.field(4, "epoch", &epoch)
  }
}

public struct LeaseRevoked: WireMessage {
  public var taskId = ""
  public var epoch: UInt64 = 0
  /// The task was cancelled by a person; otherwise the lease was lost or the session is to pause.
  public var cancelled = false
  /// Finish the step under way, commit it with `release`, and stop.
  public var atStepBoundary = false
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

public struct LeaseRef: WireMessage {
  public var taskId = ""
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
  public var fence: Fence?
  public var events: [Event] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "fence", &fence)
    v.field(2, "events", &events, max: Limits.eventsPerCommit)
  }
}

public enum NodeStatus: UInt32, WireEnum {
  case unspecified = 0
  case attached
  case draining
  /// The connection broke less than the grace ago; its leases are kept.
  case lost
}

public struct NodeInfo: WireMessage {
  public var id = ""
  public var name = ""
  public var status = NodeStatus.unspecified
  public var slots: UInt32 = 0
  public var busy: UInt32 = 0
  public var labels: [Label] = []
  public var version = ""
  public var model = ""
  public var attachedAt = Timestamp()
  public var lastSeenAt = Timestamp()
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

public struct NodeRef: WireMessage {
  public var id = ""
  public init() {}
  public init(id: String) { self.id = id }
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
  }
}

public struct NodeList: WireMessage {
  public var nodes: [NodeInfo] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "nodes", &nodes, max: 65_536)
  }
}
