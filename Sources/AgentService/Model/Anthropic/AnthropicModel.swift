import JSON
import Wire

/// A model behind Anthropic's Messages API, or a server that speaks it: with tools, streamed, its prompt cached.
struct AnthropicModel: Model {
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
    name = "anthropic:\(model)"
    self.model = model
    call = RemoteCall(endpoint: endpoint, client: client, timeouts: timeouts, retries: retries, route: route)
  }

  var hasFewTools: Bool { windowBytes < RemoteCall.smallWindowBytes }

  func respond(to turn: ModelTurn, onToken: @escaping @Sendable (String) -> Void) async throws(WireError) -> ModelReply {
    let body = HTTPBody(MessagesRequest.body(model: model, turn, temperature: habits.temperature).text().utf8)
    return try await call.reply(to: body, with: MessageAssembler(), onToken: onToken)
  }
}
