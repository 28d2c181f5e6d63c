/// The direction of a text in a model's space. Only those of the same model can be compared.
public struct Embedding: WireMessage {
  /// Such as `static:l2_supercat_256` or `openai:text-embedding-3-small`.
  public var model = ""
  /// A signed byte each dimension, scaled so that the largest is 127; at most 4 096.
  public var vector: [UInt8] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "model", &model, max: Limits.nameBytes)
    v.field(2, "vector", &vector, max: Limits.embeddingDimensions)
  }
}

/// Asks for memories that have no vector of a model yet.
public struct UnembeddedRequest: WireMessage {
  public var model = ""
  /// Where the answer before ended; empty for the beginning.
  public var cursor = ""
  /// 1...256; 0 means 64.
  public var limit: UInt32 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "model", &model, max: Limits.nameBytes)
    v.field(2, "cursor", &cursor, max: Limits.cursorBytes)
    v.field(3, "limit", &limit)
  }
}

/// The text of one memory, and the version it is of.
public struct MemoryText: WireMessage {
  public var id = ""
  public var version: UInt64 = 0
  public var text = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "version", &version)
    v.field(3, "text", &text, max: Limits.textBytes)
  }
}

public struct UnembeddedMemories: WireMessage {
  public var memories: [MemoryText] = []
  /// Goes on behind these, also when there are none: more may come.
  public var cursor = ""
  /// Nothing is left behind the cursor now.
  public var isEnd = false
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "memories", &memories, max: 256)
    v.field(2, "cursor", &cursor, max: Limits.cursorBytes)
    v.field(3, "is_end", &isEnd)
  }
}

public struct MemoryVector: WireMessage {
  public var id = ""
  /// Of the memory when its text was read; a vector of another version is dropped.
  public var version: UInt64 = 0
  public var vector: [UInt8] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "version", &version)
    v.field(3, "vector", &vector, max: Limits.embeddingDimensions)
  }
}

public struct EmbedRequest: WireMessage {
  public var model = ""
  public var vectors: [MemoryVector] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "model", &model, max: Limits.nameBytes)
    v.field(2, "vectors", &vectors, max: 256)
  }
}

/// Asks how far a connection's memories are embedded; or lets it begin anew.
public struct ReindexRequest: WireMessage {
  public var dbConnectionId = ""
  /// Drop the vectors there are, of every model: nodes with an embedder make them anew.
  public var drop = false
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "drop", &drop)
  }
}

public struct ReindexState: WireMessage {
  public var memories: UInt64 = 0
  public var models: [EmbeddedCount] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "memories", &memories)
    v.field(2, "models", &models, max: 64)
  }
}

/// How many memories have a vector of a model that is theirs as they are now.
public struct EmbeddedCount: WireMessage {
  public var model = ""
  public var embedded: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "model", &model, max: Limits.nameBytes)
    v.field(2, "embedded", &embedded)
  }
}
