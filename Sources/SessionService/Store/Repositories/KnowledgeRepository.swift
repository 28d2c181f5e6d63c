import Wire

/// What stewards taught about connections, and the words that it is found by.
enum KnowledgeRepository {
  /// The part of the index that holds one kind.
  static func scope(of kind: KnowledgeKind) -> String { "knowledge/" + kind.label }

  static func find(
    _ dbConnectionId: String, _ kind: KnowledgeKind, name: String, in transaction: any Transaction
  ) throws(WireError) -> (seq: Int64, knowledge: Knowledge)? {
    try transaction.first(
      "SELECT seq, body FROM knowledge WHERE db_connection_id = ? AND kind = ? AND name = ?",
      [.text(dbConnectionId), Value(kind), .text(name)]
    ) { (row) throws(WireError) in (row.int64(0), try Knowledge(decoding: row.blob(1))) }
  }

  static func find(id: String, in transaction: any Transaction) throws(WireError) -> Knowledge? {
    try transaction.first("SELECT body FROM knowledge WHERE id = ?", [.text(id)]) { (row) throws(WireError) in
      try Knowledge(decoding: row.blob(0))
    }
  }

  static func load(seq: Int64, in transaction: any Transaction) throws(WireError) -> Knowledge? {
    try transaction.first("SELECT body FROM knowledge WHERE seq = ?", [.integer(seq)]) { (row) throws(WireError) in
      try Knowledge(decoding: row.blob(0))
    }
  }

  /// Adds a piece, or replaces the one with its identity.
  static func put(_ knowledge: Knowledge, in transaction: any Transaction) throws(WireError) {
    let written = try transaction.query(
      """
      INSERT INTO knowledge (id, db_connection_id, kind, name, state, body) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (db_connection_id, kind, name) DO UPDATE SET id = excluded.id, state = excluded.state, body = excluded.body
      RETURNING seq
      """,
      [
        .text(knowledge.id), .text(knowledge.dbConnectionId), Value(knowledge.kind), .text(knowledge.name),
        Value(knowledge.state), .blob(knowledge.encoded()),
      ]
    ) { (row) in row.int64(0) }
    guard let seq = written.first else { throw WireError(.storageFailed, "the store did not number a piece of knowledge") }
    try index(knowledge, seq: seq, in: transaction)
  }

  /// Notes its words in the index: of a skill what it says of itself, not its text, which has words of everything.
  static func index(_ knowledge: Knowledge, seq: Int64, in transaction: any Transaction) throws(WireError) {
    let texts: [String] =
      switch knowledge.kind {
      case .instruction: [knowledge.condition.isEmpty ? knowledge.name : knowledge.condition]
      case .metric: [knowledge.name] + knowledge.aliases
      case .skill: [knowledge.name, knowledge.description, knowledge.category] + knowledge.tags
      case .sql, .unspecified: [knowledge.name]
      }
    try TermIndexRepository.put(
      IndexedTerms(texts: texts), seq: seq, knowledge.dbConnectionId, scope(of: knowledge.kind), in: transaction)
  }

  /// In the order they were first taught, for who indexes them anew.
  static func page(
    after seq: Int64, limit: Int, in transaction: any Transaction
  ) throws(WireError) -> [(seq: Int64, knowledge: Knowledge)] {
    try transaction.query(
      "SELECT seq, body FROM knowledge WHERE seq > ? ORDER BY seq LIMIT ?", [.integer(seq), .integer(Int64(limit))]
    ) { (row) throws(WireError) in (row.int64(0), try Knowledge(decoding: row.blob(1))) }
  }

  static func list(
    _ dbConnectionId: String, _ kind: KnowledgeKind, page: PageRequest, in transaction: any Transaction
  ) throws(WireError) -> FoundPage<Knowledge> {
    let condition = "db_connection_id = ?" + (kind == .unspecified ? "" : " AND kind = ?")
    let values: [Value] = [.text(dbConnectionId)] + (kind == .unspecified ? [] : [Value(kind)])
    let found = try transaction.query(
      "SELECT seq, length(body) FROM knowledge WHERE \(condition) AND seq < ? ORDER BY seq DESC LIMIT ?",
      values + [.integer(page.before), .integer(Int64(page.limit) + 1)]
    ) { (row) in (seq: row.int64(0), item: (seq: row.int64(0), bytes: Int(row.int64(1)))) }
    let total = try transaction.first("SELECT count(*) FROM knowledge WHERE \(condition)", values) { (row) in row.uint64(0) }
    // Bodies are read once it is known which of them fit.
    let fitting = FoundPage(found: found, total: total ?? 0, request: page, list: "knowledge") { $0.bytes }
    var items: [Knowledge] = []
    for item in fitting.items { if let knowledge = try body(item.seq, in: transaction) { items.append(knowledge) } }
    return FoundPage(items: items, total: fitting.total, nextCursor: fitting.nextCursor)
  }

  private static func body(_ seq: Int64, in transaction: any Transaction) throws(WireError) -> Knowledge? {
    try transaction.first("SELECT body FROM knowledge WHERE seq = ?", [.integer(seq)]) { (row) throws(WireError) in
      try Knowledge(decoding: row.blob(0))
    }
  }

  /// Those of a kind that may be used and are wanted, the oldest first.
  /// - Parameter maxBytes: what they may have together; the rest is left out.
  static func usable(
    _ dbConnectionId: String, _ kind: KnowledgeKind, maxBytes: Int, in transaction: any Transaction,
    where isWanted: (Knowledge) -> Bool
  ) throws(WireError) -> [Knowledge] {
    let seqs = try transaction.query(
      "SELECT seq FROM knowledge WHERE db_connection_id = ? AND kind = ? AND state = ? ORDER BY seq",
      [.text(dbConnectionId), Value(kind), Value(KnowledgeState.ready)]
    ) { (row) in row.int64(0) }
    var (found, bytes): ([Knowledge], Int) = ([], 0)
    for seq in seqs {
      guard let knowledge = try body(seq, in: transaction), isWanted(knowledge) else { continue }
      bytes += knowledge.encodedSize
      guard bytes <= maxBytes else { break }
      found.append(knowledge)
    }
    return found
  }

  static func count(
    _ dbConnectionId: String, _ kind: KnowledgeKind, in transaction: any Transaction
  ) throws(WireError) -> UInt64 {
    try transaction.first(
      "SELECT count(*) FROM knowledge WHERE db_connection_id = ? AND kind = ?", [.text(dbConnectionId), Value(kind)]
    ) { (row) in row.uint64(0) } ?? 0
  }

  static func delete(_ knowledge: Knowledge, seq: Int64, in transaction: any Transaction) throws(WireError) {
    try TermIndexRepository.remove(seq: seq, knowledge.dbConnectionId, scope(of: knowledge.kind), in: transaction)
    try transaction.execute("DELETE FROM knowledge WHERE seq = ?", [.integer(seq)])
  }

  /// All of a connection.
  static func deleteAll(_ dbConnectionId: String, in transaction: any Transaction) throws(WireError) {
    let all = try transaction.query("SELECT seq, kind FROM knowledge WHERE db_connection_id = ?", [.text(dbConnectionId)]) {
      (row) in (seq: row.int64(0), kind: row.enumeration(1) as KnowledgeKind)
    }
    for piece in all {
      try TermIndexRepository.remove(seq: piece.seq, dbConnectionId, scope(of: piece.kind), in: transaction)
    }
    try transaction.execute("DELETE FROM knowledge WHERE db_connection_id = ?", [.text(dbConnectionId)])
  }
}
