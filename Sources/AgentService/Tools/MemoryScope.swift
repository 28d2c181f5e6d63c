import Wire

/// Who may see a memory, as tools name it.
enum MemoryScope: String, CaseIterable {
  /// Every session of the connection.
  case shared
  /// This session alone.
  case session

  /// The scope as kai-session names it.
  func wireName(_ context: ToolContext) -> String {
    switch self {
    case .shared: "shared"
    case .session: context.sessionId
    }
  }

  /// The scope of a memory that this session can see.
  init(of memory: Memory) { self = memory.scope == "shared" ? .shared : .session }
}
