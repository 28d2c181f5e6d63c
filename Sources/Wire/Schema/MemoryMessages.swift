/// One thing remembered. (connection, scope, namespace, key) is its identity.
public struct Memory: WireMessage {
  /// `mem_` + 12 lowercase hex digits.
  public var id = ""
  public var dbConnectionId = ""
  /// `shared`, or the id of the session that alone may see it.
  public var scope = ""
  public var namespace = ""
  public var key = ""
  /// A JSON object, at most 64 KiB.
  public var value = ""
  /// What recall searches, beside the key.
  public var content = ""
  /// 0...1.
  public var importance = 0.0
  public var createdAt = Timestamp()
  public var updatedAt = Timestamp()
  public var lastUsedAt = Timestamp()
  public var useCount: UInt64 = 0
  public var expiresAt = Timestamp()
  /// Who taught it: `user`, `tool` or `learning`.
  public var source = ""
  public var sourceSessionId = ""
  public var sourceStep: UInt64 = 0
  public var version: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(3, "scope", &scope, max: Limits.idBytes)
    v.field(4, "namespace", &namespace, max: Limits.memoryKeyBytes)
    v.field(5, "key", &key, max: Limits.memoryKeyBytes)
    v.json(6, "value", &value, max: Limits.memoryValueBytes)
    v.field(7, "content", &content, max: Limits.memoryValueBytes)
    v.field(8, "importance", &importance)
    v.field(9, "created_at", &createdAt)
    v.field(10, "updated_at", &updatedAt)
    v.field(11, "last_used_at", &lastUsedAt)
    v.field(12, "use_count", &useCount)
    v.field(13, "expires_at", &expiresAt)
    v.field(14, "source", &source, max: Limits.nameBytes)
    v.field(15, "source_session_id", &sourceSessionId, max: Limits.idBytes)
    v.field(16, "source_step", &sourceStep)
    v.field(17, "version", &version)
  }
}

public struct MemoryRememberRequest: WireMessage {
  public var dbConnectionId = ""
  /// `shared` or a session's id; empty means `shared`.
  public var scope = ""
  public var namespace = ""
  public var key = ""
  public var value = ""
  public var content = ""
  /// Absent means 0.5, or unchanged on an update.
  public var importance: Double?
  /// 0 means never.
  public var expiresInMs: UInt64 = 0
  public var source = ""
  public var sourceSessionId = ""
  public var sourceStep: UInt64 = 0
  public var ifVersion: UInt64?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "scope", &scope, max: Limits.idBytes)
    v.field(3, "namespace", &namespace, max: Limits.textBytes)
    v.field(4, "key", &key, max: Limits.textBytes)
    v.json(5, "value", &value, max: Limits.textBytes)
    v.field(6, "content", &content, max: Limits.textBytes)
    v.field(7, "importance", &importance)
    v.field(8, "expires_in_ms", &expiresInMs)
    v.field(9, "source", &source, max: Limits.nameBytes)
    v.field(10, "source_session_id", &sourceSessionId, max: Limits.idBytes)
    v.field(11, "source_step", &sourceStep)
    v.field(12, "if_version", &ifVersion)
  }
}

/// Names one memory.
public struct MemoryRef: WireMessage {
  public var dbConnectionId = ""
  public var scope = ""
  public var namespace = ""
  public var key = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "scope", &scope, max: Limits.idBytes)
    v.field(3, "namespace", &namespace, max: Limits.memoryKeyBytes)
    v.field(4, "key", &key, max: Limits.memoryKeyBytes)
  }
}

/// Searches what is visible: the shared memories, and those of `session_id` when it is given.
public struct MemoryRecallRequest: WireMessage {
  public var dbConnectionId = ""
  public var sessionId = ""
  public var query = ""
  /// Only this namespace and what is below it (whole segments).
  public var namespace = ""
  /// 1...100; 0 means 10.
  public var limit: UInt32 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "session_id", &sessionId, max: Limits.idBytes)
    v.field(3, "query", &query, max: Limits.textBytes)
    v.field(4, "namespace", &namespace, max: Limits.memoryKeyBytes)
    v.field(5, "limit", &limit)
  }
}

public struct MemoryHit: WireMessage {
  public var memory: Memory?
  public var score = 0.0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "memory", &memory)
    v.field(2, "score", &score)
  }
}

public struct MemoryHits: WireMessage {
  public var hits: [MemoryHit] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "hits", &hits, max: 100)
  }
}

public struct MemoryListRequest: WireMessage {
  public var page: Page?
  public var dbConnectionId = ""
  public var scope: String?
  public var namespace = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "page", &page)
    v.field(2, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(3, "scope", &scope, max: Limits.idBytes)
    v.field(4, "namespace", &namespace, max: Limits.memoryKeyBytes)
  }
}

public struct MemoryList: WireMessage {
  public var memories: [Memory] = []
  public var total: UInt64 = 0
  public var nextCursor = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "memories", &memories, max: Int(Limits.listMax))
    v.field(2, "total", &total)
    v.field(3, "next_cursor", &nextCursor, max: Limits.cursorBytes)
  }
}

/// Forgets one memory (key given), or all of a namespace, a scope or the connection's; history too.
public struct MemoryForgetRequest: WireMessage {
  public var dbConnectionId = ""
  public var scope: String?
  public var namespace: String?
  public var key: String?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "scope", &scope, max: Limits.idBytes)
    v.field(3, "namespace", &namespace, max: Limits.memoryKeyBytes)
    v.field(4, "key", &key, max: Limits.memoryKeyBytes)
  }
}

public struct Count: WireMessage {
  public var count: UInt64 = 0
  public init() {}
  public init(_ count: UInt64) { self.count = count }
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "count", &count)
  }
}

/// Every version of one memory, newest first.
public struct MemoryHistory: WireMessage {
  public var versions: [Memory] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "versions", &versions, max: 10_000)
  }
}
