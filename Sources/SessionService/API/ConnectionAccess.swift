import Wire

/// What a key that is limited to some database connections may do: what concerns them, and nothing else. Whatever belongs to another
/// connection is answered as if it did not exist.
struct ConnectionAccess: Sendable {
  let connections: Set<String>

  /// nil for a key that is not limited.
  init?(_ principal: Principal) {
    guard let connections = principal.limits.connections else { return nil }
    self.connections = connections
  }

  /// What a request is about.
  enum Subject {
    /// Nothing that belongs to a connection.
    case nothing
    /// Things of every connection: the method itself leaves out what the key does not see.
    case list
    /// The whole service, or what only an unlimited key may do.
    case everything
    case connection(String)
    case session(String)
    case task(String)
  }

  /// - Throws: `not_found` as for a thing that does not exist, or `forbidden`.
  func require(_ request: InboundRequest, in transaction: any Transaction) throws(WireError) {
    switch try Self.subject(of: request) {
    case .nothing, .list: break
    case .everything:
      throw Self.forbidden(request.method)
    case .connection(let id): try require(connection: id)
    case .session(let id): try require(session: id, in: transaction)
    case .task(let id): try require(task: id, in: transaction)
    }
  }

  /// For what is answered without the store: nothing there belongs to a connection.
  /// - Throws: `forbidden`
  func requireNothing(_ request: InboundRequest) throws(WireError) {
    guard case .nothing = try Self.subject(of: request) else { throw Self.forbidden(request.method) }
  }

  private static func forbidden(_ method: Method) -> WireError {
    WireError(.forbidden, "a key that is limited to connections may not call \(method.name)")
  }

  func require(connection id: String) throws(WireError) {
    guard !id.isEmpty else {
      throw WireError(
        .forbidden, "this key does not see every connection", hint: "Name one: \(connections.sorted().joined(separator: ", ")).")
    }
    try ConnectionAlias.require(id)
    guard connections.contains(id) else { throw ConnectionRepository.missing(id) }
  }

  func require(session id: String, in transaction: any Transaction) throws(WireError) {
    guard connections.contains(try SessionRepository.get(id, in: transaction).dbConnectionId) else {
      throw SessionRepository.missing(id)
    }
  }

  func require(task id: String, in transaction: any Transaction) throws(WireError) {
    guard connections.contains(try TaskRepository.get(id, in: transaction).connectionId) else { throw TaskRepository.missing(id) }
  }

  /// Says of every method what its requests are about: a new one must be named here.
  static func subject(of request: InboundRequest) throws(WireError) -> Subject {
    let message = request.message
    switch request.method {
    case .serverInfo, .nodeList: return .nothing
    case .sessionList, .connectionList: return .list
    case .unspecified, .serverStats, .serverCheck, .serverDrain, .checkpointCommit, .nodeAttach, .nodeHeartbeat, .nodeEmit,
      .nodeDrain, .knowledgeReport, .embeddingMissing, .embeddingPut, .connectionCreate, .connectionUpdate, .connectionDelete,
      .schemaReport, .keyCreate, .keyList, .keyRevoke, .backupCreate:
      return .everything
    case .sessionCreate: return .connection(try SessionCreateRequest(decoding: message).dbConnectionId)
    case .sessionGet, .sessionDelete, .sessionPause, .sessionResume, .sessionClose, .sessionReopen:
      return .session(try SessionRef(decoding: message).id)
    case .sessionUpdate: return .session(try SessionUpdateRequest(decoding: message).id)
    case .sessionFork: return .session(try SessionForkRequest(decoding: message).id)
    case .sessionPrune: return .session(try SessionPruneRequest(decoding: message).id)
    case .sessionExport: return .session(try SessionExportRequest(decoding: message).id)
    case .sessionImport: return .connection(try SessionImportRequest(decoding: message).dbConnectionId)
    case .checkpointFetch: return .session(try CheckpointFetchRequest(decoding: message).sessionId)
    case .checkpointList: return .session(try CheckpointListRequest(decoding: message).sessionId)
    case .taskSubmit: return .session(try TaskSubmitRequest(decoding: message).sessionId)
    case .taskGet, .taskCancel, .taskWhy: return .task(try TaskRef(decoding: message).id)
    case .taskRetry: return .task(try TaskRetryRequest(decoding: message).id)
    case .taskAnswer: return .task(try TaskAnswerRequest(decoding: message).id)
    case .taskList: return try TaskListRequest(decoding: message).sessionId.map { .session($0) } ?? .list
    case .taskWatch:
      let wanted = try TaskWatchRequest(decoding: message)
      return wanted.taskId.isEmpty ? .session(wanted.sessionId) : .task(wanted.taskId)
    case .memoryRemember: return .connection(try MemoryRememberRequest(decoding: message).dbConnectionId)
    case .memoryRecall: return .connection(try MemoryRecallRequest(decoding: message).dbConnectionId)
    case .memoryGet, .memoryHistory: return .connection(try MemoryRef(decoding: message).dbConnectionId)
    case .memoryForget: return .connection(try MemoryForgetRequest(decoding: message).dbConnectionId)
    case .memoryList: return .connection(try MemoryListRequest(decoding: message).dbConnectionId)
    case .memoryUndo: return .connection(try MemoryUndoRequest(decoding: message).memory?.dbConnectionId ?? "")
    case .memoryImport: return .connection(try MemoryImportRequest(decoding: message).dbConnectionId)
    case .memoryConfirm: return .connection(try MemoryConfirmRequest(decoding: message).memory?.dbConnectionId ?? "")
    case .knowledgePut: return .connection(try KnowledgePutRequest(decoding: message).knowledge?.dbConnectionId ?? "")
    case .knowledgeGet, .knowledgeDelete: return .connection(try KnowledgeRef(decoding: message).dbConnectionId)
    case .knowledgeList: return .connection(try KnowledgeListRequest(decoding: message).dbConnectionId)
    case .knowledgeSearch: return .connection(try KnowledgeSearchRequest(decoding: message).dbConnectionId)
    case .knowledgeBackground: return .connection(try BackgroundRequest(decoding: message).dbConnectionId)
    case .embeddingReindex: return .connection(try ReindexRequest(decoding: message).dbConnectionId)
    case .connectionGet: return .connection(try ConnectionRef(decoding: message).id)
    case .schemaGet: return .connection(try SchemaGetRequest(decoding: message).dbConnectionId)
    case .schemaRefresh: return .connection(try SchemaRefreshRequest(decoding: message).dbConnectionId)
    case .artifactPut: return .session(try ArtifactPutRequest(decoding: message).sessionId)
    case .artifactGet, .artifactDelete: return .session(try ArtifactRef(decoding: message).sessionId)
    case .artifactList: return .session(try ArtifactListRequest(decoding: message).sessionId)
    case .blockPut: return .connection(try BlockPutRequest(decoding: message).block?.dbConnectionId ?? "")
    case .blockGet, .blockDelete: return .connection(try BlockRef(decoding: message).dbConnectionId)
    case .blockList: return .connection(try BlockListRequest(decoding: message).dbConnectionId)
    }
  }
}
