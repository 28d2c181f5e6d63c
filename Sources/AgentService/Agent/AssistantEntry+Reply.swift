import Wire

extension AssistantEntry {
  /// Neither an answer nor a call: nothing comes of such a turn.
  var saysNothing: Bool { toolCalls.isEmpty && text.allSatisfy(\.isWhitespace) }

  /// A model's reply as it goes into the transcript: within the limits of the messages, and each call with an id of its own.
  init(_ reply: ModelReply, model: String, elapsed: Duration, turn: Int) {
    self.init()
    text = reply.text.prefix(bytes: 256 * 1024)
    thinking = reply.thinking.prefix(bytes: 256 * 1024)
    self.model = model.prefix(bytes: Limits.nameBytes)
    usage = .with {
      $0.modelCalls = 1
      $0.inputTokens = reply.inputTokens
      $0.outputTokens = reply.outputTokens
      $0.elapsedMs = UInt64(clamping: elapsed.wholeMilliseconds)
    }
    var taken: Set<String> = []
    toolCalls = reply.toolCalls.prefix(64).enumerated().map { index, call in
      var call = call
      if call.id.isEmpty || call.id.utf8.count > Limits.nameBytes || taken.contains(call.id) {
        call.id = "call_\(turn + 1)_\(index + 1)"
      }
      taken.insert(call.id)
      call.name = call.name.prefix(bytes: Limits.nameBytes)
      // Cut arguments are no JSON any more, so the model is told that they were too long to be read.
      call.arguments = call.arguments.prefix(bytes: 512 * 1024)
      return call
    }
  }
}
