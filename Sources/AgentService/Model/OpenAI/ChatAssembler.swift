import JSON
import Wire

/// Puts a reply together from the chunks of a stream, or from one whole answer. The dialects of the servers that call
/// themselves compatible differ in small things; each is met where it says so.
struct ChatAssembler: ReplyAssembler {
  static let maxToolCalls = 128
  static let maxTextBytes = Limits.textBytes

  private struct PartialCall {
    var index: Int64?
    var id = ""
    var name = ""
    var arguments = ""
  }

  private var text = ""
  private var thinking = ""
  private var calls: [PartialCall] = []
  private var inputTokens: UInt64 = 0
  private var outputTokens: UInt64 = 0
  private var finishReason: String?
  private var hasChoice = false

  var isFinished: Bool { finishReason != nil }
  /// Usage may follow the end.
  var isOver: Bool { false }

  mutating func take(_ chunk: JSONValue) throws(WireError) -> String {
    guard chunk.object != nil else { throw ModelFailure.malformed("a chunk that is no JSON object") }
    if let error = chunk["error"], !error.isNull {
      throw WireError(
        .modelUnavailable, "The model's server broke off: \(ModelFailure.sentence(in: chunk) ?? "no reason given").")
    }
    takeUsage(chunk["usage"])
    guard let choice = chunk["choices"]?.array?.first else { return "" }
    hasChoice = true
    if let reason = choice["finish_reason"]?.string { finishReason = reason }
    guard let delta = choice["delta"] ?? choice["message"], delta.object != nil else { return "" }
    let piece = Self.plainText(delta["content"])
    try Self.append(piece, to: &text)
    // Servers disagree about the name; one that sends both sends the same twice.
    try Self.append(Self.plainText(delta["reasoning_content"] ?? delta["reasoning"]), to: &thinking)
    for call in delta["tool_calls"]?.array ?? [] { try take(call: call) }
    return piece
  }

  func reply() throws(WireError) -> ModelReply {
    guard hasChoice else { throw ModelFailure.malformed("an answer without choices") }
    var reply = ModelReply()
    reply.text = text
    reply.thinking = thinking
    reply.inputTokens = inputTokens
    reply.outputTokens = outputTokens
    reply.toolCalls = calls.map { call in
      ToolCall.with {
        $0.id = call.id
        $0.name = call.name
        $0.arguments = call.arguments.isEmpty ? "{}" : call.arguments
      }
    }
    switch finishReason {
    case "length": reply.degraded.append("The model's answer was cut off at its length limit.")
    case "content_filter": reply.degraded.append("The model's server withheld a part of the answer (content filter).")
    default: break
    }
    return reply
  }

  private mutating func takeUsage(_ usage: JSONValue?) {
    guard let usage else { return }
    if let tokens = usage["prompt_tokens"]?.tokens { inputTokens = tokens }
    if let tokens = usage["completion_tokens"]?.tokens { outputTokens = tokens }
  }

  private mutating func take(call: JSONValue) throws(WireError) {
    let position = try position(of: call)
    let function = call["function"]
    if calls[position].id.isEmpty, let id = call["id"]?.string { calls[position].id = id }
    if calls[position].name.isEmpty, let name = function?["name"]?.string { calls[position].name = name }
    switch function?["arguments"] {
    case .string(let piece): try Self.append(piece, to: &calls[position].arguments)
    // Some servers send the object itself in place of its text.
    case .object(let members): calls[position].arguments = JSONValue.object(members).text()
    default: break
    }
  }

  /// Which call a delta belongs to: the one with its index; without an index the one with its id, or the last one. A new
  /// id under an index that is taken is a new call, because some servers number every call 0.
  private mutating func position(of call: JSONValue) throws(WireError) -> Int {
    let (index, id) = (call["index"]?.integer, call["id"]?.string ?? "")
    let known = calls.lastIndex { known in
      if let index { return known.index == index && (id.isEmpty || known.id.isEmpty || known.id == id) }
      return id.isEmpty || known.id == id
    }
    if let known { return known }
    guard calls.count < Self.maxToolCalls else { throw ModelFailure.malformed("more than \(Self.maxToolCalls) tool calls") }
    calls.append(PartialCall(index: index))
    return calls.count - 1
  }

  /// Content is a string, or a list of parts of which the texts count.
  private static func plainText(_ content: JSONValue?) -> String {
    switch content {
    case .string(let text): text
    case .array(let parts): parts.compactMap { $0["text"]?.string }.joined()
    default: ""
    }
  }

  private static func append(_ piece: String, to text: inout String) throws(WireError) {
    guard text.utf8.count + piece.utf8.count <= maxTextBytes else {
      throw ModelFailure.malformed("a text of more than \(maxTextBytes) bytes")
    }
    text += piece
  }
}
