import Wire
import Words

/// A search of what is visible: the shared memories of a connection and those of one session, of which one hides a shared one with the
/// same namespace and key.
struct MemorySearch: Sendable {
  struct Found: Sendable {
    let seq: Int64
    let hit: MemoryHit
  }

  /// Candidates that are looked at closely.
  static let candidates = 50
  /// Of an empty query: so many of the most important, and of the newest.
  static let listed = 200

  let dbConnectionId: String
  /// Empty for what is shared alone.
  let sessionId: String
  /// This one and what is below it; empty for all.
  let namespace: String
  let query: String
  let limit: Int
  var explains = false

  private var scopes: [String] { [MemoryRules.sharedScope] + (sessionId.isEmpty ? [] : [sessionId]) }

  func run(in transaction: any Transaction) throws(WireError) -> [Found] {
    let parts = try parts(in: transaction)
    let words = try QueryWords(query, parts, in: transaction)
    var found: [Found] = []
    var taken: Set<Int64> = []
    func add(_ seq: Int64, _ parts: MemoryScoreParts) throws(WireError) {
      guard taken.insert(seq).inserted, let memory = try visible(seq, in: transaction) else { return }
      found.append(Found(seq: seq, hit: hit(memory, parts, now: transaction.now)))
    }
    for seq in try keys(in: transaction) {
      try add(
        seq,
        .with { parts in
          (parts.relevance, parts.lexical, parts.exactKey) = (1, 1, true)
        })
    }
    if words.words.isEmpty {
      // Nothing to search for: what matters most. Words that nothing has find nothing.
      guard SearchTerms.of(query).isEmpty else { return ranked(found) }
      for seq in try important(in: transaction) { try add(seq, .with { $0.relevance = 1 }) }
      return ranked(found)
    }
    let scored = try LexicalSearch(words: words.words, parts: parts, explains: explains).best(Self.candidates, in: transaction) {
      (seq) throws(WireError) in
      guard !namespace.isEmpty else { return true }
      return try visible(seq, in: transaction) != nil
    }
    let best = scored.first?.bm25 ?? 0
    for candidate in scored {
      try add(
        candidate.seq,
        .with { parts in
          parts.bm25 = candidate.bm25
          parts.lexical = best > 0 ? candidate.bm25 / best : 0
          parts.relevance = parts.lexical
          parts.words = candidate.words
        })
    }
    return ranked(found)
  }

  private func parts(in transaction: any Transaction) throws(WireError) -> [TermIndexRepository.Part] {
    var parts: [TermIndexRepository.Part] = []
    for scope in scopes {
      if let part = try TermIndexRepository.part(dbConnectionId, scope, in: transaction) { parts.append(part) }
    }
    return parts
  }

  /// Those whose key is the query.
  private func keys(in transaction: any Transaction) throws(WireError) -> [Int64] {
    guard !query.isEmpty, query.utf8.count <= Limits.memoryKeyBytes else { return [] }
    var seqs: [Int64] = []
    for scope in scopes {
      seqs += try MemoryRepository.seqs(withKey: query, dbConnectionId, scope, limit: limit, in: transaction)
    }
    return seqs
  }

  private func important(in transaction: any Transaction) throws(WireError) -> [Int64] {
    var seqs: [Int64] = []
    for scope in scopes {
      seqs += try MemoryRepository.important(dbConnectionId, scope, namespace: namespace, limit: Self.listed, in: transaction)
    }
    return seqs
  }

  /// The memory, if this search may see it. The index narrows; what decides about isolation is the row itself.
  private func visible(_ seq: Int64, in transaction: any Transaction) throws(WireError) -> Memory? {
    guard let memory = try MemoryRepository.load(seq: seq, in: transaction), memory.dbConnectionId == dbConnectionId,
      scopes.contains(memory.scope), !MemoryRepository.isExpired(memory, at: transaction.now),
      namespace.isEmpty || memory.namespace == namespace || memory.namespace.hasPrefix(namespace + "/")
    else { return nil }
    guard memory.scope == MemoryRules.sharedScope, !sessionId.isEmpty else { return memory }
    let own = MemoryRepository.Identity(
      dbConnectionId: dbConnectionId, scope: sessionId, namespace: memory.namespace, key: memory.key)
    return try MemoryRepository.find(own, in: transaction) == nil ? memory : nil
  }

  private func hit(_ memory: Memory, _ parts: MemoryScoreParts, now: Timestamp) -> MemoryHit {
    var parts = parts
    parts.importanceFactor = RecallScore.importanceFactor(memory.importance)
    parts.recencyFactor = RecallScore.recencyFactor(updatedAt: memory.updatedAt, now: now)
    return .with { hit in
      hit.memory = memory
      hit.score = parts.relevance * parts.importanceFactor * parts.recencyFactor
      hit.parts = parts
    }
  }

  private func ranked(_ found: [Found]) -> [Found] {
    let sorted = found.sorted { a, b in
      let (first, second) = (a.hit.parts?.exactKey ?? false, b.hit.parts?.exactKey ?? false)
      if first != second { return first }
      if a.hit.score != b.hit.score { return a.hit.score > b.hit.score }
      return a.seq > b.seq
    }
    return sorted.prefix(limit).map { found in
      guard !explains else { return found }
      var hit = found.hit
      hit.parts = nil
      return Found(seq: found.seq, hit: hit)
    }
  }
}
