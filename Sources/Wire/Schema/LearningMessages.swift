/// What a session has of learning.
public enum LearningMode: UInt32, WireEnum {
  /// Leaves the choice to whoever stands above: the connection, then both.
  case unspecified = 0
  /// Nothing is given to the agent, and nothing kept of the turn.
  case off
  /// What was taught goes with each question.
  case inject
  /// What a turn says is kept.
  case capture
  /// What was taught goes with each question, and what a turn says is kept.
  case both

  public var injects: Bool { self == .inject || self == .both }
  public var captures: Bool { self == .capture || self == .both }

  /// The session's own mode, else its connection's, else both.
  public static func effective(_ session: LearningMode, _ connection: LearningMode) -> LearningMode {
    session != .unspecified ? session : connection != .unspecified ? connection : .both
  }
}

/// Makes what a session learned known to every session of its connection: the memory moves to the shared scope.
public struct MemoryConfirmRequest: WireMessage {
  /// With the session as its scope.
  public var memory: MemoryRef?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "memory", &memory)
  }
}

/// A piece of text that goes with every question. (connection, scope, label) is its identity.
public struct MemoryBlock: WireMessage {
  /// The connection that it goes with.
  public var dbConnectionId = ""
  /// `shared`, or the id of the session that alone has it; empty means shared.
  public var scope = ""
  /// Its name: 1 to 256 bytes; white space at the ends is cut off.
  public var label = ""
  /// What belongs in it, for whoever writes it.
  public var description = ""
  /// The text itself; counted in characters against `limit`.
  public var value = ""
  /// Characters that the value may have, 1 to 16000; 0 leaves it as it is, which is 5000 for a new block.
  public var limit: UInt32 = 0
  /// Agents may read it and not write it.
  public var readOnly = false
  /// When it was first written.
  public var createdAt = Timestamp()
  /// When it was last written.
  public var updatedAt = Timestamp()
  /// 1 at first, one more with every change; for compare-and-set.
  public var version: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "scope", &scope, max: Limits.idBytes)
    v.field(3, "label", &label, max: Limits.nameBytes)
    v.field(4, "description", &description, max: Limits.titleBytes)
    v.field(5, "value", &value, max: Limits.memoryValueBytes)
    v.field(6, "limit", &limit)
    v.field(7, "read_only", &readOnly)
    v.field(8, "created_at", &createdAt)
    v.field(9, "updated_at", &updatedAt)
    v.field(10, "version", &version)
  }
}

/// Writes a block. An agent writes the value alone, and not of one that is read-only.
public struct BlockPutRequest: WireMessage {
  /// Its times and version are the server's to set.
  public var block: MemoryBlock?
  /// Absent: whatever is there; 0: only if nothing is; else only if it is still this version.
  public var ifVersion: UInt64?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "block", &block)
    v.field(2, "if_version", &ifVersion)
  }
}

/// Names one block.
public struct BlockRef: WireMessage {
  /// The connection that it goes with.
  public var dbConnectionId = ""
  /// Empty means shared.
  public var scope = ""
  /// Its name.
  public var label = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "scope", &scope, max: Limits.idBytes)
    v.field(3, "label", &label, max: Limits.nameBytes)
  }
}

/// The blocks that are seen: the shared ones, and those of a session when it is given.
public struct BlockListRequest: WireMessage {
  /// The connection that they go with.
  public var dbConnectionId = ""
  /// The session whose own come too; empty for the shared ones alone. A session's block hides a shared one with the same label.
  public var sessionId = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "session_id", &sessionId, max: Limits.idBytes)
  }
}

/// The blocks that are seen.
public struct BlockList: WireMessage {
  /// The shared ones, then the session's own; 64 of each scope at most.
  public var blocks: [MemoryBlock] = []
  /// How many more there are that did not fit into one reply.
  public var omitted: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "blocks", &blocks, max: Int(Limits.listMax))
    v.field(2, "omitted", &omitted)
  }
}

/// What people call the agent of a connection, or of one session of it. It is a label: two sessions may share one, and what they are
/// known by are their ids.
public enum AgentName {
  /// Letters of a session's id that a name has.
  private static let sessionLetters = 8

  /// `kai_agent_sales`, `kai_agent_sales_sess_4f2`.
  public static func label(dbConnectionId: String, sessionId: String = "") -> String {
    let name = "kai_agent_" + plain(dbConnectionId)
    return sessionId.isEmpty ? name : name + "_" + plain(String(sessionId.prefix(sessionLetters)))
  }

  private static func plain(_ text: String) -> String { String(text.map { $0 == "-" || $0 == " " ? "_" : $0 }) }
}
