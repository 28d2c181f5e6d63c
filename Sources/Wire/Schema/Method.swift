/// How a call's frames go.
public enum CallShape: Sendable {
  /// REQUEST, then RESPONSE.
  case unary
  /// REQUEST, then ITEMs, then RESPONSE (`Empty`).
  case serverStream
  /// REQUEST, then UPLOADs (the last with END), then RESPONSE.
  case upload
}

/// Every method, by its number on the wire.
public enum Method: UInt32, WireEnum {
  case unspecified = 0
  case serverInfo = 1
  case serverStats = 2
  case serverCheck = 3
  case serverDrain = 4
  case sessionCreate = 10
  case sessionGet = 11
  case sessionList = 12
  case sessionUpdate = 13
  case sessionDelete = 14
  case sessionPause = 15
  case sessionResume = 16
  case sessionClose = 17
  case sessionReopen = 18
  case sessionFork = 19
  case sessionPrune = 20
  case sessionExport = 21
  case sessionImport = 22
  case checkpointCommit = 30
  case checkpointFetch = 31
  case checkpointList = 32
  case taskSubmit = 40
  case taskGet = 41
  case taskList = 42
  case taskCancel = 43
  case taskRetry = 44
  case taskAnswer = 45
  case taskWatch = 46
  case taskWhy = 47
  case nodeAttach = 60
  case nodeHeartbeat = 61
  case nodeEmit = 62
  case nodeList = 63
  case nodeDrain = 64
  case memoryRemember = 70
  case memoryRecall = 71
  case memoryGet = 72
  case memoryForget = 73
  case memoryList = 74
  case memoryHistory = 75
  case memoryUndo = 76
  case memoryImport = 77
  case memoryConfirm = 78
  case knowledgePut = 80
  case knowledgeGet = 81
  case knowledgeList = 82
  case knowledgeSearch = 83
  case knowledgeDelete = 84
  case knowledgeReport = 85
  case knowledgeBackground = 86
  case embeddingMissing = 87
  case embeddingPut = 88
  case embeddingReindex = 89
  case connectionCreate = 90
  case connectionGet = 91
  case connectionList = 92
  case connectionUpdate = 93
  case connectionDelete = 94
  case schemaGet = 95
  case schemaReport = 96
  case schemaRefresh = 97
  case artifactPut = 100
  case artifactGet = 101
  case artifactList = 102
  case artifactDelete = 103
  case keyCreate = 110
  case keyList = 111
  case keyRevoke = 112
  case blockPut = 120
  case blockGet = 121
  case blockList = 122
  case blockDelete = 123
  case backupCreate = 130

  /// `session.create` and so on: the noun is the first word of the case.
  public var name: String {
    let text = label
    guard let split = text.firstIndex(of: "_") else { return text }
    return text[..<split] + "." + text[text.index(after: split)...]
  }

  /// Its row of the method table.
  public var rule: MethodRule { Self.rules[Int(rawValue)] }

  /// Every method's rule, by its number; numbers without a method have the rule of `unspecified`.
  private static let rules: [MethodRule] = {
    var rules = Array(repeating: MethodTable.rule(.unspecified), count: 1 + Int(allCases.map(\.rawValue).max() ?? 0))
    for method in allCases { rules[Int(method.rawValue)] = MethodTable.rule(method) }
    return rules
  }()
}

/// What holds for every call of a method.
public struct MethodRule: Sendable {
  public let method: Method
  public let shape: CallShape
  /// Needs an idempotency key, whose reply is stored with the effect.
  public let mutates: Bool
  public let roles: Set<Role>
  public let request: String
  public let response: String
  /// Empty unless `shape` is `serverStream`.
  public let item: String
}

/// A method with its types: what the client calls and the server decodes.
public struct Call<Request: WireMessage, Response: WireMessage>: Sendable {
  public let rule: MethodRule
}

/// A server-streaming method with its types.
public struct StreamCall<Request: WireMessage, Item: WireMessage>: Sendable {
  public let rule: MethodRule
}

/// An uploading method with its types.
public struct UploadCall<Request: WireMessage, Response: WireMessage>: Sendable {
  public let rule: MethodRule
}
