/// Searches what is visible: the shared memories, and those of `session_id` when it is given, of which one hides a shared one with
/// the same namespace and key. An empty query lists what matters most.
public struct MemoryRecallRequest: WireMessage {
  /// The connection whose memories are searched.
  public var dbConnectionId = ""
  /// The session whose own memories are searched too; empty for the shared ones alone.
  public var sessionId = ""
  /// Words or a question; empty lists what matters most.
  public var query = ""
  /// Only this namespace and what is below it (whole segments).
  public var namespace = ""
  /// 1...100; 0 means 10.
  public var limit: UInt32 = 0
  /// Tell how each score came about.
  public var explain = false
  /// Of the query, when somebody has embedded it: memories with vectors of the same model are found by likeness, too.
  public var embedding: Embedding?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "session_id", &sessionId, max: Limits.idBytes)
    v.field(3, "query", &query, max: Limits.textBytes)
    v.field(4, "namespace", &namespace, max: Limits.memoryKeyBytes)
    v.field(5, "limit", &limit)
    v.field(6, "explain", &explain)
    v.field(7, "embedding", &embedding)
  }
}

/// What one word of the query did for a memory.
public struct MatchedWord: WireMessage {
  /// As the index has it.
  public var term = ""
  /// The word of the query, when it was taken for a slip of the pen.
  public var correctedFrom = ""
  /// Memories in sight that have it.
  public var documents: UInt64 = 0
  /// How often the memory has it; what stands around it counts half.
  public var frequency = 0.0
  /// Its part of the memory's BM25 score.
  public var score = 0.0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "term", &term, max: Limits.nameBytes)
    v.field(2, "corrected_from", &correctedFrom, max: Limits.nameBytes)
    v.field(3, "documents", &documents)
    v.field(4, "frequency", &frequency)
    v.field(5, "score", &score)
  }
}

/// How a score came about: `relevance × importance_factor × recency_factor`.
public struct MemoryScoreParts: WireMessage {
  /// 0...1; 1 for an empty query.
  public var relevance = 0.0
  /// The BM25 score.
  public var bm25 = 0.0
  /// The BM25 score as a part of the best candidate's, 0 to 1.
  public var lexical = 0.0
  /// 0.7 to 1.
  public var importanceFactor = 0.0
  /// 0.85 to 1.
  public var recencyFactor = 0.0
  /// Of the vectors, -1 to 1; absent without vectors.
  public var cosine: Double?
  /// The same, between the least and the best of the candidates: 0 to 1; absent without vectors.
  public var likeness: Double?
  /// The query is this memory's key, which comes before everything.
  public var exactKey = false
  /// For each word of the query that the memory has.
  public var words: [MatchedWord] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "relevance", &relevance)
    v.field(2, "bm25", &bm25)
    v.field(3, "lexical", &lexical)
    v.field(4, "importance_factor", &importanceFactor)
    v.field(5, "recency_factor", &recencyFactor)
    v.field(6, "exact_key", &exactKey)
    v.field(7, "words", &words, max: 64)
    v.field(8, "cosine", &cosine)
    v.field(9, "likeness", &likeness)
  }
}

/// A memory that a recall found.
public struct MemoryHit: WireMessage {
  /// Whole.
  public var memory: Memory?
  /// 0 to 1.
  public var score = 0.0
  /// How the score came about, when that was asked for.
  public var parts: MemoryScoreParts?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "memory", &memory)
    v.field(2, "score", &score)
    v.field(3, "parts", &parts)
  }
}

/// What a recall found.
public struct MemoryHits: WireMessage {
  /// The best first.
  public var hits: [MemoryHit] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "hits", &hits, max: 100)
  }
}
