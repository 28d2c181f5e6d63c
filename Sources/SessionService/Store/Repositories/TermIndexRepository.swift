import Wire

/// Which documents have which words: an inverted index in plain tables, with a part of its own for each scope of each connection.
///
/// A search costs what its own scope holds, however many there are, and cannot see another; how rare a word is, too, is said of the
/// scope alone. What is removed is gone from every table.
enum TermIndexRepository {
  /// A scope's part of the index.
  struct Part: Sendable, Equatable {
    let id: Int64
    let documents: Int
    /// Of all documents, in halves; see ``IndexedTerms``.
    let length: Int
  }

  struct Posting: Sendable {
    let seq: Int64
    /// How often the document has the word, in halves.
    let weight: Int
    /// Of the document, in halves.
    let length: Int
  }

  static func part(_ dbConnectionId: String, _ scope: String, in transaction: any Transaction) throws(WireError) -> Part? {
    try transaction.first(
      "SELECT id, documents, length FROM term_parts WHERE db_connection_id = ? AND scope = ?",
      [.text(dbConnectionId), .text(scope)]
    ) { (row) in Part(id: row.int64(0), documents: Int(row.int64(1)), length: Int(row.int64(2))) }
  }

  // MARK: Writing

  /// Adds a document, or replaces what the index had of it.
  static func put(
    _ terms: IndexedTerms, seq: Int64, _ dbConnectionId: String, _ scope: String, in transaction: any Transaction
  ) throws(WireError) {
    try remove(seq: seq, dbConnectionId, scope, in: transaction)
    try transaction.execute(
      "INSERT INTO term_parts (db_connection_id, scope, documents, length) VALUES (?, ?, 0, 0) ON CONFLICT DO NOTHING",
      [.text(dbConnectionId), .text(scope)])
    guard let part = try part(dbConnectionId, scope, in: transaction) else {
      throw WireError(.storageFailed, "the store did not number a part of the index")
    }
    let length = Value.integer(Int64(terms.length))
    for (term, weight) in terms.weights {
      try transaction.execute(
        "INSERT INTO term_postings (part, term, seq, weight, length) VALUES (?, ?, ?, ?, ?)",
        [.integer(part.id), .text(term), .integer(seq), .integer(Int64(weight)), length])
      try transaction.execute(
        """
        INSERT INTO term_vocabulary (part, term, documents) VALUES (?, ?, 1)
        ON CONFLICT (part, term) DO UPDATE SET documents = documents + 1
        """, [.integer(part.id), .text(term)])
    }
    try transaction.execute(
      "INSERT INTO term_documents (part, seq, length, terms) VALUES (?, ?, ?, ?)",
      [.integer(part.id), .integer(seq), length, .text(terms.weights.map(\.term).joined(separator: "\n"))])
    try count(1, terms.length, part, in: transaction)
  }

  static func remove(
    seq: Int64, _ dbConnectionId: String, _ scope: String, in transaction: any Transaction
  ) throws(WireError) {
    guard let part = try part(dbConnectionId, scope, in: transaction),
      let known = try transaction.first(
        "SELECT length, terms FROM term_documents WHERE part = ? AND seq = ?", [.integer(part.id), .integer(seq)],
        { (row) in (length: Int(row.int64(0)), terms: row.text(1)) })
    else { return }
    for term in known.terms.split(separator: "\n") {
      let values: [Value] = [.integer(part.id), .text(String(term))]
      try transaction.execute("DELETE FROM term_postings WHERE part = ? AND term = ? AND seq = ?", values + [.integer(seq)])
      try transaction.execute("UPDATE term_vocabulary SET documents = documents - 1 WHERE part = ? AND term = ?", values)
      try transaction.execute("DELETE FROM term_vocabulary WHERE part = ? AND term = ? AND documents <= 0", values)
    }
    try transaction.execute("DELETE FROM term_documents WHERE part = ? AND seq = ?", [.integer(part.id), .integer(seq)])
    try count(-1, -known.length, part, in: transaction)
    if part.documents <= 1 { try transaction.execute("DELETE FROM term_parts WHERE id = ?", [.integer(part.id)]) }
  }

  private static func count(
    _ documents: Int, _ length: Int, _ part: Part, in transaction: any Transaction
  ) throws(WireError) {
    try transaction.execute(
      "UPDATE term_parts SET documents = documents + ?, length = length + ? WHERE id = ?",
      [.integer(Int64(documents)), .integer(Int64(length)), .integer(part.id)])
  }

  // MARK: Reading

  /// How many documents have a word.
  static func documents(with term: String, _ part: Part, in transaction: any Transaction) throws(WireError) -> Int {
    try transaction.first(
      "SELECT documents FROM term_vocabulary WHERE part = ? AND term = ?", [.integer(part.id), .text(term)],
      { (row) in Int(row.int64(0)) }) ?? 0
  }

  /// The documents with a word, the newest first.
  static func postings(
    of term: String, _ part: Part, limit: Int, in transaction: any Transaction
  ) throws(WireError) -> [Posting] {
    try transaction.query(
      "SELECT seq, weight, length FROM term_postings WHERE part = ? AND term = ? ORDER BY seq DESC LIMIT ?",
      [.integer(part.id), .text(term), .integer(Int64(limit))]
    ) { (row) in Posting(seq: row.int64(0), weight: Int(row.int64(1)), length: Int(row.int64(2))) }
  }

  /// What one document has of a word; nil when nothing.
  static func posting(
    of term: String, _ part: Part, seq: Int64, in transaction: any Transaction
  ) throws(WireError) -> Posting? {
    try transaction.first(
      "SELECT seq, weight, length FROM term_postings WHERE part = ? AND term = ? AND seq = ?",
      [.integer(part.id), .text(term), .integer(seq)]
    ) { (row) in Posting(seq: row.int64(0), weight: Int(row.int64(1)), length: Int(row.int64(2))) }
  }

  /// Up to `limit` of the part's words that begin like this and have so many bytes.
  static func words(
    from prefix: String, bytes: ClosedRange<Int>, _ part: Part, limit: Int, in transaction: any Transaction
  ) throws(WireError) -> [(term: String, documents: Int)] {
    try transaction.query(
      """
      SELECT term, documents FROM term_vocabulary
      WHERE part = ? AND term >= ? AND term < ? AND length(term) BETWEEN ? AND ? LIMIT ?
      """,
      [
        .integer(part.id), .text(prefix), .text(prefix + "\u{10FFFF}"), .integer(Int64(bytes.lowerBound)),
        .integer(Int64(bytes.upperBound)), .integer(Int64(max(0, limit))),
      ]
    ) { (row) in (term: row.text(0), documents: Int(row.int64(1))) }
  }

  // MARK: Versions of the index

  /// Whether the words in the store are those that this version of the service would find.
  static func isCurrent(in transaction: any Transaction) throws(WireError) -> Bool {
    let version = try transaction.first("SELECT version FROM term_index", []) { (row) in row.int64(0) }
    return version == IndexedTerms.version
  }

  /// Empties the index, to be filled again.
  static func clear(in transaction: any Transaction) throws(WireError) {
    for table in ["term_postings", "term_vocabulary", "term_documents", "term_parts", "term_index"] {
      try transaction.execute("DELETE FROM \(table)")
    }
  }

  static func markCurrent(in transaction: any Transaction) throws(WireError) {
    try transaction.execute("DELETE FROM term_index")
    try transaction.execute("INSERT INTO term_index (version) VALUES (?)", [.integer(IndexedTerms.version)])
  }
}
