import Wire

/// A session's transcript on a node: what was fetched, and what this execution has added.
///
/// It knows when a snapshot pays: when the entries since the last one outweigh it, so that snapshots cost no more than the
/// steps themselves and a session of n steps stays O(n).
struct Transcript: Sendable {
  /// Below this, fetching the steps is as cheap as fetching a snapshot.
  static let snapshotFromBytes = 128 * 1024

  private(set) var entries: [TranscriptEntry] = []
  /// How far the task has come, kept up with each entry.
  private(set) var progress: TaskProgress
  private var snapshotBytes = 0
  private var bytesSinceSnapshot = 0

  /// What a fetch gave: the entries of the last snapshot, then those of each step after it.
  ///
  /// - Parameter retryOf: tasks that this one tries again: what the chain holds of them is this one's.
  init(
    taskId: String, retryOf: [String] = [], snapshot: [TranscriptEntry] = [], steps: [[TranscriptEntry]] = []
  ) {
    func own(_ entry: TranscriptEntry) -> TranscriptEntry {
      var entry = entry
      if let id = entry.taskStarted?.taskId, retryOf.contains(id) { entry.taskStarted?.taskId = taskId }
      if let id = entry.taskFinished?.taskId, retryOf.contains(id) { entry.taskFinished?.taskId = taskId }
      return entry
    }
    let snapshot = retryOf.isEmpty ? snapshot : snapshot.map(own)
    entries = snapshot
    progress = TaskProgress(taskId: taskId, entries: snapshot)
    snapshotBytes = Self.size(snapshot)
    for step in steps { append(retryOf.isEmpty ? step : step.map(own)) }
  }

  /// Adds what a step added.
  mutating func append(_ added: [TranscriptEntry]) {
    entries += added
    for entry in added { progress.add(entry) }
    bytesSinceSnapshot += Self.size(added)
  }

  /// Whether the next step should carry a snapshot that includes it.
  func wantsSnapshot(with added: [TranscriptEntry]) -> Bool {
    bytesSinceSnapshot + Self.size(added) > max(Self.snapshotFromBytes, snapshotBytes)
  }

  /// A snapshot of everything so far has become durable.
  mutating func snapshotTaken() {
    snapshotBytes = Self.size(entries)
    bytesSinceSnapshot = 0
  }

  private static func size(_ entries: [TranscriptEntry]) -> Int {
    entries.reduce(0) { $0 + $1.encodedSize }
  }

  /// What a model is shown: what follows the last summary, with the results of earlier tasks cut short, because the answers
  /// they led to are there; and no more of it than the model can read.
  func window(for taskId: String, bytes: Int) -> [TranscriptEntry] {
    let start = entries.lastIndex { $0.summary != nil } ?? 0
    var isEarlier = true
    let shown = entries[start...].lazy.filter { !$0.isOfSubAgent }.compactMap { entry -> TranscriptEntry? in
      if let started = entry.taskStarted { isEarlier = started.taskId != taskId }
      // What was taught comes anew with each question; it is not heaped up.
      if isEarlier, let context = entry.context, Taught.isSource(context.source) { return nil }
      return isEarlier ? entry.shortened : entry
    }
    let before = entries[..<start].count { $0.toolResult != nil && !$0.isOfSubAgent }
    return ContextWindow.fit(Array(shown), firstResult: before + 1, taskId: taskId, bytes: bytes)
  }

  /// Every tool result of the session that the agent itself read, or one of its sub-agents, in order.
  /// - Parameter agent: the sub-agent's id, or empty.
  func results(of agent: String) -> [ToolResultEntry] {
    entries.compactMap(\.toolResult).filter { SubAgent.id(ofCall: $0.callId) == agent }
  }
}

extension TranscriptEntry {
  static func of(_ at: Timestamp, _ fill: (inout TranscriptEntry) -> Void) -> TranscriptEntry {
    var entry = TranscriptEntry()
    entry.at = at
    fill(&entry)
    return entry
  }

  private static let shortBytes = 1_024

  /// The entry without the bulk of what a tool returned or was given.
  fileprivate var shortened: TranscriptEntry {
    var entry = self
    if let content = toolResult?.content, content.utf8.count > Self.shortBytes {
      entry.toolResult?.content = content.prefix(bytes: Self.shortBytes) + "… (cut: a result of an earlier task)"
    }
    if let calls = assistant?.toolCalls {
      entry.assistant?.toolCalls = calls.map { call in
        call.arguments.utf8.count <= Self.shortBytes
          ? call
          : .with {
            $0.id = call.id
            $0.name = call.name
            $0.arguments = #"{"cut":"arguments of an earlier task"}"#
          }
      }
    }
    return entry
  }
}

extension String {
  /// The longest prefix of whole characters that takes at most `bytes` bytes of UTF-8.
  func prefix(bytes: Int) -> String {
    guard utf8.count > bytes else { return self }
    var end = utf8.index(startIndex, offsetBy: max(0, bytes))
    while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
    return String(self[..<end])
  }
}
