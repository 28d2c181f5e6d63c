/// The direction of a text in a model's space. Only those of the same model can be compared.
public struct Embedding: WireMessage {
  /// Such as `static:l2_supercat_256` or `openai:text-embedding-3-small`.
  public var model = ""
  /// One signed byte (two's complement, -128 to 127) for each dimension, in order, so that no byte order matters; scaled so that
  /// the largest magnitude is 127. 1 to 4096 dimensions, as many as the model has; vectors are compared by their cosine.
  public var vector: [UInt8] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "model", &model, max: Limits.nameBytes)
    v.field(2, "vector", &vector, max: Limits.embeddingDimensions)
  }
}

/// Asks for memories that have no vector of a model yet.
public struct UnembeddedRequest: WireMessage {
  /// The name of the model whose vectors are missing; not empty.
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
  /// The memory's id.
  public var id = ""
  /// Of the memory when its text was read.
  public var version: UInt64 = 0
  /// What is to be embedded: `key: content`, or the value for a memory without content; at most 8 KiB, cut without a word.
  public var text = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "version", &version)
    v.field(3, "text", &text, max: Limits.textBytes)
  }
}

/// Memories that have no vector of the model.
public struct UnembeddedMemories: WireMessage {
  /// At most `limit`; may be empty although more are left.
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

/// The vector of one memory.
public struct MemoryVector: WireMessage {
  /// The memory's id.
  public var id = ""
  /// Of the memory when its text was read; a vector of another version is dropped.
  public var version: UInt64 = 0
  /// As in `Embedding.vector`; not empty.
  public var vector: [UInt8] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "id", &id, max: Limits.idBytes)
    v.field(2, "version", &version)
    v.field(3, "vector", &vector, max: Limits.embeddingDimensions)
  }
}

/// Brings vectors of memories, all of one model.
public struct EmbedRequest: WireMessage {
  /// The name of the model that made them; not empty.
  public var model = ""
  /// Those of memories that are gone, or of another version by now, are dropped.
  public var vectors: [MemoryVector] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "model", &model, max: Limits.nameBytes)
    v.field(2, "vectors", &vectors, max: 256)
  }
}

/// Asks how far a connection's memories are embedded; or lets it begin anew.
public struct ReindexRequest: WireMessage {
  /// The connection whose memories they are.
  public var dbConnectionId = ""
  /// Drop the vectors there are, of every model: nodes with an embedder make them anew.
  public var drop = false
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "drop", &drop)
  }
}

/// How far a connection's memories are embedded.
public struct ReindexState: WireMessage {
  /// How many there are.
  public var memories: UInt64 = 0
  /// For each model of which there are vectors.
  public var models: [EmbeddedCount] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "memories", &memories)
    v.field(2, "models", &models, max: 64)
  }
}

/// How many memories have a vector of a model that is theirs as they are now.
public struct EmbeddedCount: WireMessage {
  /// The model's name.
  public var model = ""
  /// Memories that have one.
  public var embedded: UInt64 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "model", &model, max: Limits.nameBytes)
    v.field(2, "embedded", &embedded)
  }
}
