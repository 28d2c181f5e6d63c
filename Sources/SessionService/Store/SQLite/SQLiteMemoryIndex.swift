import Wire

/// Full-text search with SQLite's FTS5 and BM25.
struct SQLiteMemoryIndex: MemoryIndex {
  func put(_ memory: Memory, seq: Int64, in transaction: any Transaction) throws(WireError) {
    try remove(seq: seq, in: transaction)
    try transaction.execute(
      "INSERT INTO memory_words (rowid, scope_word, words) VALUES (?, ?, ?)",
      [
        .integer(seq), .text(Self.scopeWord(memory.dbConnectionId, memory.scope)),
        .text(memory.key + "\n" + memory.content + "\n" + memory.value),
      ])
  }

  func remove(seq: Int64, in transaction: any Transaction) throws(WireError) {
    try transaction.execute("DELETE FROM memory_words WHERE rowid = ?", [.integer(seq)])
  }

  func search(
    _ query: RecallQuery, dbConnectionId: String, scopes: [String], limit: Int, in transaction: any Transaction
  ) throws(WireError) -> [(seq: Int64, relevance: Double)] {
    guard !query.words.isEmpty, !scopes.isEmpty else { return [] }
    let scopeWords = scopes.map { "\"" + Self.scopeWord(dbConnectionId, $0) + "\"" }.joined(separator: " OR ")
    // Words are letters and digits only: quoted, they can be nothing but words.
    let words = query.words.map { "\"" + $0 + "\"" }.joined(separator: " OR ")
    return try transaction.query(
      """
      SELECT rowid, -bm25(memory_words, 0.0, 1.0) AS relevance FROM memory_words
      WHERE memory_words MATCH ? ORDER BY bm25(memory_words, 0.0, 1.0) LIMIT ?
      """,
      [.text("scope_word : (\(scopeWords)) AND words : (\(words))"), .integer(Int64(limit))]
    ) { (row) in (seq: row.int64(0), relevance: row.double(1)) }
  }

  /// One word for one scope of one connection. It ends in a digit that stemming leaves alone.
  private static func scopeWord(_ dbConnectionId: String, _ scope: String) -> String {
    "x" + hex(dbConnectionId.utf8) + "x" + hex(scope.utf8) + "0"
  }
}
