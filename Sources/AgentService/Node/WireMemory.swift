import Wire

/// Memory over Wire. Asking it must never hold up a turn for long.
struct WireMemory: AgentMemory {
  static let recallTimeout = Duration.seconds(2)

  let client: WireClient
  /// Of questions and queries; nil compares words alone.
  let embedder: (any Embedder)?
  /// How long what was taught may take before a turn begins without it.
  let learningDeadline: Duration

  func remember(_ request: MemoryRememberRequest) async throws(WireError) -> Memory {
    try await client.call(Methods.memoryRemember, request, timeout: .seconds(10)).message
  }

  func background(_ request: BackgroundRequest) async throws(WireError) -> Background {
    let deadline = ContinuousClock.now + learningDeadline
    var request = request
    request.embedding = await embedding(of: request.question, within: learningDeadline / 2)
    let left = max(deadline - .now, .milliseconds(1))
    return try await client.call(Methods.knowledgeBackground, request, timeout: left).message
  }

  func write(_ block: MemoryBlock) async throws(WireError) -> MemoryBlock {
    try await client.call(Methods.blockPut, .with { $0.block = block }, timeout: .seconds(10)).message
  }

  func recall(_ request: MemoryRecallRequest) async throws(WireError) -> [MemoryHit] {
    var request = request
    request.embedding = await embedding(of: request.query, within: Self.recallTimeout / 2)
    return try await client.call(Methods.memoryRecall, request, timeout: Self.recallTimeout).message.hits
  }

  /// nil without an embedder, and when it takes too long or fails: words are compared all the same.
  private func embedding(of text: String, within time: Duration) async -> Embedding? {
    guard let embedder, !text.isEmpty else { return nil }
    let milliseconds = UInt64(max(1, time / .milliseconds(1)))
    let directions = try? await WorkDeadline.run(within: milliseconds) { () async throws(WireError) in
      try await embedder.embed([text])
    }
    guard let direction = directions?.first else { return nil }
    return .with { ($0.model, $0.vector) = (embedder.name, Embedding.bytes(direction)) }
  }
}
