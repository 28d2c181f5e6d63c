import Wire
import Words

/// Finds what was taught about a connection and fits a question.
struct KnowledgeSearch {
  /// Skills that one question is given.
  static let skills = 3
  /// Verified SQL that one question is given as examples, when none answers it.
  static let examples = 3
  /// An example must be as much like the question as this.
  static let exampleFrom = 0.4
  private static let candidates = 50

  let dbConnectionId: String

  /// The pieces of a kind that are about a text, the best first.
  func hits(_ kind: KnowledgeKind, _ asked: String, limit: Int, in transaction: any Transaction) throws(WireError)
    -> [KnowledgeHit]
  {
    // Each candidate is compared with the whole of it.
    let text = StreamSafeText.prefix(asked, bytes: QueryWords.maxBytes)
    let scope = KnowledgeRepository.scope(of: kind)
    guard let part = try TermIndexRepository.part(dbConnectionId, scope, in: transaction) else { return [] }
    let words = try QueryWords(text, [part], in: transaction).words
    let scored = try LexicalSearch(words: words, parts: [part], explains: false).best(Self.candidates, in: transaction)
    var hits: [KnowledgeHit] = []
    for candidate in scored {
      guard let knowledge = try KnowledgeRepository.load(seq: candidate.seq, in: transaction) else { continue }
      hits.append(
        .with { hit in
          hit.knowledge = knowledge
          hit.similarity = similarity(of: knowledge, to: text)
          hit.fits = knowledge.state == .ready && fits(knowledge, text, hit.similarity)
        })
    }
    // What is alike goes before what only has rare words in common; the index' order decides the rest.
    let order = hits.enumerated().sorted { a, b in
      a.element.similarity != b.element.similarity ? a.element.similarity > b.element.similarity : a.offset < b.offset
    }
    return order.prefix(limit).map(\.element)
  }

  private func similarity(of knowledge: Knowledge, to text: String) -> Double {
    switch knowledge.kind {
    case .metric: ([knowledge.name] + knowledge.aliases).map { QuestionSimilarity.of($0, text) }.max() ?? 0
    case .instruction: QuestionSimilarity.of(knowledge.condition.isEmpty ? knowledge.name : knowledge.condition, text)
    case .skill: QuestionSimilarity.of(knowledge.name + " " + knowledge.description, text)
    case .sql, .unspecified: QuestionSimilarity.of(knowledge.name, text)
    }
  }

  private func fits(_ knowledge: Knowledge, _ text: String, _ similarity: Double) -> Bool {
    switch knowledge.kind {
    case .instruction:
      let words = Set(SearchTerms.of(text).map(\.text))
      return knowledge.condition.isEmpty || !Self.triggers(of: knowledge.condition).isDisjoint(with: words)
    case .metric: return ([knowledge.name] + knowledge.aliases).contains { Self.isNamed($0, in: text) }
    case .skill: return true
    case .sql: return similarity >= Self.exampleFrom
    case .unspecified: return false
    }
  }

  /// Whether a text has the words of a name, written together or apart: `net revenue` for `net_revenue`.
  private static func isNamed(_ name: String, in text: String) -> Bool {
    func words(_ text: String) -> Set<String> {
      Set(SearchTerms.of(Fold.words(ofName: text).joined(separator: " ")).map(\.text))
    }
    let wanted = words(name)
    return !wanted.isEmpty && wanted.isSubset(of: words(text))
  }

  /// The words of a condition that call it up: `when the question is about Java or Sumatra`.
  private static func triggers(of condition: String) -> Set<String> {
    Set(SearchTerms.of(condition).map(\.text)).subtracting(noise)
  }

  private static let noise = Set(
    SearchTerms.of(
      "question questions ask asks asked asking user mention mentions mentioned concern concerns pertanyaan tentang ditanya menyebut"
    ).map(\.text))

  // MARK: What fits a question

  /// Always the default instructions; then what fits: conditional instructions, metrics, verified SQL, skills.
  func fitting(_ question: String, in transaction: any Transaction) throws(WireError) -> [KnowledgeHit] {
    // A model's window ends long before.
    let always = try KnowledgeRepository.usable(
      dbConnectionId, .instruction, maxBytes: Limits.defaultMessageBytes, in: transaction, where: \.condition.isEmpty)
    var fitting = always.map { knowledge in
      KnowledgeHit.with { ($0.knowledge, $0.similarity, $0.fits) = (knowledge, 1, true) }
    }
    func add(_ kind: KnowledgeKind, _ limit: Int) throws(WireError) {
      let hits = try hits(kind, question, limit: Self.candidates, in: transaction).filter(\.fits)
      fitting += hits.filter { !($0.knowledge?.kind == .instruction && $0.knowledge?.condition.isEmpty ?? true) }.prefix(limit)
    }
    try add(.instruction, Self.candidates)
    try add(.metric, Self.candidates)
    let sql = try hits(.sql, question, limit: Self.examples, in: transaction).filter(\.fits)
    // One that answers the question needs no others beside it.
    if let answer = sql.first, answer.similarity >= QuestionSimilarity.same { fitting.append(answer) } else { fitting += sql }
    try add(.skill, Self.skills)
    return fitting
  }
}
