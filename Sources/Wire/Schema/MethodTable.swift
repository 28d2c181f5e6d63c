/// The method table: what each method takes and gives, who may call it, and whether a repeat must be recognised.
/// `node.heartbeat` and `node.emit` need no idempotency key: a repeat changes nothing more.
public enum MethodTable {
  public static func rule(_ method: Method) -> MethodRule {
    switch method {
    case .unspecified:
      MethodRule(method: method, shape: .unary, mutates: false, roles: [], request: "Empty", response: "Empty", item: "")
    case .serverInfo:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .agent, .viewer], request: "Empty",
        response: "ServerInfo", item: "")
    case .serverStats:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .viewer], request: "Empty", response: "ServerStats",
        item: "")
    case .serverCheck:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin], request: "Empty", response: "ServerCheck", item: "")
    case .serverDrain:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin], request: "Empty", response: "Empty", item: "")
    case .sessionCreate:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "SessionCreateRequest",
        response: "Session", item: "")
    case .sessionGet:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .agent, .viewer], request: "SessionRef",
        response: "Session", item: "")
    case .sessionList:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .viewer], request: "SessionListRequest",
        response: "SessionList", item: "")
    case .sessionUpdate:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "SessionUpdateRequest",
        response: "Session", item: "")
    case .sessionDelete:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "SessionRef", response: "SessionDeleted",
        item: "")
    case .sessionPause:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "SessionRef", response: "Session", item: ""
      )
    case .sessionResume:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "SessionRef", response: "Session", item: ""
      )
    case .sessionClose:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "SessionRef", response: "Session", item: ""
      )
    case .sessionReopen:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "SessionRef", response: "Session", item: ""
      )
    case .sessionFork:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "SessionForkRequest", response: "Session",
        item: "")
    case .sessionPrune:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "SessionPruneRequest",
        response: "SessionPruned", item: "")
    case .sessionExport:
      MethodRule(
        method: method, shape: .serverStream, mutates: false, roles: [.admin, .user], request: "SessionExportRequest",
        response: "Empty", item: "SessionExportItem")
    case .sessionImport:
      MethodRule(
        method: method, shape: .upload, mutates: true, roles: [.admin, .user], request: "SessionImportRequest",
        response: "Session", item: "")
    case .checkpointCommit:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.agent], request: "CommitRequest", response: "CommitResponse",
        item: "")
    case .checkpointFetch:
      MethodRule(
        method: method, shape: .serverStream, mutates: false, roles: [.admin, .user, .agent, .viewer],
        request: "CheckpointFetchRequest", response: "Empty", item: "Checkpoint")
    case .checkpointList:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .agent, .viewer], request: "CheckpointListRequest",
        response: "CheckpointList", item: "")
    case .taskSubmit:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "TaskSubmitRequest",
        response: "TaskRecord", item: "")
    case .taskGet:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .agent, .viewer], request: "TaskRef",
        response: "TaskRecord", item: "")
    case .taskList:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .viewer], request: "TaskListRequest",
        response: "TaskList", item: "")
    case .taskCancel:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "TaskRef", response: "TaskRecord", item: ""
      )
    case .taskRetry:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "TaskRetryRequest",
        response: "TaskRecord", item: "")
    case .taskAnswer:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "TaskAnswerRequest",
        response: "TaskRecord", item: "")
    case .taskWatch:
      MethodRule(
        method: method, shape: .serverStream, mutates: false, roles: [.admin, .user, .viewer], request: "TaskWatchRequest",
        response: "Empty", item: "Event")
    case .taskWhy:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .viewer], request: "TaskRef", response: "TaskWhy",
        item: "")
    case .nodeAttach:
      MethodRule(
        method: method, shape: .serverStream, mutates: false, roles: [.agent], request: "NodeAttachRequest", response: "Empty",
        item: "NodeItem")
    case .nodeHeartbeat:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.agent], request: "NodeHeartbeatRequest",
        response: "NodeHeartbeatResponse", item: "")
    case .nodeEmit:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.agent], request: "NodeEmitRequest", response: "Empty", item: "")
    case .nodeList:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .viewer], request: "Empty", response: "NodeList",
        item: "")
    case .nodeDrain:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin], request: "NodeRef", response: "NodeInfo", item: "")
    case .memoryRemember:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user, .agent], request: "MemoryRememberRequest",
        response: "Memory", item: "")
    case .memoryRecall:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .agent, .viewer], request: "MemoryRecallRequest",
        response: "MemoryHits", item: "")
    case .memoryGet:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .agent, .viewer], request: "MemoryRef",
        response: "Memory", item: "")
    case .memoryForget:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "MemoryForgetRequest",
        response: "MemoryForgotten", item: "")
    case .memoryList:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .agent, .viewer], request: "MemoryListRequest",
        response: "MemoryList", item: "")
    case .memoryHistory:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .agent, .viewer], request: "MemoryRef",
        response: "MemoryHistory", item: "")
    case .memoryUndo:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "MemoryUndoRequest", response: "Memory",
        item: "")
    case .memoryImport:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "MemoryImportRequest",
        response: "MemoryImported", item: "")
    case .memoryConfirm:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "MemoryConfirmRequest",
        response: "Memory", item: "")
    case .knowledgePut:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "KnowledgePutRequest",
        response: "Knowledge", item: "")
    case .knowledgeGet:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .agent, .viewer], request: "KnowledgeRef",
        response: "Knowledge", item: "")
    case .knowledgeList:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .agent, .viewer],
        request: "KnowledgeListRequest", response: "KnowledgeList", item: "")
    case .knowledgeSearch:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .agent, .viewer],
        request: "KnowledgeSearchRequest", response: "KnowledgeHits", item: "")
    case .knowledgeDelete:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "KnowledgeRef", response: "Empty",
        item: "")
    case .knowledgeReport:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.agent], request: "KnowledgeChecked", response: "Empty", item: "")
    case .knowledgeBackground:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .agent, .viewer], request: "BackgroundRequest",
        response: "Background", item: "")
    case .embeddingMissing:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.agent], request: "UnembeddedRequest",
        response: "UnembeddedMemories", item: "")
    case .embeddingPut:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.agent], request: "EmbedRequest", response: "Empty", item: "")
    case .embeddingReindex:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "ReindexRequest",
        response: "ReindexState", item: "")
    case .connectionCreate:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "ConnectionCreateRequest",
        response: "DatabaseConnection", item: "")
    case .connectionGet:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .viewer], request: "ConnectionRef",
        response: "DatabaseConnection", item: "")
    case .connectionList:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .viewer], request: "ConnectionListRequest",
        response: "ConnectionList", item: "")
    case .connectionUpdate:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "ConnectionUpdateRequest",
        response: "DatabaseConnection", item: "")
    case .connectionDelete:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin], request: "ConnectionRef", response: "Empty", item: "")
    case .schemaGet:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .agent, .viewer], request: "SchemaGetRequest",
        response: "SchemaState", item: "")
    case .schemaReport:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.agent], request: "SchemaReport", response: "Empty", item: "")
    case .schemaRefresh:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user], request: "SchemaRefreshRequest",
        response: "SchemaRefreshAsked", item: "")
    case .artifactPut:
      MethodRule(
        method: method, shape: .upload, mutates: true, roles: [.admin, .user, .agent], request: "ArtifactPutRequest",
        response: "Artifact", item: "")
    case .artifactGet:
      MethodRule(
        method: method, shape: .serverStream, mutates: false, roles: [.admin, .user, .agent, .viewer], request: "ArtifactRef",
        response: "Empty", item: "Artifact")
    case .artifactList:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .agent, .viewer], request: "ArtifactListRequest",
        response: "ArtifactList", item: "")
    case .artifactDelete:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "ArtifactRef", response: "Empty", item: "")
    case .keyCreate:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin], request: "KeyCreateRequest", response: "KeyInfo", item: "")
    case .keyList:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin], request: "Empty", response: "KeyList", item: "")
    case .keyRevoke:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin], request: "KeyRef", response: "KeyInfo", item: "")
    case .blockPut:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user, .agent], request: "BlockPutRequest",
        response: "MemoryBlock", item: "")
    case .blockGet:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .agent, .viewer], request: "BlockRef",
        response: "MemoryBlock", item: "")
    case .blockList:
      MethodRule(
        method: method, shape: .unary, mutates: false, roles: [.admin, .user, .agent, .viewer], request: "BlockListRequest",
        response: "BlockList", item: "")
    case .backupCreate:
      MethodRule(
        method: method, shape: .serverStream, mutates: false, roles: [.admin], request: "BackupCreateRequest",
        response: "Empty", item: "BackupItem")
    case .blockDelete:
      MethodRule(
        method: method, shape: .unary, mutates: true, roles: [.admin, .user], request: "BlockRef", response: "Empty", item: "")
    }
  }
}

/// The methods with their Swift types.
public enum Methods {
  public static let serverInfo = Call<Empty, ServerInfo>(rule: Method.serverInfo.rule)
  public static let serverStats = Call<Empty, ServerStats>(rule: Method.serverStats.rule)
  public static let serverCheck = Call<Empty, ServerCheck>(rule: Method.serverCheck.rule)
  public static let backupCreate = StreamCall<BackupCreateRequest, BackupItem>(rule: Method.backupCreate.rule)
  public static let serverDrain = Call<Empty, Empty>(rule: Method.serverDrain.rule)
  public static let sessionCreate = Call<SessionCreateRequest, Session>(rule: Method.sessionCreate.rule)
  public static let sessionGet = Call<SessionRef, Session>(rule: Method.sessionGet.rule)
  public static let sessionList = Call<SessionListRequest, SessionList>(rule: Method.sessionList.rule)
  public static let sessionUpdate = Call<SessionUpdateRequest, Session>(rule: Method.sessionUpdate.rule)
  public static let sessionDelete = Call<SessionRef, SessionDeleted>(rule: Method.sessionDelete.rule)
  public static let sessionPause = Call<SessionRef, Session>(rule: Method.sessionPause.rule)
  public static let sessionResume = Call<SessionRef, Session>(rule: Method.sessionResume.rule)
  public static let sessionClose = Call<SessionRef, Session>(rule: Method.sessionClose.rule)
  public static let sessionReopen = Call<SessionRef, Session>(rule: Method.sessionReopen.rule)
  public static let sessionFork = Call<SessionForkRequest, Session>(rule: Method.sessionFork.rule)
  public static let sessionPrune = Call<SessionPruneRequest, SessionPruned>(rule: Method.sessionPrune.rule)
  public static let checkpointCommit = Call<CommitRequest, CommitResponse>(rule: Method.checkpointCommit.rule)
  public static let sessionExport = StreamCall<SessionExportRequest, SessionExportItem>(rule: Method.sessionExport.rule)
  public static let sessionImport = UploadCall<SessionImportRequest, Session>(rule: Method.sessionImport.rule)
  public static let checkpointFetch = StreamCall<CheckpointFetchRequest, Checkpoint>(rule: Method.checkpointFetch.rule)
  public static let checkpointList = Call<CheckpointListRequest, CheckpointList>(rule: Method.checkpointList.rule)
  public static let taskSubmit = Call<TaskSubmitRequest, TaskRecord>(rule: Method.taskSubmit.rule)
  public static let taskGet = Call<TaskRef, TaskRecord>(rule: Method.taskGet.rule)
  public static let taskList = Call<TaskListRequest, TaskList>(rule: Method.taskList.rule)
  public static let taskCancel = Call<TaskRef, TaskRecord>(rule: Method.taskCancel.rule)
  public static let taskRetry = Call<TaskRetryRequest, TaskRecord>(rule: Method.taskRetry.rule)
  public static let taskAnswer = Call<TaskAnswerRequest, TaskRecord>(rule: Method.taskAnswer.rule)
  public static let taskWatch = StreamCall<TaskWatchRequest, Event>(rule: Method.taskWatch.rule)
  public static let taskWhy = Call<TaskRef, TaskWhy>(rule: Method.taskWhy.rule)
  public static let nodeAttach = StreamCall<NodeAttachRequest, NodeItem>(rule: Method.nodeAttach.rule)
  public static let nodeHeartbeat = Call<NodeHeartbeatRequest, NodeHeartbeatResponse>(rule: Method.nodeHeartbeat.rule)
  public static let nodeEmit = Call<NodeEmitRequest, Empty>(rule: Method.nodeEmit.rule)
  public static let nodeList = Call<Empty, NodeList>(rule: Method.nodeList.rule)
  public static let nodeDrain = Call<NodeRef, NodeInfo>(rule: Method.nodeDrain.rule)
  public static let memoryRemember = Call<MemoryRememberRequest, Memory>(rule: Method.memoryRemember.rule)
  public static let memoryRecall = Call<MemoryRecallRequest, MemoryHits>(rule: Method.memoryRecall.rule)
  public static let memoryGet = Call<MemoryRef, Memory>(rule: Method.memoryGet.rule)
  public static let memoryForget = Call<MemoryForgetRequest, MemoryForgotten>(rule: Method.memoryForget.rule)
  public static let memoryList = Call<MemoryListRequest, MemoryList>(rule: Method.memoryList.rule)
  public static let memoryHistory = Call<MemoryRef, MemoryHistory>(rule: Method.memoryHistory.rule)
  public static let memoryUndo = Call<MemoryUndoRequest, Memory>(rule: Method.memoryUndo.rule)
  public static let memoryImport = Call<MemoryImportRequest, MemoryImported>(rule: Method.memoryImport.rule)
  public static let memoryConfirm = Call<MemoryConfirmRequest, Memory>(rule: Method.memoryConfirm.rule)
  public static let knowledgePut = Call<KnowledgePutRequest, Knowledge>(rule: Method.knowledgePut.rule)
  public static let knowledgeGet = Call<KnowledgeRef, Knowledge>(rule: Method.knowledgeGet.rule)
  public static let knowledgeList = Call<KnowledgeListRequest, KnowledgeList>(rule: Method.knowledgeList.rule)
  public static let knowledgeSearch = Call<KnowledgeSearchRequest, KnowledgeHits>(rule: Method.knowledgeSearch.rule)
  public static let knowledgeDelete = Call<KnowledgeRef, Empty>(rule: Method.knowledgeDelete.rule)
  public static let knowledgeReport = Call<KnowledgeChecked, Empty>(rule: Method.knowledgeReport.rule)
  public static let knowledgeBackground = Call<BackgroundRequest, Background>(rule: Method.knowledgeBackground.rule)
  public static let embeddingMissing = Call<UnembeddedRequest, UnembeddedMemories>(rule: Method.embeddingMissing.rule)
  public static let embeddingPut = Call<EmbedRequest, Empty>(rule: Method.embeddingPut.rule)
  public static let embeddingReindex = Call<ReindexRequest, ReindexState>(rule: Method.embeddingReindex.rule)
  public static let connectionCreate = Call<ConnectionCreateRequest, DatabaseConnection>(rule: Method.connectionCreate.rule)
  public static let connectionGet = Call<ConnectionRef, DatabaseConnection>(rule: Method.connectionGet.rule)
  public static let connectionList = Call<ConnectionListRequest, ConnectionList>(rule: Method.connectionList.rule)
  public static let connectionUpdate = Call<ConnectionUpdateRequest, DatabaseConnection>(rule: Method.connectionUpdate.rule)
  public static let connectionDelete = Call<ConnectionRef, Empty>(rule: Method.connectionDelete.rule)
  public static let schemaGet = Call<SchemaGetRequest, SchemaState>(rule: Method.schemaGet.rule)
  public static let schemaReport = Call<SchemaReport, Empty>(rule: Method.schemaReport.rule)
  public static let schemaRefresh = Call<SchemaRefreshRequest, SchemaRefreshAsked>(rule: Method.schemaRefresh.rule)
  public static let artifactPut = UploadCall<ArtifactPutRequest, Artifact>(rule: Method.artifactPut.rule)
  public static let artifactGet = StreamCall<ArtifactRef, Artifact>(rule: Method.artifactGet.rule)
  public static let artifactList = Call<ArtifactListRequest, ArtifactList>(rule: Method.artifactList.rule)
  public static let artifactDelete = Call<ArtifactRef, Empty>(rule: Method.artifactDelete.rule)
  public static let keyCreate = Call<KeyCreateRequest, KeyInfo>(rule: Method.keyCreate.rule)
  public static let keyList = Call<Empty, KeyList>(rule: Method.keyList.rule)
  public static let keyRevoke = Call<KeyRef, KeyInfo>(rule: Method.keyRevoke.rule)
  public static let blockPut = Call<BlockPutRequest, MemoryBlock>(rule: Method.blockPut.rule)
  public static let blockGet = Call<BlockRef, MemoryBlock>(rule: Method.blockGet.rule)
  public static let blockList = Call<BlockListRequest, BlockList>(rule: Method.blockList.rule)
  public static let blockDelete = Call<BlockRef, Empty>(rule: Method.blockDelete.rule)
}
