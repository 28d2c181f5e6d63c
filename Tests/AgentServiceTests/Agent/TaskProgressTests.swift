import Testing
import Wire

@testable import AgentService

/// What an execution knows of its task when it goes on where another stopped.
@Suite struct TaskProgressTests {
  private func entry(_ fill: (inout TranscriptEntry) -> Void) -> TranscriptEntry { .of(Timestamp(), fill) }

  private func started(_ task: String) -> TranscriptEntry { entry { $0.taskStarted = .with { $0.taskId = task } } }

  private func finished(_ task: String) -> TranscriptEntry {
    entry {
      $0.taskFinished = .with {
        $0.taskId = task
        $0.status = .failed
      }
    }
  }

  private var turn: TranscriptEntry {
    entry { $0.assistant = .with { $0.toolCalls = [.with { $0.id = "call-1" }] } }
  }

  private var intent: TranscriptEntry { entry { $0.toolIntent = .with { $0.callId = "call-1" } } }

  /// Another task of the session, whose execution could not even store its beginning, ends in the midst of ours.
  @Test func theEndOfAnotherTaskForgetsNothing() {
    let progress = TaskProgress(taskId: "ours", entries: [started("ours"), turn, intent, finished("other")])
    #expect(progress.turns == 1)
    #expect(progress.pending.map(\.mayHaveRun) == [true])
  }

  @Test func theEndOfTheTaskItselfLetsARetryBeginAnew() {
    let progress = TaskProgress(taskId: "ours", entries: [started("ours"), turn, intent, finished("ours")])
    #expect(progress.turns == 0)
    #expect(progress.pending == [])
  }
}
