import Wire

extension AssistantEntry {
  /// Neither an answer nor a call: nothing comes of such a turn.
  var saysNothing: Bool { toolCalls.isEmpty && text.allSatisfy(\.isWhitespace) }

  /// Of all calls of a turn together: with what comes of them they make one step, which must stay below its limits.
  private static let argumentBytes = 1024 * 1024

  /// A model's reply as it goes into the transcript: within the limits of the messages, and each call with an id of its own.
  /// - Parameters:
  ///   - agent: the sub-agent whose turn it was, or empty.
  ///   - prices: the model's, if they are known.
  init(_ reply: ModelReply, model: String, elapsed: Duration, turn: Int, agent: String = "", prices: ModelPrices? = nil) {
    self.init()
    self.agent = agent
    text = reply.text.prefix(bytes: 256 * 1024)
    thinking = reply.thinking.prefix(bytes: 256 * 1024)
    self.model = model.prefix(bytes: Limits.nameBytes)
    usage = .with {
      $0.modelCalls = 1
      $0.inputTokens = reply.inputTokens
      $0.outputTokens = reply.outputTokens
      $0.elapsedMs = UInt64(clamping: elapsed.wholeMilliseconds)
      $0.costMicros = prices?.costMicros(input: reply.inputTokens, output: reply.outputTokens)
    }
    var taken: Set<String> = []
    var argumentBytes = Self.argumentBytes
    toolCalls = reply.toolCalls.prefix(64).enumerated().map { index, call in
      var call = call
      if call.id.isEmpty || call.id.utf8.count > Limits.nameBytes / 2 || taken.contains(call.id)
        || call.id.contains(SubAgent.separator)
      {
        call.id = "call_\(turn + 1)_\(index + 1)"
      }
      taken.insert(call.id)
      call.id = SubAgent.callId(call.id, of: agent)
      call.name = call.name.prefix(bytes: Limits.nameBytes)
      // Cut arguments are no JSON any more, so the model is told that they were too long to be read.
      call.arguments = call.arguments.prefix(bytes: min(Self.argumentBytes / 2, argumentBytes))
      argumentBytes -= call.arguments.utf8.count
      return call
    }
  }
}
