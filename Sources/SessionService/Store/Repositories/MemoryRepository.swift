import Wire

/// The memories' rows, their history, and what the index of words has of them.
enum MemoryRepository {
  /// What a memory is known by.
  struct Identity: Sendable, Equatable {
    let dbConnectionId: String
    let scope: String
    let namespace: String
    let key: String
  }

  /// Which memories: those of a connection, perhaps of one scope, one namespace and what is below it. With a key: the
  /// memories of that key, in exactly that namespace.
  struct Selection: Sendable {
    var dbConnectionId: String?
    var scope: String?
    var namespace: String?
    var key: String?
    /// Of their keys.
    var keyPrefix: String?
    /// Only memories that have not expired.
    var liveAt: Timestamp?

    fileprivate var condition: (sql: String, values: [Value]) {
      var sql = "1 = 1"
      var values: [Value] = []
      if let dbConnectionId {
        sql += " AND db_connection_id = ?"
        values.append(.text(dbConnectionId))
      }
      if let scope {
        sql += " AND scope = ?"
        values.append(.text(scope))
      }
      if let namespace, key != nil {
        sql += " AND namespace = ?"
        values.append(.text(namespace))
      } else if let namespace, !namespace.isEmpty {
        sql += " AND (namespace = ? OR namespace LIKE ? ESCAPE '\\')"
        values += [.text(namespace), .text(escapedForLike(namespace) + "/%")]
      }
      if let key {
        sql += " AND memory_key = ?"
        values.append(.text(key))
      }
      if let keyPrefix {
        sql += " AND memory_key LIKE ? ESCAPE '\\'"
        values.append(.text(escapedForLike(keyPrefix) + "%"))
      }
      if let liveAt {
        sql += " AND (expires_at = 0 OR expires_at > ?)"
        values.append(Value(liveAt))
      }
      return (sql, values)
    }
  }

  private static let columns = """
    id, db_connection_id, scope, namespace, memory_key, value, content, importance, created_at, updated_at, last_used_at,
    use_count, expires_at, source, source_session_id, source_step, version, neighbours
    """

  /// The memory and its number, or nil when there is none or it has expired.
  static func find(
    _ identity: Identity, in transaction: any Transaction
  ) throws(WireError) -> (seq: Int64, memory: Memory)? {
    let found = try transaction.first(
      """
      SELECT \(columns), seq FROM memories
      WHERE db_connection_id = ? AND scope = ? AND namespace = ? AND memory_key = ?
      """,
      [.text(identity.dbConnectionId), .text(identity.scope), .text(identity.namespace), .text(identity.key)]
    ) { (row) in (seq: row.int64(18), memory: memory(row)) }
    guard let found, !isExpired(found.memory, at: transaction.now) else { return nil }
    return found
  }

  static func find(id: String, in transaction: any Transaction) throws(WireError) -> (seq: Int64, memory: Memory)? {
    try transaction.first("SELECT \(columns), seq FROM memories WHERE id = ?", [.text(id)]) { (row) in
      (seq: row.int64(18), memory: memory(row))
    }
  }

  static func count(_ dbConnectionId: String, in transaction: any Transaction) throws(WireError) -> UInt64 {
    try transaction.first("SELECT count(*) FROM memories WHERE db_connection_id = ?", [.text(dbConnectionId)]) { (row) in
      row.uint64(0)
    } ?? 0
  }

  /// - Returns: nil when it is gone.
  static func load(seq: Int64, in transaction: any Transaction) throws(WireError) -> Memory? {
    try transaction.first("SELECT \(columns) FROM memories WHERE seq = ?", [.integer(seq)]) { (row) in memory(row) }
  }

  /// Adds a memory, or replaces the one of the same identity, and notes the version in its history.
  /// - Returns: its number.
  static func put(_ memory: Memory, in transaction: any Transaction) throws(WireError) -> Int64 {
    let values: [Value] = [
      .text(memory.id), .text(memory.dbConnectionId), .text(memory.scope), .text(memory.namespace), .text(memory.key),
      .text(memory.value), .text(memory.content), .real(memory.importance), Value(memory.createdAt),
      Value(memory.updatedAt), Value(memory.lastUsedAt), Value(memory.useCount), Value(memory.expiresAt),
      .text(memory.source), .text(memory.sourceSessionId), Value(memory.sourceStep), Value(memory.version),
      .text(memory.neighbours),
    ]
    let written = try transaction.query(
      """
      INSERT INTO memories (\(columns), changed)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (db_connection_id, scope, namespace, memory_key) DO UPDATE SET
        id = excluded.id, value = excluded.value, content = excluded.content, importance = excluded.importance,
        created_at = excluded.created_at, updated_at = excluded.updated_at, last_used_at = excluded.last_used_at,
        use_count = excluded.use_count, expires_at = excluded.expires_at, source = excluded.source,
        source_session_id = excluded.source_session_id, source_step = excluded.source_step, version = excluded.version,
        neighbours = excluded.neighbours, changed = excluded.changed
      RETURNING seq
      """, values + [.integer(try ChangeNumbers.next(in: transaction))]
    ) { (row) in row.int64(0) }
    guard let seq = written.first else { throw WireError(.storageFailed, "the store did not number a memory") }
    try transaction.execute(
      """
      INSERT INTO memory_versions (memory_seq, version, value, content, importance, updated_at, expires_at, source,
      source_session_id, source_step) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .integer(seq), Value(memory.version), .text(memory.value), .text(memory.content), .real(memory.importance),
        Value(memory.updatedAt), Value(memory.expiresAt), .text(memory.source), .text(memory.sourceSessionId),
        Value(memory.sourceStep),
      ])
    try index(memory, seq: seq, in: transaction)
    return seq
  }

  /// Notes the words of a memory in the index.
  static func index(_ memory: Memory, seq: Int64, in transaction: any Transaction) throws(WireError) {
    let terms = IndexedTerms(
      texts: [memory.key, memory.content, memory.value == "{}" ? "" : memory.value], neighbours: memory.neighbours,
      namespace: memory.namespace)
    try TermIndexRepository.put(terms, seq: seq, memory.dbConnectionId, memory.scope, in: transaction)
  }

  /// Memories in the order they were first remembered, for who indexes them anew.
  static func page(
    after seq: Int64, limit: Int, in transaction: any Transaction
  ) throws(WireError) -> [(seq: Int64, memory: Memory)] {
    try transaction.query(
      "SELECT \(columns), seq FROM memories WHERE seq > ? ORDER BY seq LIMIT ?", [.integer(seq), .integer(Int64(limit))]
    ) { (row) in (seq: row.int64(18), memory: memory(row)) }
  }

  /// The first memory of a session behind a number.
  static func next(
    ofScope scope: String, after seq: Int64, in transaction: any Transaction
  ) throws(WireError) -> (seq: Int64, memory: Memory)? {
    try transaction.first(
      "SELECT \(columns), seq FROM memories WHERE scope = ? AND seq > ? ORDER BY seq LIMIT 1", [.text(scope), .integer(seq)]
    ) { (row) in (seq: row.int64(18), memory: memory(row)) }
  }

  /// Those of a scope with this key, whatever their namespace, the newest first.
  static func seqs(
    withKey key: String, _ dbConnectionId: String, _ scope: String, limit: Int, in transaction: any Transaction
  ) throws(WireError) -> [Int64] {
    try transaction.query(
      "SELECT seq FROM memories WHERE db_connection_id = ? AND scope = ? AND memory_key = ? ORDER BY seq DESC LIMIT ?",
      [.text(dbConnectionId), .text(scope), .text(key), .integer(Int64(limit))]
    ) { (row) in row.int64(0) }
  }

  /// The most important memories of a scope, and the newest.
  static func important(
    _ dbConnectionId: String, _ scope: String, namespace: String, limit: Int, in transaction: any Transaction
  ) throws(WireError) -> [Int64] {
    let (condition, values) = Selection(
      dbConnectionId: dbConnectionId, scope: scope, namespace: namespace, liveAt: transaction.now
    ).condition
    var seqs: [Int64] = []
    for order in ["importance DESC, seq DESC", "updated_at DESC"] {
      seqs += try transaction.query(
        "SELECT seq FROM memories WHERE \(condition) ORDER BY \(order) LIMIT ?", values + [.integer(Int64(limit))]
      ) { (row) in row.int64(0) }
    }
    return seqs
  }

  /// The newest kept version of a memory before a number, or the oldest one behind it.
  enum Neighbour {
    case before(UInt64)
    case after(UInt64)
  }

  /// One version of a memory, or nil.
  static func version(
    _ neighbour: Neighbour, seq: Int64, of memory: Memory, in transaction: any Transaction
  ) throws(WireError) -> Memory? {
    switch neighbour {
    case .before(let number):
      try version("version < ? ORDER BY version DESC", number, seq: seq, of: memory, in: transaction)
    case .after(let number):
      try version("version > ? ORDER BY version", number, seq: seq, of: memory, in: transaction)
    }
  }

  /// A kept version of a memory, or nil.
  static func version(
    _ number: UInt64, seq: Int64, of memory: Memory, in transaction: any Transaction
  ) throws(WireError) -> Memory? {
    try version("version = ?", number, seq: seq, of: memory, in: transaction)
  }

  static func versionCount(seq: Int64, in transaction: any Transaction) throws(WireError) -> Int {
    let count = try transaction.first("SELECT count(*) FROM memory_versions WHERE memory_seq = ?", [.integer(seq)]) { (row) in
      row.int64(0)
    }
    return Int(count ?? 0)
  }

  private static func version(
    _ condition: String, _ number: UInt64, seq: Int64, of memory: Memory, in transaction: any Transaction
  ) throws(WireError) -> Memory? {
    try transaction.first(
      """
      SELECT version, value, content, importance, updated_at, expires_at, source, source_session_id, source_step
      FROM memory_versions WHERE memory_seq = ? AND \(condition) LIMIT 1
      """, [.integer(seq), Value(number)]
    ) { (row) in
      var version = memory
      version.version = row.uint64(0)
      version.value = row.text(1)
      version.content = row.text(2)
      version.importance = row.double(3)
      version.updatedAt = row.timestamp(4)
      version.expiresAt = row.timestamp(5)
      version.source = row.text(6)
      version.sourceSessionId = row.text(7)
      version.sourceStep = row.uint64(8)
      return version
    }
  }

  static func list(
    _ selection: Selection, page: PageRequest, in transaction: any Transaction
  ) throws(WireError) -> MemoryList {
    let (condition, values) = selection.condition
    let total = try transaction.first("SELECT count(*) FROM memories WHERE \(condition)", values) { (row) in row.uint64(0) }
    let found = try transaction.query(
      """
      SELECT seq, length(value) + length(content) + length(neighbours) FROM memories WHERE \(condition) AND seq < ?
      ORDER BY seq DESC LIMIT ?
      """, values + [.integer(page.before), .integer(Int64(page.limit) + 1)]
    ) { (row) in
      // A character may have four bytes.
      let seq = row.int64(0)
      return (seq: seq, item: (seq: seq, bytes: Int(row.int64(1)) * 4))
    }
    let page = FoundPage(found: found, total: total ?? 0, request: page, list: "memory") { $0.bytes }
    var list = MemoryList.with { ($0.total, $0.nextCursor) = (page.total, page.nextCursor) }
    for item in page.items {
      if let memory = try load(seq: item.seq, in: transaction) { list.memories.append(memory) }
    }
    return list
  }

  /// Removes memories with their history and their words.
  /// - Parameter limit: at most that many; nil for all.
  @discardableResult
  static func forget(
    _ selection: Selection, limit: Int?, in transaction: any Transaction
  ) throws(WireError) -> MemoryForgotten {
    let (condition, values) = selection.condition
    return try remove("\(condition) LIMIT ?", values + [.integer(limit.map(Int64.init) ?? .max)], transaction)
  }

  /// Removes up to `limit` memories that have expired.
  /// - Returns: how many went.
  static func sweepExpired(limit: Int, in transaction: any Transaction) throws(WireError) -> Int {
    let gone = try remove(
      "expires_at > 0 AND expires_at <= ? LIMIT ?", [Value(transaction.now), .integer(Int64(limit))], transaction)
    return Int(gone.count)
  }

  /// Removes the memory of this identity if it has expired, so that its successor starts a history of its own.
  static func removeExpired(_ identity: Identity, in transaction: any Transaction) throws(WireError) {
    _ = try remove(
      """
      db_connection_id = ? AND scope = ? AND namespace = ? AND memory_key = ? AND expires_at > 0 AND expires_at <= ?
      """,
      [
        .text(identity.dbConnectionId), .text(identity.scope), .text(identity.namespace), .text(identity.key),
        Value(transaction.now),
      ], transaction)
  }

  /// Notes that these were recalled.
  static func touch(_ seqs: [Int64], in transaction: any Transaction) throws(WireError) {
    for seq in seqs {
      try transaction.execute(
        "UPDATE memories SET use_count = use_count + 1, last_used_at = ? WHERE seq = ?", [Value(transaction.now), .integer(seq)])
    }
  }

  static func isExpired(_ memory: Memory, at now: Timestamp) -> Bool {
    memory.expiresAt.microseconds > 0 && memory.expiresAt <= now
  }

  private static func remove(
    _ condition: String, _ values: [Value], _ transaction: any Transaction
  ) throws(WireError) -> MemoryForgotten {
    let gone = try transaction.query("SELECT seq, db_connection_id, scope FROM memories WHERE \(condition)", values) { (row) in
      (seq: row.int64(0), dbConnectionId: row.text(1), scope: row.text(2))
    }
    var versions = 0
    for memory in gone {
      try TermIndexRepository.remove(seq: memory.seq, memory.dbConnectionId, memory.scope, in: transaction)
      try VectorRepository.remove(seq: memory.seq, memory.dbConnectionId, memory.scope, in: transaction)
      versions += try transaction.execute("DELETE FROM memory_versions WHERE memory_seq = ?", [.integer(memory.seq)])
      try transaction.execute("DELETE FROM memories WHERE seq = ?", [.integer(memory.seq)])
    }
    return MemoryForgotten.with { ($0.count, $0.versions) = (UInt64(gone.count), UInt64(versions)) }
  }

  private static func memory(_ row: any Row) -> Memory {
    Memory.with { memory in
      memory.id = row.text(0)
      memory.dbConnectionId = row.text(1)
      memory.scope = row.text(2)
      memory.namespace = row.text(3)
      memory.key = row.text(4)
      memory.value = row.text(5)
      memory.content = row.text(6)
      memory.importance = row.double(7)
      memory.createdAt = row.timestamp(8)
      memory.updatedAt = row.timestamp(9)
      memory.lastUsedAt = row.timestamp(10)
      memory.useCount = row.uint64(11)
      memory.expiresAt = row.timestamp(12)
      memory.source = row.text(13)
      memory.sourceSessionId = row.text(14)
      memory.sourceStep = row.uint64(15)
      memory.version = row.uint64(16)
      memory.neighbours = row.text(17)
    }
  }
}

extension MemoryForgotten {
  mutating func add(_ more: MemoryForgotten) {
    count += more.count
    versions += more.versions
  }
}
