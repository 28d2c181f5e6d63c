import Wire
import Words

/// Puts together what an agent is given with a question: what was taught about the connection and fits, in the order of its weight,
/// as much as the size allows.
struct BackgroundAssembly {
  static let defaultBytes: UInt32 = 16 * 1024
  /// More would not fit into one reply.
  static let maxBytes: UInt32 = 2 * 1024 * 1024
  static let corrections = 6
  static let memories = 8
  static let correctionsNamespace = "corrections"

  private let request: BackgroundRequest
  private let vectors: VectorCache
  /// Told which memories go with the question.
  private let used: @Sendable ([Int64]) -> Void

  /// - Throws: `invalid_argument` for what is no id.
  init(
    _ request: BackgroundRequest, _ vectors: VectorCache, used: @escaping @Sendable ([Int64]) -> Void
  ) throws(WireError) {
    self.vectors = vectors
    self.used = used
    try ConnectionAlias.require(request.dbConnectionId)
    if !request.sessionId.isEmpty { try Identifier.session.require(request.sessionId) }
    self.request = request
  }

  func background(in transaction: any Transaction) throws(WireError) -> Background {
    let knowledge = try KnowledgeSearch(dbConnectionId: request.dbConnectionId).fitting(request.question, in: transaction)
    let always = knowledge.filter { $0.knowledge?.kind == .instruction && $0.knowledge?.condition.isEmpty ?? false }
    let blocks = try BlockMethods.visible(request.dbConnectionId, request.sessionId, in: transaction)
      .filter { !$0.value.isEmpty }.map(Self.piece)
    let corrections = try recalled(Self.correctionsNamespace, limit: Self.corrections, in: transaction)
    let memories = try recalled("", limit: Self.memories, in: transaction).filter { memory in
      !corrections.contains { $0.piece.source == memory.piece.source }
    }
    let background = pack(
      always.map(Self.piece) + blocks + corrections.map(\.piece) + knowledge.dropFirst(always.count).map(Self.piece)
        + memories.map(\.piece))
    let sources = Set(background.pieces.map(\.source))
    let seqs = (corrections + memories).filter { sources.contains($0.piece.source) }.map(\.seq)
    if !seqs.isEmpty { transaction.afterCommit { [used] in used(seqs) } }
    return background
  }

  private func recalled(
    _ namespace: String, limit: Int, in transaction: any Transaction
  ) throws(WireError) -> [(seq: Int64, piece: BackgroundPiece)] {
    // Nothing to search for would list what matters most, whatever the question is.
    guard !request.question.isEmpty else { return [] }
    let search = MemorySearch(
      dbConnectionId: request.dbConnectionId, sessionId: request.sessionId, namespace: namespace, query: request.question,
      limit: limit, embedding: request.embedding, vectors: vectors)
    return try search.run(in: transaction).compactMap { found in
      guard let memory = found.hit.memory else { return nil }
      let piece = BackgroundPiece.with { piece in
        let scope = memory.scope == MemoryRules.sharedScope ? memory.scope : "session"
        piece.source = "memory:\(scope)/\(memory.namespace)/\(memory.key)"
        piece.text = memory.content.isEmpty ? "\(memory.key): \(memory.value)" : memory.content
        piece.score = found.hit.score
      }
      return (found.seq, piece)
    }
  }

  private static func piece(_ block: MemoryBlock) -> BackgroundPiece {
    .with { piece in
      let scope = block.scope == MemoryRules.sharedScope ? block.scope : "session"
      piece.source = "block:\(scope)/\(block.label)"
      piece.text = (block.description.isEmpty ? "" : block.description + "\n") + block.value
      piece.score = 1
    }
  }

  private static func piece(_ hit: KnowledgeHit) -> BackgroundPiece {
    let knowledge = hit.knowledge ?? Knowledge()
    return .with { piece in
      piece.source = "knowledge:\(knowledge.kind.label)/\(knowledge.name)"
      piece.text = text(knowledge, hit.similarity)
      piece.score = hit.similarity
    }
  }

  private static func text(_ knowledge: Knowledge, _ similarity: Double) -> String {
    let remark = knowledge.text.isEmpty ? "" : "\n" + knowledge.text
    switch knowledge.kind {
    case .instruction, .unspecified: return knowledge.text
    case .metric:
      let others = knowledge.aliases.isEmpty ? "" : " (also: \(knowledge.aliases.joined(separator: ", ")))"
      return "\(knowledge.name)\(others) is computed as: \(knowledge.sql)\(remark)"
    case .skill: return "# \(knowledge.name)\n\(knowledge.description)\n\n\(knowledge.text)"
    case .sql:
      let title =
        similarity >= QuestionSimilarity.same ? "Verified SQL for this question" : "Verified SQL for a question like this"
      return "\(title), \(knowledge.name)\n\(knowledge.sql)\(remark)"
    }
  }

  /// As many pieces as fit, in their order; a large one does not keep out smaller ones behind it.
  private func pack(_ pieces: [BackgroundPiece]) -> Background {
    let limit = UInt64(request.maxBytes == 0 ? Self.defaultBytes : min(request.maxBytes, Self.maxBytes))
    var background = Background()
    background.agent = AgentName.label(dbConnectionId: request.dbConnectionId, sessionId: request.sessionId)
    // What a session noticed and somebody shared is the same thing twice.
    for piece in pieces where !background.pieces.contains(where: { $0.text.hasSameBytes(as: piece.text) }) {
      let size = UInt64(piece.text.utf8.count + piece.source.utf8.count)
      if background.bytes + size <= limit {
        background.pieces.append(piece)
        background.bytes += size
      } else {
        background.omitted.append(piece.source)
      }
    }
    return background
  }
}
