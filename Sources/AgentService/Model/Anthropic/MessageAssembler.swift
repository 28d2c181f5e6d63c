import JSON
import Wire

/// Puts a reply together from the events of the Messages API, or from one whole message.
struct MessageAssembler: ReplyAssembler {
  private enum Block {
    case text(String)
    case thinking(String)
    case call(id: String, name: String, arguments: String)
    /// A kind that is not known, such as thinking that the server keeps to itself.
    case other
  }

  private static let maxBlocks: Int64 = 256

  private var blocks: [Int64: Block] = [:]
  private var bytes = 0
  private var inputTokens: UInt64 = 0
  private var outputTokens: UInt64 = 0
  private var stopReason: String?
  private var hasMessage = false
  private(set) var isOver = false

  var isFinished: Bool { stopReason != nil }

  mutating func take(_ value: JSONValue) throws(WireError) -> String {
    guard value.object != nil else { throw ModelFailure.malformed("an event that is no JSON object") }
    switch value["type"]?.string {
    case "message_start":
      hasMessage = true
      takeUsage(value["message"]?["usage"])
    case "content_block_start":
      try begin(value["content_block"], at: value["index"]?.integer ?? 0)
      if case .text(let text) = blocks[value["index"]?.integer ?? 0] { return text }
    case "content_block_delta":
      return try append(value["delta"], at: value["index"]?.integer ?? 0)
    case "message_delta":
      if let reason = value["delta"]?["stop_reason"]?.string { stopReason = reason }
      takeUsage(value["usage"])
    case "message_stop": isOver = true
    case "error":
      throw WireError(
        .modelUnavailable, "The model's server broke off: \(ModelFailure.sentence(in: value) ?? "no reason given").")
    case "message": return try takeWhole(value)
    // ping, content_block_stop, and what may be added to the protocol.
    default: break
    }
    return ""
  }

  func reply() throws(WireError) -> ModelReply {
    guard hasMessage else { throw ModelFailure.malformed("an answer without a message") }
    var reply = ModelReply()
    reply.inputTokens = inputTokens
    reply.outputTokens = outputTokens
    for (_, block) in blocks.sorted(by: { $0.key < $1.key }) {
      switch block {
      case .text(let text): reply.text += text
      case .thinking(let text): reply.thinking += text
      case .call(let id, let name, let arguments):
        reply.toolCalls.append(
          .with {
            $0.id = id
            $0.name = name
            $0.arguments = arguments.isEmpty ? "{}" : arguments
          })
      case .other: break
      }
    }
    switch stopReason {
    case "max_tokens", "model_context_window_exceeded":
      reply.degraded.append("The model's answer was cut off at its length limit.")
    case "refusal": reply.degraded.append("The model refused to go on.")
    default: break
    }
    return reply
  }

  // MARK: Blocks

  private mutating func begin(_ block: JSONValue?, at index: Int64) throws(WireError) {
    guard (0..<Self.maxBlocks).contains(index) else { throw ModelFailure.malformed("a block with the number \(index)") }
    switch block?["type"]?.string {
    case "text": blocks[index] = .text(block?["text"]?.string ?? "")
    case "thinking": blocks[index] = .thinking(block?["thinking"]?.string ?? "")
    case "tool_use":
      let input = block?["input"]
      // A stream begins with an empty object, whose text follows in pieces; a whole message has it at once.
      let arguments = input?.object?.isEmpty == false ? input?.text() ?? "" : ""
      blocks[index] = .call(id: block?["id"]?.string ?? "", name: block?["name"]?.string ?? "", arguments: arguments)
    default: blocks[index] = .other
    }
  }

  private mutating func append(_ delta: JSONValue?, at index: Int64) throws(WireError) -> String {
    let piece = delta?["text"]?.string ?? delta?["partial_json"]?.string ?? delta?["thinking"]?.string ?? ""
    bytes += piece.utf8.count
    guard bytes <= ChatAssembler.maxTextBytes else {
      throw ModelFailure.malformed("a message of more than \(ChatAssembler.maxTextBytes) bytes")
    }
    switch blocks[index] {
    case .text(let text):
      blocks[index] = .text(text + piece)
      return piece
    case .thinking(let text): blocks[index] = .thinking(text + piece)
    case .call(let id, let name, let arguments):
      blocks[index] = .call(id: id, name: name, arguments: arguments + piece)
    case .other: break
    case nil: throw ModelFailure.malformed("a piece of a block that has not begun")
    }
    return ""
  }

  /// The answer of a server that does not stream.
  private mutating func takeWhole(_ message: JSONValue) throws(WireError) -> String {
    hasMessage = true
    takeUsage(message["usage"])
    stopReason = message["stop_reason"]?.string ?? "end_turn"
    for (index, block) in (message["content"]?.array ?? []).enumerated() { try begin(block, at: Int64(index)) }
    return ""
  }

  /// What was read from the cache, or written to it, was input too.
  private mutating func takeUsage(_ usage: JSONValue?) {
    guard let usage else { return }
    let input = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]
      .reduce(UInt64(0)) { $0 + (usage[$1]?.tokens ?? 0) }
    if input > 0 { inputTokens = input }
    if let output = usage["output_tokens"]?.tokens { outputTokens = output }
  }
}
