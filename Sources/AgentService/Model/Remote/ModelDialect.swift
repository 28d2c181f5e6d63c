/// How a model's server is spoken to: where it is by default, which path, and how the key goes.
enum ModelDialect: Sendable {
  /// Chat completions, as OpenAI and many others have them.
  case openAI
  /// Messages, as Anthropic has them.
  case anthropic
  /// Embeddings, as OpenAI and many others have them.
  case openAIEmbeddings

  /// The base address that is meant when none is given.
  var defaultBase: String {
    switch self {
    case .openAI, .openAIEmbeddings: "https://api.openai.com/v1"
    case .anthropic: "https://api.anthropic.com/v1"
    }
  }

  /// What comes after the base.
  var path: String {
    switch self {
    case .openAI: "/chat/completions"
    case .anthropic: "/messages"
    case .openAIEmbeddings: "/embeddings"
    }
  }

  func headers(key: String?) -> [HTTPHeader] {
    var headers = [
      HTTPHeader(name: "Content-Type", value: "application/json"),
      HTTPHeader(name: "Accept", value: "text/event-stream, application/json"),
    ]
    switch self {
    case .openAI, .openAIEmbeddings:
      if let key { headers.append(HTTPHeader(name: "Authorization", value: "Bearer \(key)")) }
    case .anthropic:
      headers.append(HTTPHeader(name: "anthropic-version", value: "2023-06-01"))
      if let key { headers.append(HTTPHeader(name: "x-api-key", value: key)) }
    }
    return headers
  }
}
