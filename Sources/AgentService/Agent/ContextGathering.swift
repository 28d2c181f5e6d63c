import Wire

/// What an agent is told beside the question: the caller's context, and what was taught about this database. Learning never
/// fails a turn: what could not be recalled is noted as degraded, and the turn goes on.
struct ContextGathering: Sendable {
  static let recalled: UInt32 = 8

  let assignment: ExecutionAssignment
  let memory: any AgentMemory
  let now: @Sendable () -> Timestamp

  func entries() async -> [TranscriptEntry] {
    var entries: [TranscriptEntry] = []
    if !assignment.task.context.isEmpty { entries.append(entry(assignment.task.context, source: "task.context")) }
    let request = MemoryRecallRequest.with {
      $0.dbConnectionId = assignment.connection.id
      $0.sessionId = assignment.session.id
      $0.query = assignment.task.prompt
      $0.limit = Self.recalled
    }
    do throws(WireError) {
      for memory in try await memory.recall(request).compactMap(\.memory) {
        let text = memory.content.isEmpty ? "\(memory.key): \(memory.value)" : memory.content
        entries.append(entry(text, source: "memory:\(memory.scope)/\(memory.namespace)/\(memory.key)"))
      }
    } catch {
      entries.append(entry("Memory could not be asked: \(error.message)", source: TaskProgress.degradedSource))
    }
    return entries
  }

  private func entry(_ text: String, source: String) -> TranscriptEntry {
    .of(now()) {
      $0.context = .with {
        $0.text = text.prefix(bytes: Limits.memoryValueBytes)
        $0.source = source.prefix(bytes: 1_024)
      }
    }
  }
}
