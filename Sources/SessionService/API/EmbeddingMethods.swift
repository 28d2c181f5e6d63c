import Wire

/// `embedding.*`: nodes with an embedder fetch what has no vector yet, and bring it. kai-session itself never embeds anything.
struct EmbeddingMethods: Sendable {
  /// Memories that one call looks at.
  private static let scanned = 1_000
  /// Of a memory's text; an embedder reads no more of it.
  private static let textBytes = 8 * 1024

  let vectors: VectorCache

  func register(on router: inout Router) {
    router.read(Methods.embeddingMissing) { (transaction, request, _) throws(WireError) in
      try missing(request, in: transaction)
    }
    router.write(Methods.embeddingPut) { (transaction, request, _) throws(WireError) in
      try put(request, in: transaction)
    }
    router.write(Methods.embeddingReindex) { (transaction, request, _) throws(WireError) in
      try reindex(request, in: transaction)
    }
  }

  private func missing(_ request: UnembeddedRequest, in transaction: any Transaction) throws(WireError) -> UnembeddedMemories {
    let model = try Self.model(request.model)
    guard request.limit <= 256 else { throw WireError(.invalidArgument, "limit is \(request.limit), but must be 1...256") }
    let limit = request.limit == 0 ? 64 : Int(request.limit)
    guard request.cursor.isEmpty || Int64(request.cursor) != nil else {
      throw WireError(.invalidArgument, "the cursor \(quoted(request.cursor)) was not given by this method")
    }
    var cursor = Int64(request.cursor) ?? 0
    let changed = try VectorRepository.changedMemories(after: cursor, model: model, limit: Self.scanned, in: transaction)
    var answer = UnembeddedMemories()
    answer.isEnd = changed.count < Self.scanned
    for entry in changed {
      if answer.memories.count == limit {
        answer.isEnd = false
        break
      }
      cursor = entry.changed
      guard !entry.isEmbedded, let memory = try MemoryRepository.load(seq: entry.seq, in: transaction) else { continue }
      answer.memories.append(
        .with {
          ($0.id, $0.version) = (memory.id, memory.version)
          let said = memory.content.isEmpty ? memory.value : memory.content
          $0.text = String(decoding: Array("\(memory.key): \(said)".utf8).prefix(Self.textBytes), as: UTF8.self)
        })
    }
    answer.cursor = "\(cursor)"
    return answer
  }

  private func put(_ request: EmbedRequest, in transaction: any Transaction) throws(WireError) -> Empty {
    let model = try Self.model(request.model)
    for vector in request.vectors {
      guard !vector.vector.isEmpty else { throw WireError(.invalidArgument, "the vector of \(quoted(vector.id)) is empty") }
      // It may have been forgotten or taught anew meanwhile.
      guard let (seq, memory) = try MemoryRepository.find(id: vector.id, in: transaction), memory.version == vector.version
      else { continue }
      try VectorRepository.put(vector.vector, model: model, of: memory, seq: seq, in: transaction)
    }
    return Empty()
  }

  private func reindex(_ request: ReindexRequest, in transaction: any Transaction) throws(WireError) -> ReindexState {
    let connection = try ConnectionRepository.get(request.dbConnectionId, in: transaction)
    if request.drop {
      try VectorRepository.removeAll(connection.id, in: transaction)
      transaction.afterCommit { [vectors] in vectors.drop(connection.id) }
    }
    let count = try MemoryRepository.count(connection.id, in: transaction)
    let models = try VectorRepository.counts(connection.id, in: transaction)
    return .with { ($0.memories, $0.models) = (count, models) }
  }

  private static func model(_ name: String) throws(WireError) -> String {
    guard !name.isEmpty else { throw WireError(.invalidArgument, "the model's name is missing") }
    return name
  }
}
