import Wire

/// Memory over Wire. Asking it must never hold up a turn for long.
struct WireMemory: AgentMemory {
  static let recallTimeout = Duration.seconds(2)

  let client: WireClient
  /// How long what was taught may take before a turn begins without it.
  let learningDeadline: Duration

  func remember(_ request: MemoryRememberRequest) async throws(WireError) -> Memory {
    try await client.call(Methods.memoryRemember, request, timeout: .seconds(10)).message
  }

  func background(_ request: BackgroundRequest) async throws(WireError) -> Background {
    try await client.call(Methods.knowledgeBackground, request, timeout: learningDeadline).message
  }

  func recall(_ request: MemoryRecallRequest) async throws(WireError) -> [MemoryHit] {
    try await client.call(Methods.memoryRecall, request, timeout: Self.recallTimeout).message.hits
  }
}
