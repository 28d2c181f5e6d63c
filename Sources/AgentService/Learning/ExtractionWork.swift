import Logging
import Wire

/// Reads turns again after they were answered, one at a time and beside the tasks. Nobody waits for it, and what it cannot do is left
/// undone: the turn itself and its corrections are kept already.
final class ExtractionWork: Sendable {
  struct Turn: Sendable {
    let extraction: TurnExtraction
    let sessionId: String
    let dbConnectionId: String
    let language: Language
  }

  /// Turns that may wait; the oldest are dropped beyond that.
  private static let waiting = 32
  private static let deadlineMs: UInt64 = 120_000

  private let model: any Model
  private let memory: any AgentMemory
  private let log: Logger
  private let turns: AsyncStream<Turn>
  private let adder: AsyncStream<Turn>.Continuation

  init(model: any Model, memory: any AgentMemory, log: Logger) {
    (self.model, self.memory, self.log) = (model, memory, log)
    (turns, adder) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.waiting))
  }

  func add(_ turn: Turn) {
    if turn.extraction.isWorthAsking { adder.yield(turn) }
  }

  /// Until the task is cancelled.
  func run() async {
    for await turn in turns {
      do throws(WireError) {
        try await extract(turn)
      } catch {
        log.warning("a turn could not be read again", metadata: ["session": "\(turn.sessionId)", "error": "\(error)"])
      }
    }
  }

  private func extract(_ turn: Turn) async throws(WireError) {
    let reply = try await WorkDeadline.run(within: Self.deadlineMs) { [model] () async throws(WireError) in
      try await model.respond(to: turn.extraction.turn(language: turn.language), onToken: { _ in })
    }
    let lessons = try turn.extraction.lessons(from: reply.text)
    for var lesson in lessons {
      (lesson.dbConnectionId, lesson.scope) = (turn.dbConnectionId, turn.sessionId)
      (lesson.source, lesson.sourceSessionId) = ("learning", turn.sessionId)
      _ = try await memory.remember(lesson)
    }
    log.info(
      "a turn was read again",
      metadata: [
        "session": "\(turn.sessionId)", "task": "\(turn.extraction.taskId)", "lessons": "\(lessons.count)",
        "tokens": "\(reply.inputTokens + reply.outputTokens)",
      ])
  }
}
