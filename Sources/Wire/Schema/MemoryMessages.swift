/// One thing remembered. (connection, scope, namespace, key) is its identity.
public struct Memory: WireMessage {
  /// `mem_` + 12 lowercase hex digits.
  public var id = ""
  /// The connection that it is about.
  public var dbConnectionId = ""
  /// `shared`, or the id of the session that alone may see it.
  public var scope = ""
  /// What kind of thing it is, such as `corrections`: segments with `/` between them, none of them empty; 1 to 512 bytes.
  /// `session_context` and `session_working`, and what is below them, are for the scope of a session only.
  public var namespace = ""
  /// Its name within the namespace, 1 to 512 bytes.
  public var key = ""
  /// A JSON object, at most 64 KiB.
  public var value = ""
  /// What recall searches, beside the key.
  public var content = ""
  /// 0...1.
  public var importance = 0.0
  /// When it was first remembered.
  public var createdAt = Timestamp()
  /// When this version was written.
  public var updatedAt = Timestamp()
  /// When a recall found it last; 0 for never.
  public var lastUsedAt = Timestamp()
  /// How often a recall found it.
  public var useCount: UInt64 = 0
  /// When it is forgotten; 0 for never.
  public var expiresAt = Timestamp()
  /// Who taught it: `user`, `tool` or `learning`.
  public var source = ""
  /// The session in which it was taught, as whoever taught it says; may be empty.
  public var sourceSessionId = ""
  /// The step in which it was taught, as whoever taught it says; 0 for none.
  public var sourceStep: UInt64 = 0
  /// 1 at first, one more with every change; at most 10000. For compare-and-set.
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

/// Writes a memory: a new one, or a new version of the one with the same scope, namespace and key.
public struct MemoryRememberRequest: WireMessage {
  /// The connection that it is about.
  public var dbConnectionId = ""
  /// `shared`, or the id of a session of the same connection that alone may see it; empty means `shared`.
  public var scope = ""
  /// As in `Memory.namespace`.
  public var namespace = ""
  /// As in `Memory.key`.
  public var key = ""
  /// A JSON object, nested at most 64 deep, of at most 65536 bytes once it is written without white space; empty means `{}`.
  /// Another JSON value is `invalid_json`.
  public var value = ""
  /// What recall searches, at most 65536 bytes; empty is allowed.
  public var content = ""
  /// 0 to 1. Absent means 0.5, or unchanged on an update.
  public var importance: Double?
  /// How long it lives, in milliseconds; 0 means for ever.
  public var expiresInMs: UInt64 = 0
  /// Who teaches it, such as `user` or `tool`; kept as it is.
  public var source = ""
  /// The session in which it is taught; kept as it is, may be empty.
  public var sourceSessionId = ""
  /// The step in which it is taught; 0 for none.
  public var sourceStep: UInt64 = 0
  /// Absent: whatever is there; 0: only if nothing is; else only if it is still this version.
  public var ifVersion: UInt64?
  /// What was said around it, at most 65536 bytes; searched with half the weight of the content.
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
  /// The connection that it is about.
  public var dbConnectionId = ""
  /// `shared` or a session's id; empty means `shared`.
  public var scope = ""
  /// As in `Memory.namespace`.
  public var namespace = ""
  /// As in `Memory.key`.
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
  /// Which; its `version` is not looked at.
  public var memory: MemoryRef?
  /// 0 means the one before the last.
  public var toVersion: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "memory", &memory)
    v.field(2, "to_version", &toVersion)
  }
}

/// Lists memories of a connection.
public struct MemoryListRequest: WireMessage {
  /// Absent for the first 100.
  public var page: Page?
  /// The connection that they are about.
  public var dbConnectionId = ""
  /// `shared` or a session's id (empty means `shared`); absent for every scope of the connection.
  public var scope: String?
  /// Only this namespace and what is below it (whole segments); empty for all.
  public var namespace = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "page", &page)
    v.field(2, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(3, "scope", &scope, max: Limits.idBytes)
    v.field(4, "namespace", &namespace, max: Limits.memoryKeyBytes)
  }
}

/// One page of memories, the newest first.
public struct MemoryList: WireMessage {
  /// The version that holds of each.
  public var memories: [Memory] = []
  /// How many the filters let through.
  public var total: UInt64 = 0
  /// For the next page; empty on the last one.
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
  /// The connection that they are about.
  public var dbConnectionId = ""
  /// `shared` or a session's id; absent for every scope.
  public var scope: String?
  /// And what is below it, unless a key is given.
  public var namespace: String?
  /// Exactly this key; needs a scope and a namespace.
  public var key: String?
  /// Every key that begins so.
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
  /// How many memories.
  public var count: UInt64 = 0
  /// How many versions of them, the last ones included.
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
  /// Their scopes must be `shared` or sessions of the connection.
  public var memories: [Memory] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "memories", &memories, max: Int(Limits.listMax))
  }
}

/// What an import did.
public struct MemoryImported: WireMessage {
  /// Memories that were not here.
  public var added: UInt64 = 0
  /// Memories that were here and older.
  public var updated: UInt64 = 0
  /// Memories that were here as they are, or newer, or that have expired.
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
  /// At least one.
  public var versions: [Memory] = []
  /// How many older versions there are that did not fit into one reply.
  public var omitted: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "versions", &versions, max: 10_000)
    v.field(2, "omitted", &omitted)
  }
}
