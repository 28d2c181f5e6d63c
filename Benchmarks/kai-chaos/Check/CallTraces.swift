import Wire

/// What transcripts say about the calls of the ledger's tools, by the call's key.
struct CallTraces: Sendable {
  struct Trace: Sendable {
    let tool: String
    var hasIntent = false
    /// nil while there is no result.
    var succeeded: Bool?
  }

  private(set) var traces: [String: Trace] = [:]

  /// Adds what the transcript of a session says. A call's key is made as an agent makes it: the task and the number of the
  /// call in it.
  mutating func add(_ steps: [SessionEvidence.Step]) {
    var task = ""
    var counts: [String: Int] = [:]
    var pending: [String: String] = [:]
    for entry in steps.flatMap(\.entries) {
      if let started = entry.taskStarted { task = started.taskId }
      if let assistant = entry.assistant {
        pending = [:]
        for call in assistant.toolCalls {
          counts[task, default: 0] += 1
          let key = "\(task).\(counts[task] ?? 0)"
          pending[call.id] = key
          if call.name.hasPrefix("ledger_") { traces[key] = Trace(tool: call.name) }
        }
      }
      if let intent = entry.toolIntent, let key = pending[intent.callId] { traces[key]?.hasIntent = true }
      if let result = entry.toolResult, let key = pending[result.callId] { traces[key]?.succeeded = !result.isError }
    }
  }
}
