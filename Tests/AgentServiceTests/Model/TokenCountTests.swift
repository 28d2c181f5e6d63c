import JSON
import Testing
import Wire

@testable import AgentService

/// A server may say of its usage what it likes: no node dies of it, nor the next one that folds the transcript.
@Suite struct TokenCountTests {
  private static let most = UInt64(JSONValue.mostTokens)
  private static let hostile: JSONValue = .integer(.max)

  @Test func whatNoModelCanUseIsCutToWhatOneCan() throws {
    var chat = ChatAssembler()
    _ = try chat.take([
      "choices": [["message": ["content": "x"], "finish_reason": "stop"]],
      "usage": ["prompt_tokens": Self.hostile, "completion_tokens": .integer(-5)],
    ])
    let reply = try chat.reply()
    #expect(reply.inputTokens == Self.most && reply.outputTokens == 0)
    var messages = MessageAssembler()
    _ = try messages.take([
      "type": "message", "role": "assistant", "content": [["type": "text", "text": "x"]], "stop_reason": "end_turn",
      "usage": [
        "input_tokens": Self.hostile, "cache_creation_input_tokens": Self.hostile, "cache_read_input_tokens": Self.hostile,
        "output_tokens": Self.hostile,
      ],
    ])
    let other = try messages.reply()
    #expect(other.inputTokens == 3 * Self.most && other.outputTokens == Self.most)
  }

  @Test func aThousandSuchTurnsAddUp() {
    var progress = TaskProgress(taskId: "t")
    progress.add(.of(Timestamp()) { $0.taskStarted = .with { $0.taskId = "t" } })
    for _ in 0..<1_000 {
      progress.add(.of(Timestamp()) { $0.assistant = .with { $0.usage = .with { $0.inputTokens = 3 * Self.most } } })
    }
    #expect(progress.usage.inputTokens == 3_000 * Self.most)
  }
}
