public enum Dialect: UInt32, WireEnum {
  case unspecified = 0
  case sqlite
  case postgresql
}

/// A user's database. Its alias is its id.
public struct DatabaseConnection: WireMessage {
  /// 1...64 characters of a-z, 0-9, `_` and `-`; begins with a letter or digit.
  public var id = ""
  public var dialect = Dialect.unspecified
  /// Secret. Whole in an assignment to a node, masked everywhere else.
  public var uri = ""
  public var description = ""
  public var createdAt = Timestamp()
  public var updatedAt = Timestamp()
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

public struct ConnectionCreateRequest: WireMessage {
  public var id = ""
  public var uri = ""
  public var description = ""
  public var learning = LearningMode.unspecified
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.titleBytes)
    v.secret(2, "uri", &uri, max: Limits.textBytes)
    v.field(3, "description", &description, max: Limits.textBytes)
    v.field(4, "learning", &learning)
  }
}

public struct ConnectionRef: WireMessage {
  public var id = ""
  public init() {}
  public init(id: String) { self.id = id }
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.titleBytes)
  }
}

public struct ConnectionUpdateRequest: WireMessage {
  public var id = ""
  public var ifVersion: UInt64?
  public var uri: String = ""
  public var description: String?
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

public struct ConnectionListRequest: WireMessage {
  public var page: Page?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "page", &page)
  }
}

public struct ConnectionList: WireMessage {
  public var connections: [DatabaseConnection] = []
  public var total: UInt64 = 0
  public var nextCursor = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "connections", &connections, max: Int(Limits.listMax))
    v.field(2, "total", &total)
    v.field(3, "next_cursor", &nextCursor, max: Limits.cursorBytes)
  }
}
