import Wire

/// Makes the model that an operator asked for.
enum ModelRegistry {
  /// - Parameters:
  ///   - spec: see ``ModelSpec``.
  ///   - url: the base address of the model's server; nil means OpenAI's or Anthropic's own.
  ///   - contextTokens: what the model can read at once.
  ///   - keyFile: a file with the server's key on one line; nil for servers that want none.
  /// - Throws: `usage` for a spec or an address that cannot be used, `local_io` for the key file.
  static func model(
    spec: String, url: String?, keyFile: String?, contextTokens: Int = RemoteCall.contextTokens
  ) throws(WireError) -> any Model {
    switch try ModelSpec(parsing: spec) {
    case .offline: return OfflineModel()
    case .openAI(let model):
      let endpoint = try ModelEndpoint(base: url, key: try key(in: keyFile), dialect: .openAI)
      return OpenAIModel(model: model, endpoint: endpoint, client: HTTPClient(), contextTokens: contextTokens)
    case .anthropic(let model):
      let endpoint = try ModelEndpoint(base: url, key: try key(in: keyFile), dialect: .anthropic)
      return AnthropicModel(model: model, endpoint: endpoint, client: HTTPClient(), contextTokens: contextTokens)
    }
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
