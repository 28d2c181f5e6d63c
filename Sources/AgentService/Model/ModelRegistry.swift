import Wire

/// What an operator said of the model.
struct ModelSettings: Sendable, Equatable {
  /// See ``ModelSpec``.
  var spec = "offline"
  /// The base address of the model's server; nil means OpenAI's or Anthropic's own.
  var url: String?
  /// A file with the server's key on one line; nil for servers that want none.
  var keyFile: String?
  /// What the model can read at once.
  var contextTokens = RemoteCall.contextTokens
  var route = HTTPRoute()
  var prices: ModelPrices?
  var habits = ModelHabits()
}

/// How a model is spoken to.
struct ModelHabits: Sendable, Equatable {
  enum Tools: String, Sendable, CaseIterable {
    /// In the form of the server's protocol.
    case native
    /// In the text of the messages: for models that were not trained on that form. Of `openai:` models only.
    case text
    /// The same, as JSON that the server holds the model to (`response_format` with a JSON Schema). Of `openai:` models only.
    case json
  }

  var tools = Tools.native
  /// 0...2; nil leaves it to the server.
  var temperature: Double?
  /// The longest answer, so that one that goes on and on ends before the window does; nil leaves it to the server.
  var answerTokens: Int?
}

/// Makes the model that an operator asked for.
enum ModelRegistry {
  /// - Throws: `usage` for a spec or an address that cannot be used, `local_io` for the key file.
  static func model(_ settings: ModelSettings) throws(WireError) -> any Model {
    switch try ModelSpec(parsing: settings.spec) {
    case .offline: return OfflineModel()
    case .openAI(let model):
      var settings = settings
      // A small model that has lost its way writes until there is no more room.
      if settings.contextTokens < 16_000 { settings.habits.answerTokens = settings.contextTokens / 8 }
      return OpenAIModel(
        model: model, endpoint: try endpoint(settings, .openAI), client: HTTPClient(), contextTokens: settings.contextTokens,
        route: settings.route, prices: settings.prices, habits: settings.habits)
    case .anthropic(let model):
      return AnthropicModel(
        model: model, endpoint: try endpoint(settings, .anthropic), client: HTTPClient(),
        contextTokens: settings.contextTokens, route: settings.route, prices: settings.prices, habits: settings.habits)
    }
  }

  /// The embedder that an operator asked for; nil for none.
  /// - Throws: `usage` for a spec, an address or a file that cannot be used, `local_io` for a file that cannot be read.
  static func embedder(_ spec: String, url: String?, _ settings: ModelSettings) throws(WireError) -> (any Embedder)? {
    switch try EmbedderSpec(parsing: spec) {
    case .none: return nil
    case .table(let path, let tokenizer): return try TableEmbedder(path: path, tokenizer: tokenizer)
    case .openAI(let model):
      let endpoint = try ModelEndpoint(
        base: url ?? settings.url, key: try key(in: settings.keyFile), dialect: .openAIEmbeddings)
      return RemoteEmbedder(model: model, endpoint: endpoint, client: HTTPClient(), route: settings.route)
    }
  }

  private static func endpoint(_ settings: ModelSettings, _ dialect: ModelDialect) throws(WireError) -> ModelEndpoint {
    try ModelEndpoint(base: settings.url, key: try key(in: settings.keyFile), dialect: dialect)
  }

  private static func key(in path: String?) throws(WireError) -> String? {
    guard let path else { return nil }
    let text = try SmallFile.text(of: path)
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 1 else {
      throw WireError(
        .usage, "The model's key file \(path) must hold one line with the key alone.", hint: "Check --model-key-file.")
    }
    return String(words[0])
  }
}
