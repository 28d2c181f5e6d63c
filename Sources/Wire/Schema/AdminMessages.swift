/// What a key may do; each method names the roles that may call it.
public enum Role: UInt32, WireEnum {
  case unspecified = 0
  case admin
  case user
  case agent
  case viewer
}

public struct KeyInfo: WireMessage {
  /// `key_` + 12 lowercase hex digits.
  public var id = ""
  public var name = ""
  public var role = Role.unspecified
  public var createdAt = Timestamp()
  public var revokedAt = Timestamp()
  /// Only in the answer to `key.create`: 64 hex digits.
  public var secret = ""
  /// The database connections that it sees, if it is limited to some.
  public var connections: [String] = []
  public var isLimited = false
  /// 0 means never.
  public var expiresAt = Timestamp()
  /// 0 means any number.
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

public struct KeyCreateRequest: WireMessage {
  public var name = ""
  public var role = Role.unspecified
  /// The only database connections that it sees; empty means all. For the roles user and viewer.
  public var connections: [String] = []
  /// How long it is valid, in milliseconds; 0 means for ever.
  public var validForMs: UInt64 = 0
  /// How many it may make; 0 means any number. Not for the role agent.
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

public struct KeyRef: WireMessage {
  public var id = ""
  public init() {}
  public init(id: String) { self.id = id }
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
  }
}

public struct KeyList: WireMessage {
  public var keys: [KeyInfo] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "keys", &keys, max: 65_536)
  }
}

public struct ServerInfo: WireMessage {
  public var serverId = ""
  public var version = ""
  public var protocolVersion: UInt32 = 0
  public var startedAt = Timestamp()
  public var storeBackend = ""
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
  public var name = ""
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

public struct ServerStats: WireMessage {
  public var stats: [Stat] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "stats", &stats, max: 4_096)
  }
}

/// One thing that was checked.
public struct CheckFinding: WireMessage {
  public var name = ""
  public var ok = false
  public var detail = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "name", &name, max: Limits.nameBytes)
    v.field(2, "ok", &ok)
    v.field(3, "detail", &detail, max: 4_096)
  }
}

public struct ServerCheck: WireMessage {
  public var ok = false
  public var findings: [CheckFinding] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "ok", &ok)
    v.field(2, "findings", &findings, max: 10_000)
  }
}
