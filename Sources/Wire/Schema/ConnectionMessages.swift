/// Which database speaks.
public enum Dialect: UInt32, WireEnum {
  /// No dialect; never stored.
  case unspecified = 0
  /// A file on the node's machine.
  case sqlite
  /// A PostgreSQL server.
  case postgresql
}

/// A user's database. Its alias is its id.
public struct DatabaseConnection: WireMessage {
  /// 1...64 characters of a-z, 0-9, `_` and `-`; begins with a letter or digit.
  public var id = ""
  /// Told by the URI.
  public var dialect = Dialect.unspecified
  /// Secret. Whole in an assignment to a node, masked everywhere else.
  public var uri = ""
  /// What the database is about, in words, for people and agents.
  public var description = ""
  /// When it was made.
  public var createdAt = Timestamp()
  /// When it was last changed.
  public var updatedAt = Timestamp()
  /// 1 at first, one more with every change; for compare-and-set.
  public var version: UInt64 = 0
  /// Of its sessions that say nothing else; unspecified means both.
  public var learning = LearningMode.unspecified
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "dialect", &dialect)
    v.secret(3, "uri", &uri, max: Limits.uriBytes)
    v.field(4, "description", &description, max: Limits.titleBytes)
    v.field(5, "created_at", &createdAt)
    v.field(6, "updated_at", &updatedAt)
    v.field(7, "version", &version)
    v.field(8, "learning", &learning)
  }
}

/// Makes a connection.
public struct ConnectionCreateRequest: WireMessage {
  /// Its alias: 1 to 64 of a-z, 0-9, `_` and `-`, of which the first is a letter or digit.
  public var id = ""
  /// `sqlite:///absolute/path/file.db` (a path on the nodes' machine) or `postgresql://user:password@host:5432/database`; special
  /// characters percent-encoded, no control characters, at most 4096 bytes.
  public var uri = ""
  /// What the database is about, in words; at most 1024 bytes.
  public var description = ""
  /// Of its sessions that say nothing else; unspecified means both.
  public var learning = LearningMode.unspecified
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.titleBytes)
    v.secret(2, "uri", &uri, max: Limits.textBytes)
    v.field(3, "description", &description, max: Limits.textBytes)
    v.field(4, "learning", &learning)
  }
}

/// Names one connection.
public struct ConnectionRef: WireMessage {
  /// Its alias.
  public var id = ""
  public init() {}
  public init(id: String) { self.id = id }
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.titleBytes)
  }
}

/// Changes the fields that are given.
public struct ConnectionUpdateRequest: WireMessage {
  /// Its alias, which never changes.
  public var id = ""
  /// Only if it is still this version, else `stale_version`; absent for whatever is there.
  public var ifVersion: UInt64?
  /// As in `ConnectionCreateRequest`; empty leaves it as it is.
  public var uri: String = ""
  /// Absent leaves it as it is; empty removes it.
  public var description: String?
  /// Unspecified leaves it as it is.
  public var learning = LearningMode.unspecified
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.titleBytes)
    v.field(2, "if_version", &ifVersion)
    v.secret(3, "uri", &uri, max: Limits.textBytes)
    v.field(4, "description", &description, max: Limits.textBytes)
    v.field(5, "learning", &learning)
  }
}

/// Lists the connections that the key sees.
public struct ConnectionListRequest: WireMessage {
  /// Absent for the first 100.
  public var page: Page?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "page", &page)
  }
}

/// One page of connections, the newest first.
public struct ConnectionList: WireMessage {
  /// With their passwords masked.
  public var connections: [DatabaseConnection] = []
  /// How many the key sees.
  public var total: UInt64 = 0
  /// For the next page; empty on the last one.
  public var nextCursor = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "connections", &connections, max: Int(Limits.listMax))
    v.field(2, "total", &total)
    v.field(3, "next_cursor", &nextCursor, max: Limits.cursorBytes)
  }
}
