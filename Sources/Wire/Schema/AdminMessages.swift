/// What a key may do; each method names the roles that may call it.
public enum Role: UInt32, WireEnum {
  /// No role; never valid.
  case unspecified = 0
  /// May call everything but what only nodes do.
  case admin
  /// Works: sessions, tasks, memories, knowledge, connections, artifacts.
  case user
  /// A node: takes tasks, commits steps, reports what it finds. Needs keys of its own, without limits.
  case agent
  /// May look at everything that a user sees, and change nothing.
  case viewer
}

/// A key, without its secret but in the answer that makes it.
public struct KeyInfo: WireMessage {
  /// `key_` + 12 lowercase hex digits.
  public var id = ""
  /// What people call it; need not be unique, may be empty.
  public var name = ""
  /// What it may do.
  public var role = Role.unspecified
  /// When it was made.
  public var createdAt = Timestamp()
  /// When it was revoked; 0 while it is not.
  public var revokedAt = Timestamp()
  /// Only in the answer to `key.create`: 64 hex digits.
  public var secret = ""
  /// The database connections that it sees, if it is limited to some.
  public var connections: [String] = []
  /// It sees `connections` alone. Stays true when the last of them has been deleted: such a key sees none.
  public var isLimited = false
  /// When it stops being valid; 0 for never.
  public var expiresAt = Timestamp()
  /// How many requests a second it may make, on all its connections together; 0 means any number.
  public var requestsPerSecond: UInt32 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "name", &name, max: Limits.nameBytes)
    v.field(3, "role", &role)
    v.field(4, "created_at", &createdAt)
    v.field(5, "revoked_at", &revokedAt)
    v.secret(6, "secret", &secret, max: 64)
    v.field(7, "connections", &connections, max: Limits.keyConnections, maxEach: Limits.idBytes)
    v.field(8, "is_limited", &isLimited)
    v.field(9, "expires_at", &expiresAt)
    v.field(10, "requests_per_second", &requestsPerSecond)
  }
}

/// Makes a key.
public struct KeyCreateRequest: WireMessage {
  /// What people call it; need not be unique, may be empty.
  public var name = ""
  /// Must be given.
  public var role = Role.unspecified
  /// The only database connections that it sees; empty means all. For the roles user and viewer.
  public var connections: [String] = []
  /// How long it is valid, in milliseconds; 0 means for ever.
  public var validForMs: UInt64 = 0
  /// How many requests a second it may make, on all its connections together, with a burst of one second's worth; 0 means any
  /// number. Not for the role agent.
  public var requestsPerSecond: UInt32 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "name", &name, max: Limits.nameBytes)
    v.field(2, "role", &role)
    v.field(3, "connections", &connections, max: Limits.keyConnections, maxEach: Limits.idBytes)
    v.field(4, "valid_for_ms", &validForMs)
    v.field(5, "requests_per_second", &requestsPerSecond)
  }
}

/// Names one key.
public struct KeyRef: WireMessage {
  /// `key_` + 12 lowercase hex digits.
  public var id = ""
  public init() {}
  public init(id: String) { self.id = id }
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
  }
}

/// Every key, revoked and expired ones included.
public struct KeyList: WireMessage {
  /// Without their secrets.
  public var keys: [KeyInfo] = []
  /// How many more there are that did not fit into one reply: revoked ones before others.
  public var omitted: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "keys", &keys, max: 65_536)
    v.field(2, "omitted", &omitted)
  }
}

/// What serves, and since when.
public struct ServerInfo: WireMessage {
  /// `srv_` + 12 lowercase hex digits: the same for the life of a data folder, also after a restore and a rotation of its master
  /// key.
  public var serverId = ""
  /// Of the program, such as `0.1`.
  public var version = ""
  /// Of this protocol: 1.
  public var protocolVersion: UInt32 = 0
  /// When the process started to serve.
  public var startedAt = Timestamp()
  /// `sqlite`.
  public var storeBackend = ""
  /// The last migration of the store.
  public var schemaVersion: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "server_id", &serverId, max: Limits.idBytes)
    v.field(2, "version", &version, max: Limits.nameBytes)
    v.field(3, "protocol_version", &protocolVersion)
    v.field(4, "started_at", &startedAt)
    v.field(5, "store_backend", &storeBackend, max: Limits.nameBytes)
    v.field(6, "schema_version", &schemaVersion)
  }
}

/// One named figure.
public struct Stat: WireMessage {
  /// Such as `connections_open`; names are added, and not promised to stay.
  public var name = ""
  /// In the unit that the name says.
  public var value = 0.0
  public init() {}
  public init(_ name: String, _ value: Double) {
    self.name = name
    self.value = value
  }
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "name", &name, max: Limits.nameBytes)
    v.field(2, "value", &value)
  }
}

/// Figures of the process and its store.
public struct ServerStats: WireMessage {
  /// In no order that means something.
  public var stats: [Stat] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "stats", &stats, max: 4_096)
  }
}

/// One thing that was checked.
public struct CheckFinding: WireMessage {
  /// What was checked.
  public var name = ""
  /// Whether it was as it has to be.
  public var ok = false
  /// A sentence: what was found.
  public var detail = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "name", &name, max: Limits.nameBytes)
    v.field(2, "ok", &ok)
    v.field(3, "detail", &detail, max: 4_096)
  }
}

/// What a check of the store found.
public struct ServerCheck: WireMessage {
  /// All findings are.
  public var ok = false
  /// One for each thing that was checked.
  public var findings: [CheckFinding] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "ok", &ok)
    v.field(2, "findings", &findings, max: 10_000)
  }
}
