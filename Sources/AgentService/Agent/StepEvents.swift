import Wire
import Words

/// What watchers are told of a step.
enum StepEvents {
  /// Rows of a query that an event shows.
  static let shownRows = 5
  private static let textBytes = 16 * 1024

  /// What the agent was given, or nil when that was nothing.
  static func loaded(_ entries: [TranscriptEntry]) -> Event? {
    let sources = entries.compactMap(\.context).map(\.source)
    let memories = sources.count { $0.hasPrefix("memory:") }
    var parts: [String] = []
    if memories > 0 { parts.append(memories == 1 ? "1 memory" : "\(memories) memories") }
    for (kind, name) in [("instruction", "instruction"), ("metric", "metric"), ("sql", "verified query"), ("skill", "skill")] {
      let count = sources.count { $0.hasPrefix("knowledge:\(kind)/") }
      if count > 0 { parts.append("\(count) \(count == 1 ? name : Fold.plural(name))") }
    }
    if sources.contains(SchemaBriefing.source) { parts.append("the schema") }
    if sources.contains("task.context") { parts.append("the task's context") }
    guard !parts.isEmpty else { return nil }
    return .with {
      $0.kind = .contextLoaded
      $0.text = parts.joined(separator: ", ")
    }
  }

  /// What the model said in a turn.
  static func said(_ assistant: AssistantEntry, degraded: [String]) -> [Event] {
    var events: [Event] = []
    func add(_ kind: EventKind, _ text: String) {
      guard !text.isEmpty else { return }
      events.append(
        .with {
          $0.kind = kind
          $0.text = text.prefix(bytes: textBytes)
          $0.agent = assistant.agent
        })
    }
    add(.thinking, assistant.thinking)
    add(.assistantMessage, assistant.text)
    for sentence in degraded { add(.notice, sentence) }
    return events
  }

  /// What came of a call.
  /// - Parameter table: a query's columns and rows.
  static func finished(_ result: ToolResultEntry, files: [String], table: AnswerTable?) -> Event {
    .with {
      $0.kind = .toolFinished
      $0.tool = result.name
      $0.sql = result.sql.prefix(bytes: textBytes)
      $0.rowCount = result.rowCount
      $0.elapsedMs = result.elapsedMs
      $0.isError = result.isError
      $0.text = result.isError ? result.content.prefix(bytes: 2_048) : files.joined(separator: ", ").prefix(bytes: 2_048)
      $0.table = table
      $0.agent = SubAgent.id(ofCall: result.callId)
    }
  }

  /// Each file that was written.
  static func written(_ files: [String], by tool: String) -> [Event] {
    files.map { path in
      .with {
        $0.kind = tool == "make_chart" ? .chartDrawn : .artifactWritten
        $0.tool = tool
        $0.text = path.prefix(bytes: Limits.artifactPathBytes)
      }
    }
  }

  /// The answer, if there is one, and what is missing from it.
  static func answered(_ result: TaskResult) -> [Event] {
    guard !result.answer.isEmpty else { return [] }
    return [
      .with {
        $0.kind = .answerGiven
        $0.text = result.answer.prefix(bytes: textBytes)
      }
    ]
  }
}
