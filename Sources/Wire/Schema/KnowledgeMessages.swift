/// What a piece of knowledge is.
public enum KnowledgeKind: UInt32, WireEnum {
  /// None; in a list, every kind.
  case unspecified = 0
  /// What to do or to mind, always or under a condition.
  case instruction
  /// A word of the business, and the SQL that computes it.
  case metric
  /// How something is done, as a text with a title.
  case skill
  /// A question with the SQL that answers it.
  case sql
}

/// Whether a node could run the SQL of a piece of knowledge.
public enum KnowledgeState: UInt32, WireEnum {
  /// Never stored.
  case unspecified = 0
  /// It may be used.
  case ready
  /// It has SQL that no node has looked at yet.
  case unchecked
  /// The database refuses its SQL: it is not used.
  case refused
}

/// Something that a steward taught about a connection. (connection, kind, name) is its identity.
public struct Knowledge: WireMessage {
  /// `know_` + 12 lowercase hex digits.
  public var id = ""
  /// The connection that it is about.
  public var dbConnectionId = ""
  /// What it is.
  public var kind = KnowledgeKind.unspecified
  /// Of verified SQL: its question.
  public var name = ""
  /// An instruction, a metric's or SQL's explanation, a skill's Markdown.
  public var text = ""
  /// Of an instruction: when it holds; empty for always.
  public var condition = ""
  /// Of a metric: other words for it.
  public var aliases: [String] = []
  /// Of a metric: an expression or a query. Of verified SQL: the query that answers the question. 64 KiB at most; the other kinds
  /// have none.
  public var sql = ""
  /// Of a skill: what it is about, in a sentence.
  public var description = ""
  /// Of a skill: a word to sort it by.
  public var category = ""
  /// Of a skill: words to find it by.
  public var tags: [String] = []
  /// Whether it may be used.
  public var state = KnowledgeState.unspecified
  /// Why its SQL was refused.
  public var problem = ""
  /// When it was first taught.
  public var createdAt = Timestamp()
  /// When it was last changed.
  public var updatedAt = Timestamp()
  /// 1 at first, one more with every change; for compare-and-set.
  public var version: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(3, "kind", &kind)
    v.field(4, "name", &name, max: Limits.titleBytes)
    v.field(5, "text", &text, max: Limits.knowledgeTextBytes)
    v.field(6, "condition", &condition, max: Limits.titleBytes)
    v.field(7, "aliases", &aliases, max: Limits.labels, maxEach: Limits.nameBytes)
    v.field(8, "sql", &sql, max: Limits.knowledgeTextBytes)
    v.field(9, "description", &description, max: Limits.titleBytes)
    v.field(10, "category", &category, max: Limits.nameBytes)
    v.field(11, "tags", &tags, max: Limits.labels, maxEach: Limits.nameBytes)
    v.field(12, "state", &state)
    v.field(13, "problem", &problem, max: Limits.titleBytes)
    v.field(14, "created_at", &createdAt)
    v.field(15, "updated_at", &updatedAt)
    v.field(16, "version", &version)
  }
}

/// Adds a piece of knowledge, or replaces the one of the same kind and name.
public struct KnowledgePutRequest: WireMessage {
  /// Its id, state, times and version are the server's to set.
  public var knowledge: Knowledge?
  /// Absent: whatever is there; 0: only if nothing is; else only if it is still this version.
  public var ifVersion: UInt64?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "knowledge", &knowledge)
    v.field(2, "if_version", &ifVersion)
  }
}

/// Names one piece of knowledge.
public struct KnowledgeRef: WireMessage {
  /// The connection that it is about.
  public var dbConnectionId = ""
  /// Must be given.
  public var kind = KnowledgeKind.unspecified
  /// Of verified SQL: its question.
  public var name = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "kind", &kind)
    v.field(3, "name", &name, max: Limits.titleBytes)
  }
}

/// Lists what was taught about a connection.
public struct KnowledgeListRequest: WireMessage {
  /// Absent for the first 100.
  public var page: Page?
  /// The connection that it is about.
  public var dbConnectionId = ""
  /// Unspecified for all.
  public var kind = KnowledgeKind.unspecified
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "page", &page)
    v.field(2, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(3, "kind", &kind)
  }
}

/// One page of knowledge, the newest first.
public struct KnowledgeList: WireMessage {
  /// Whole, in every state.
  public var knowledge: [Knowledge] = []
  /// How many there are of the kind.
  public var total: UInt64 = 0
  /// For the next page; empty on the last one.
  public var nextCursor = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "knowledge", &knowledge, max: Int(Limits.listMax))
    v.field(2, "total", &total)
    v.field(3, "next_cursor", &nextCursor, max: Limits.cursorBytes)
  }
}

/// Looks for knowledge of one kind that is about a text.
public struct KnowledgeSearchRequest: WireMessage {
  /// The connection that it is about.
  public var dbConnectionId = ""
  /// Must be given.
  public var kind = KnowledgeKind.unspecified
  /// The text that the knowledge is to be about.
  public var query = ""
  /// 1...100; 0 means 10.
  public var limit: UInt32 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "kind", &kind)
    v.field(3, "query", &query, max: Limits.promptBytes)
    v.field(4, "limit", &limit)
  }
}

/// A piece of knowledge that a search found.
public struct KnowledgeHit: WireMessage {
  /// Whole.
  public var knowledge: Knowledge?
  /// How alike text and name are, 0...1; 1 for the same words. From 0.85 on verified SQL answers the question.
  public var similarity = 0.0
  /// It would be given to an agent that is asked this.
  public var fits = false
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "knowledge", &knowledge)
    v.field(2, "similarity", &similarity)
    v.field(3, "fits", &fits)
  }
}

/// What a search found.
public struct KnowledgeHits: WireMessage {
  /// The most alike first.
  public var hits: [KnowledgeHit] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "hits", &hits, max: 100)
  }
}

/// SQL of a piece of knowledge that a node is to look at.
public struct KnowledgeCheck: WireMessage {
  /// The id of the knowledge.
  public var id = ""
  /// The version of the knowledge; the report names it.
  public var version: UInt64 = 0
  /// The statement to prepare, and not to run.
  public var sql = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "version", &version)
    v.field(3, "sql", &sql, max: Limits.knowledgeTextBytes)
  }
}

/// What the database said of it.
public struct KnowledgeChecked: WireMessage {
  /// The connection that was asked.
  public var dbConnectionId = ""
  /// The id of the knowledge.
  public var id = ""
  /// The version that was looked at; a report about an older one is dropped.
  public var version: UInt64 = 0
  /// Why the database refuses it; absent when it would run.
  public var error: WireError?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "id", &id, max: Limits.idBytes)
    v.field(3, "version", &version)
    v.field(4, "error", &error)
  }
}

// MARK: What a turn is given

/// Asks what an agent would be given with a question.
public struct BackgroundRequest: WireMessage {
  /// The connection that the question is about.
  public var dbConnectionId = ""
  /// Empty for a new session.
  public var sessionId = ""
  /// As a person would ask it.
  public var question = ""
  /// What the pieces may have together, in bytes; 0 means 16 KiB.
  public var maxBytes: UInt32 = 0
  /// Of the question; see ``MemoryRecallRequest/embedding``.
  public var embedding: Embedding?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "session_id", &sessionId, max: Limits.idBytes)
    v.field(3, "question", &question, max: Limits.promptBytes)
    v.field(4, "max_bytes", &maxBytes)
    v.field(5, "embedding", &embedding)
  }
}

/// One piece of what was taught, as an agent is given it.
public struct BackgroundPiece: WireMessage {
  /// Such as `knowledge:instruction/Java` or `memory:shared/corrections/delay`.
  public var source = ""
  /// As the agent reads it.
  public var text = ""
  /// How well it fits the question, 0...1.
  public var score = 0.0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "source", &source, max: 2_048)
    v.field(2, "text", &text, max: Limits.textBytes)
    v.field(3, "score", &score)
  }
}

/// What an agent would be given with a question.
public struct Background: WireMessage {
  /// In the order they are given in.
  public var pieces: [BackgroundPiece] = []
  /// Pieces that fit the question but not the size.
  public var omitted: [String] = []
  /// What the pieces have together.
  public var bytes: UInt64 = 0
  /// What people call the agent that gets it; see ``AgentName``.
  public var agent = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "pieces", &pieces, max: 1_024)
    v.field(2, "omitted", &omitted, max: 1_024, maxEach: 2_048)
    v.field(3, "bytes", &bytes)
    v.field(4, "agent", &agent, max: Limits.nameBytes)
  }
}
