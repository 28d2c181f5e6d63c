import Wire

/// One moment on both clocks: deadlines are counted on the monotonic one, `not_before` and what people see on the other.
struct Moment: Sendable, Equatable {
  var monotonicMs: Int64
  var wall: Timestamp
}

/// A task that waits for a node.
struct QueuedTask: Sendable, Equatable {
  let taskId: String
  let sessionId: String
  /// Higher goes first.
  let priority: Int64
  /// Its place in the order of submission; of equal priority the lower goes first.
  let number: Int64
  /// It does not run before this; zero means at once.
  let notBefore: Timestamp
  /// The user database that it asks.
  let connectionId: String
  /// Which nodes may run it.
  let selector: NodeSelector
  /// The key that submitted it; empty when that is not known.
  var keyId = ""
  /// A node has worked on it: it goes on before its session's other tasks begin.
  var hasBegun = false

  /// Whether it runs before another task of the same session.
  func goesBefore(_ other: QueuedTask) -> Bool {
    if hasBegun != other.hasBegun { return hasBegun }
    return priority != other.priority ? priority > other.priority : number < other.number
  }
}

/// A stream on a connection of this process.
struct StreamName: Sendable, Hashable {
  let connection: UInt64
  let streamID: UInt32
}

/// What a node said of itself when it attached.
struct NodeProfile: Sendable, Equatable {
  var name: String
  var slots: UInt32
  var labels: [Label] = []
  var version = ""
  var model = ""
  var address = ""
}

/// A node: attached while it has a stream, else kept for the sake of its leases.
struct AttachedNode: Sendable {
  let id: String
  /// The key that attached it; nobody else may speak for it.
  let keyId: String
  var profile: NodeProfile
  var attachedAt: Timestamp
  var lastSeenAt: Timestamp
  var stream: StreamName?
  /// Items that it may still be sent; below zero while items wait for the node to grant more.
  var credit: Int64 = 0
  /// The sessions whose leases it holds.
  var sessions: Set<String> = []
  /// Grants that are on their way to the disk.
  var granting = 0
  var isDraining = false
  /// When its leases end if it does not come back, in monotonic milliseconds.
  var graceEndsAtMs: Int64?
  /// Grants that it did not acknowledge and leases that it let expire, since it was heard of; such a node is asked last.
  var silences = 0

  var busy: Int { sessions.count + granting }
  var canTakeMore: Bool { stream != nil && !isDraining && credit > 0 && busy < Int(profile.slots) }

  func info(_ status: NodeStatus) -> NodeInfo {
    NodeInfo.with {
      $0.id = id
      $0.name = profile.name
      $0.status = status
      $0.slots = profile.slots
      $0.busy = UInt32(clamping: busy)
      $0.labels = profile.labels
      $0.version = profile.version
      $0.model = profile.model
      $0.attachedAt = attachedAt
      $0.lastSeenAt = lastSeenAt
      $0.address = profile.address
    }
  }
}

/// A lease as it is stored: it names one execution of one task on one node.
struct Lease: Sendable, Equatable {
  let sessionId: String
  let taskId: String
  let nodeId: String
  let nodeName: String
  let keyId: String
  let epoch: UInt64
}

/// A lease with its deadlines, which live in memory only, so that a heartbeat costs no write.
struct HeldLease: Sendable {
  enum Phase: Sendable, Equatable {
    /// Granted; the node has not said yet that it knows.
    case unacknowledged(untilMs: Int64)
    case held
    /// Its end is on its way to the disk.
    case ending(LeaseEnd)
    /// Its end could not be stored and is tried again.
    case endDelayed(LeaseEnd, untilMs: Int64)
  }

  let lease: Lease
  var phase: Phase
  var deadlineMs: Int64
  /// What the node was told to stop for. A lease whose task is cancelled is not renewed any more.
  var stop: LeaseRevoked?

  func isLive(atMs now: Int64) -> Bool {
    switch phase {
    case .unacknowledged, .held: now <= deadlineMs
    case .ending, .endDelayed: false
    }
  }
}

/// Why a lease ends without the task having ended.
enum LeaseEnd: Sendable, Equatable, CaseIterable {
  /// No heartbeat within the TTL.
  case expired
  /// The node's connection broke, and the node did not come back within the grace.
  case connectionLost
  /// The node never said that it took the task.
  case notAcknowledged
  /// The node was gone before the assignment could be sent.
  case undeliverable
  /// The node handed it back.
  case released

  /// An execution that may have died of its task counts against `max_attempts`; one that never began, or ended on
  /// purpose, does not.
  var burnsAttempt: Bool {
    switch self {
    case .expired, .connectionLost: true
    case .notAcknowledged, .undeliverable, .released: false
    }
  }

  /// For people, after "the task is queued again: ".
  var sentence: String {
    switch self {
    case .expired: "its node was silent for longer than the lease"
    case .connectionLost: "its node's connection broke and the node did not come back"
    case .notAcknowledged: "the node did not acknowledge it in time"
    case .undeliverable: "the node was gone before it could be told"
    case .released: "its node handed it back"
    }
  }
}

/// A grant that is to be made durable before the node hears of it.
struct GrantOrder: Sendable, Equatable {
  let taskId: String
  let sessionId: String
  /// The stream whose credit it takes.
  let stream: StreamName
  let nodeId: String
  let nodeName: String
  let keyId: String
}

/// Why a grant was not made.
enum GrantRefusal: Sendable, Equatable {
  /// The task is no longer queued.
  case taskGone
  /// The session is not open for work.
  case sessionBlocked
  /// The store failed; worth another try later.
  case storeFailed
}

/// What the driver has to do after a decision.
enum DispatchAction: Sendable, Equatable {
  case grant(GrantOrder)
  case end(Lease, LeaseEnd)
  case send(StreamName, NodeItem)
  /// Nobody has answered a question in time.
  case expire(WaitingTask)
  /// Ends a node's stream with an error.
  case closeStream(StreamName, WireError)
}
