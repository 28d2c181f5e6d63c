import JSON
import Wire

/// A model behind an OpenAI-compatible server: chat completions with tools, streamed.
struct OpenAIModel: Model {
  let name: String
  private let model: String
  private let call: RemoteCall
  private let habits: ModelHabits
  let windowBytes: Int
  let prices: ModelPrices?

  /// - Parameters:
  ///   - model: the name as the server knows it.
  ///   - contextTokens: what it can read at once, answer included.
  init(
    model: String, endpoint: ModelEndpoint, client: HTTPClient, timeouts: HTTPTimeouts = HTTPTimeouts(),
    retries: RetrySchedule = RetrySchedule(), contextTokens: Int = RemoteCall.contextTokens,
    route: HTTPRoute = HTTPRoute(), prices: ModelPrices? = nil, habits: ModelHabits = ModelHabits()
  ) {
    self.habits = habits
    self.prices = prices
    windowBytes = RemoteCall.windowBytes(contextTokens: contextTokens)
    name = "openai:\(model)"
    self.model = model
    call = RemoteCall(endpoint: endpoint, client: client, timeouts: timeouts, retries: retries, route: route)
  }

  var hasFewTools: Bool { habits.tools != .native || windowBytes < RemoteCall.smallWindowBytes }

  func respond(to turn: ModelTurn, onToken: @escaping @Sendable (String) -> Void) async throws(WireError) -> ModelReply {
    let body = HTTPBody(ChatRequest.body(model: model, turn, habits).text().utf8)
    // The pieces of a call are nothing to read.
    let isCall = habits.tools == .json
    let reply = try await call.reply(to: body, with: ChatAssembler()) { piece in
      if !isCall { onToken(piece) }
    }
    return TextToolCalls(tools: turn.tools, readsSQL: habits.tools == .text).reading(reply)
  }
}
