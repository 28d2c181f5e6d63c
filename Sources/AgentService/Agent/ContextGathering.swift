import Wire

/// What an agent is told beside the question: the caller's context, and what was taught about this database. Learning never
/// fails a turn: what could not be recalled is noted as degraded, and the turn goes on.
struct ContextGathering: Sendable {
  /// What was taught may take of what the model is shown: at most so many bytes, and at most this part.
  static let taughtBytes = 16 * 1024
  private static let taughtPart = 4
  /// What the schema may take of what the model is shown: at most so many bytes, and at most this part.
  static let schemaBytes = 12 * 1024
  private static let schemaPart = 3

  let assignment: ExecutionAssignment
  let memory: any AgentMemory
  /// nil for a model that finds out by itself.
  let schema: SessionSchema?
  /// What the model is shown of the session already.
  let shown: [TranscriptEntry]
  let windowBytes: Int
  let now: @Sendable () -> Timestamp

  func entries() async -> [TranscriptEntry] {
    // First, because it stays the same from question to question: a model's server keeps what it has read so far.
    var entries = await schemaEntries()
    if !assignment.task.context.isEmpty { entries.append(entry(assignment.task.context, source: "task.context")) }
    guard assignment.learning.injects else { return entries }
    let request = BackgroundRequest.with {
      $0.dbConnectionId = assignment.connection.id
      $0.sessionId = assignment.session.id
      $0.question = assignment.task.prompt
      $0.maxBytes = UInt32(min(Self.taughtBytes, windowBytes / Self.taughtPart))
    }
    do throws(WireError) {
      let background = try await memory.background(request)
      entries += background.pieces.map { entry($0.text, source: $0.source) }
      if !background.omitted.isEmpty {
        entries.append(
          entry(
            "There was no room for \(background.omitted.count) pieces of what was taught: "
              + background.omitted.prefix(8).joined(separator: ", ") + ".", source: TaskProgress.degradedSource))
      }
    } catch {
      entries.append(entry("Memory could not be asked: \(error.message)", source: TaskProgress.degradedSource))
    }
    return entries
  }

  /// What cannot be told of the schema, the tools will say.
  private func schemaEntries() async -> [TranscriptEntry] {
    guard let schema else { return [] }
    let bytes = min(Self.schemaBytes, windowBytes / Self.schemaPart)
    guard let text = try? await SchemaBriefing.text(of: schema, for: assignment.task.prompt, bytes: bytes),
      !shown.contains(where: { $0.context?.source == SchemaBriefing.source && $0.context?.text == text })
    else { return [] }
    return [entry(text, source: SchemaBriefing.source)]
  }

  private func entry(_ text: String, source: String) -> TranscriptEntry {
    .of(now()) {
      $0.context = .with {
        $0.text = text.prefix(bytes: Limits.memoryValueBytes)
        $0.source = source.prefix(bytes: Limits.titleBytes)
      }
    }
  }
}
