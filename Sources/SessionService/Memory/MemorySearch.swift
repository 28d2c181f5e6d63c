import Wire
import Words

/// A search of what is visible, by words and, where there are vectors, by likeness: the shared memories of a connection and those of one session, of which one hides a shared one with the
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
  /// Of the query, and where vectors to compare it with are.
  var embedding: Embedding?
  var vectors: VectorCache?

  /// What words count beside likeness.
  static let lexicalShare = 0.6
  /// Less alike than this, without a word in common, is nothing.
  static let leastCosine = 0.1

  private var scopes: [String] { [MemoryRules.sharedScope] + (sessionId.isEmpty ? [] : [sessionId]) }

  func run(in transaction: any Transaction) throws(WireError) -> [Found] {
    let parts = try parts(in: transaction)
    let words = try QueryWords(query, parts, in: transaction)
    var found: [Found] = []
    var taken: Set<Int64> = []
    var best = BestScores(limit: limit)
    func add(_ seq: Int64, _ parts: MemoryScoreParts, embedded version: UInt64? = nil) throws(WireError) {
      guard taken.insert(seq).inserted, let memory = try visible(seq, in: transaction) else { return }
      var parts = parts
      if parts.cosine != nil, version != memory.version {
        // The vector is of what it said before.
        guard parts.bm25 > 0 else { return }
        (parts.cosine, parts.likeness) = (nil, nil)
        parts.relevance = Self.lexicalShare * parts.lexical
      }
      let hit = hit(memory, parts, now: transaction.now)
      if !parts.exactKey { best.add(hit.score) }
      found.append(Found(seq: seq, hit: hit))
    }
    for seq in try keys(in: transaction) {
      try add(
        seq,
        .with { parts in
          (parts.relevance, parts.lexical, parts.exactKey) = (1, 1, true)
        })
    }
    let narrowing = try Narrowing(to: namespace, parts, in: transaction)
    let likeness = try likeness(scansAll: narrowing.members == nil, in: transaction)
    if words.words.isEmpty, likeness == nil {
      // Nothing to search for: what matters most. Words that nothing has find nothing.
      guard SearchTerms.of(query).isEmpty else { return ranked(found) }
      for seq in try important(in: transaction) { try add(seq, .with { $0.relevance = 1 }) }
      return ranked(found)
    }
    let scored = try LexicalSearch(words: words.words, parts: parts, narrowing: narrowing, explains: explains)
      .best(Self.candidates, in: transaction)
    let alike = likeness?.matches(with: narrowing.members?.flatMap { $0 } ?? scored.map(\.seq)) ?? [:]
    for candidate in Self.combined(scored, alike) {
      // Importance and freshness only take away: who is behind the last that is wanted stays behind it.
      if let last = best.last, candidate.parts.relevance < last { break }
      try add(candidate.seq, candidate.parts, embedded: alike[candidate.seq]?.version)
    }
    return ranked(found)
  }

  /// Words and likeness together: `0.6 × bm25/best + 0.4 × (cosine - least) / (best - least)` over the candidates of both; words alone
  /// where there are no vectors.
  private static func combined(
    _ scored: [LexicalSearch.Candidate], _ matches: [Int64: VectorSet.Match]
  ) -> [(seq: Int64, parts: MemoryScoreParts)] {
    let best = scored.first?.bm25 ?? 0
    let words = Dictionary(scored.map { ($0.seq, $0) }) { first, _ in first }
    let alike = matches.mapValues(\.cosine).filter { words[$0.key] != nil || $0.value >= leastCosine }
    let (least, most) = (alike.values.min() ?? 0, alike.values.max() ?? 0)
    let combined = Set(words.keys).union(alike.keys).map { seq -> (seq: Int64, parts: MemoryScoreParts) in
      let parts = MemoryScoreParts.with { parts in
        parts.bm25 = words[seq]?.bm25 ?? 0
        parts.lexical = best > 0 ? parts.bm25 / best : 0
        parts.words = words[seq]?.words ?? []
        parts.relevance = parts.lexical
        guard !alike.isEmpty else { return }
        parts.cosine = alike[seq]
        parts.likeness = alike[seq].map { most > least ? ($0 - least) / (most - least) : 1 } ?? 0
        parts.relevance = lexicalShare * parts.lexical + (1 - lexicalShare) * (parts.likeness ?? 0)
      }
      return (seq, parts)
    }
    return combined.sorted { a, b in
      a.parts.relevance != b.parts.relevance ? a.parts.relevance > b.parts.relevance : a.seq > b.seq
    }
  }

  /// - Parameter scansAll: otherwise only those that are asked for are compared.
  private func likeness(scansAll: Bool, in transaction: any Transaction) throws(WireError) -> Likeness? {
    guard let embedding, !embedding.vector.isEmpty, let vectors else { return nil }
    var sets: [VectorSet] = []
    for scope in scopes { sets.append(try vectors.set(model: embedding.model, dbConnectionId, scope, in: transaction)) }
    return Likeness(query: embedding.vector, sets: sets, scansAll: scansAll)
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

/// The best of the scores so far.
private struct BestScores {
  let limit: Int
  private var scores: [Double] = []

  init(limit: Int) { self.limit = limit }

  /// The worst of them; nil while there are too few.
  var last: Double? { scores.count < limit ? nil : scores.last }

  mutating func add(_ score: Double) {
    scores.insert(score, at: scores.firstIndex { $0 < score } ?? scores.endIndex)
    if scores.count > limit { scores.removeLast() }
  }
}
