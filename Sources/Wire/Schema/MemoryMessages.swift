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
  /// What was said around it, searched with half the weight of the content.
  public var neighbours = ""
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
    v.field(18, "neighbours", &neighbours, max: Limits.memoryValueBytes)
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
  /// Absent: whatever is there; 0: only if nothing is; else only if it is still this version.
  public var ifVersion: UInt64?
  public var neighbours = ""
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
    v.field(13, "neighbours", &neighbours, max: Limits.textBytes)
  }
}

/// Names one memory. For a read the scope may also be `ID+shared`: what session ID has under this name, else what is shared.
public struct MemoryRef: WireMessage {
  public var dbConnectionId = ""
  public var scope = ""
  public var namespace = ""
  public var key = ""
  /// An older version of it; 0 for the one that holds.
  public var version: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "scope", &scope, max: Limits.idBytes)
    v.field(3, "namespace", &namespace, max: Limits.memoryKeyBytes)
    v.field(4, "key", &key, max: Limits.memoryKeyBytes)
    v.field(5, "version", &version)
  }
}

/// Makes an older version the one that holds, as a new version.
public struct MemoryUndoRequest: WireMessage {
  public var memory: MemoryRef?
  /// 0 means the one before the last.
  public var toVersion: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "memory", &memory)
    v.field(2, "to_version", &toVersion)
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

/// Forgets one memory (key given), those whose keys begin so, or all of a namespace, a scope or the connection; history too.
public struct MemoryForgetRequest: WireMessage {
  public var dbConnectionId = ""
  public var scope: String?
  /// And what is below it, unless a key is given.
  public var namespace: String?
  public var key: String?
  public var keyPrefix: String?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "scope", &scope, max: Limits.idBytes)
    v.field(3, "namespace", &namespace, max: Limits.memoryKeyBytes)
    v.field(4, "key", &key, max: Limits.memoryKeyBytes)
    v.field(5, "key_prefix", &keyPrefix, max: Limits.memoryKeyBytes)
  }
}

/// What is gone.
public struct MemoryForgotten: WireMessage {
  public var count: UInt64 = 0
  /// Versions of them, the last ones included.
  public var versions: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "count", &count)
    v.field(2, "versions", &versions)
  }
}

/// Memories that another place kept, to be kept here as they are: with their versions' numbers, times and sources, without older
/// versions. What is already here, or here at the same or a later time, stays, so that a repeat changes nothing.
public struct MemoryImportRequest: WireMessage {
  /// Where they go, whatever they say of it themselves.
  public var dbConnectionId = ""
  public var memories: [Memory] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "memories", &memories, max: Int(Limits.listMax))
  }
}

public struct MemoryImported: WireMessage {
  public var added: UInt64 = 0
  public var updated: UInt64 = 0
  public var unchanged: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "added", &added)
    v.field(2, "updated", &updated)
    v.field(3, "unchanged", &unchanged)
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
