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
  /// No method.
  case unspecified = 0
  /// Tells what serves, and since when.
  case serverInfo = 1
  /// Tells figures of the process and its store.
  case serverStats = 2
  /// Checks the store: its pages, its chains of steps, its files.
  case serverCheck = 3
  /// Hands out no tasks any more and calls back those that run, until the service is started again.
  case serverDrain = 4
  /// Makes a session on a connection.
  case sessionCreate = 10
  /// Gives one session.
  case sessionGet = 11
  /// Lists sessions, the newest first.
  case sessionList = 12
  /// Changes mode, limit, title, metadata or policy of a session.
  case sessionUpdate = 13
  /// Deletes a session and everything that is its own: steps, tasks, events, artifacts, memories. A task that runs loses its
  /// lease.
  case sessionDelete = 14
  /// Lets a session run nothing more: its task is called back at the next step boundary.
  case sessionPause = 15
  /// Lets a paused session run again.
  case sessionResume = 16
  /// Closes a session that runs nothing: it takes no tasks until it is reopened.
  case sessionClose = 17
  /// Opens a session again that was closed or has failed.
  case sessionReopen = 18
  /// Makes a new session that begins with the steps of another; tasks, events, artifacts and memories stay with the parent.
  case sessionFork = 19
  /// Removes the oldest steps and events of a session at once.
  case sessionPrune = 20
  /// Streams a session as one file.
  case sessionExport = 21
  /// Takes the file of an exported session.
  case sessionImport = 22
  /// Appends one step to a session, under a lease. Repeated by what it says, not by its idempotency key: see docs/PROTOCOL.md.
  case checkpointCommit = 30
  /// Streams steps with their bodies.
  case checkpointFetch = 31
  /// Lists the steps of a session without their bodies, the newest first.
  case checkpointList = 32
  /// Puts a question to a session.
  case taskSubmit = 40
  /// Gives one task, with its result once it has ended.
  case taskGet = 41
  /// Lists tasks, the newest first.
  case taskList = 42
  /// Cancels a task that has not ended. One that waits ends at once, one that runs with its node's next commit or with its lease.
  case taskCancel = 43
  /// Tries a task again that has ended.
  case taskRetry = 44
  /// Answers what a waiting task asks, and queues it again.
  case taskAnswer = 45
  /// Streams the events of a session or a task: those that are stored, then what happens.
  case taskWatch = 46
  /// Says in sentences what a task waits for.
  case taskWhy = 47
  /// Attaches a node: assignments and other news come as items until the connection or the call ends.
  case nodeAttach = 60
  /// Renews all leases of a node, acknowledges new ones and hands others back.
  case nodeHeartbeat = 61
  /// Passes tokens and tool starts on to whoever watches now; nothing is stored.
  case nodeEmit = 62
  /// Lists the nodes that are attached, or were until a moment ago.
  case nodeList = 63
  /// Asks a node to take nothing new, to finish what runs, and to go.
  case nodeDrain = 64
  /// Writes a memory.
  case memoryRemember = 70
  /// Searches memories.
  case memoryRecall = 71
  /// Gives one memory, or an older version of it.
  case memoryGet = 72
  /// Forgets memories and all of their versions.
  case memoryForget = 73
  /// Lists memories, the newest first.
  case memoryList = 74
  /// Gives every version of one memory.
  case memoryHistory = 75
  /// Makes an older version of a memory the newest.
  case memoryUndo = 76
  /// Takes over memories that another place kept.
  case memoryImport = 77
  /// Moves what a session learned to the shared scope.
  case memoryConfirm = 78
  /// Teaches an instruction, a metric, a skill or verified SQL. SQL is tried by a node before it is used.
  case knowledgePut = 80
  /// Gives one piece of knowledge.
  case knowledgeGet = 81
  /// Lists knowledge, the newest first.
  case knowledgeList = 82
  /// Finds knowledge of one kind that is about a text.
  case knowledgeSearch = 83
  /// Deletes one piece of knowledge.
  case knowledgeDelete = 84
  /// Brings what a database said of the SQL of a piece of knowledge.
  case knowledgeReport = 85
  /// Gives what an agent would be given with a question.
  case knowledgeBackground = 86
  /// Gives memories that have no vector of a model yet.
  case embeddingMissing = 87
  /// Brings vectors of memories.
  case embeddingPut = 88
  /// Tells how far a connection's memories are embedded, and drops the vectors if that is wanted.
  case embeddingReindex = 89
  /// Makes a connection to a user's database. Nothing is opened by it.
  case connectionCreate = 90
  /// Gives one connection, with its password masked.
  case connectionGet = 91
  /// Lists connections, the newest first, with their passwords masked.
  case connectionList = 92
  /// Changes URI, description or learning of a connection.
  case connectionUpdate = 93
  /// Deletes a connection that no session is on, with its shared memories and its knowledge.
  case connectionDelete = 94
  /// Gives what is known of a user's database.
  case schemaGet = 95
  /// Brings what a node found in a user's database.
  case schemaReport = 96
  /// Asks a node to look at a user's database.
  case schemaRefresh = 97
  /// Writes a file of a session.
  case artifactPut = 100
  /// Streams a file of a session.
  case artifactGet = 101
  /// Lists the files of a session.
  case artifactList = 102
  /// Deletes a file of a session.
  case artifactDelete = 103
  /// Makes a key; the answer alone has its secret.
  case keyCreate = 110
  /// Lists all keys.
  case keyList = 111
  /// Makes a key invalid at once, and closes the connections that use it.
  case keyRevoke = 112
  /// Writes a block of text that goes with every question.
  case blockPut = 120
  /// Gives one block.
  case blockGet = 121
  /// Lists the blocks that are seen.
  case blockList = 122
  /// Deletes a block.
  case blockDelete = 123
  /// Streams a backup of the whole store.
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
