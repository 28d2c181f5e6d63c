import JSON
import Wire

/// An embedder behind an OpenAI-compatible server: `/v1/embeddings`.
struct RemoteEmbedder: Embedder {
  let name: String
  private let model: String
  private let endpoint: ModelEndpoint
  private let client: HTTPClient
  private let route: HTTPRoute

  init(model: String, endpoint: ModelEndpoint, client: HTTPClient, route: HTTPRoute = HTTPRoute()) {
    name = "openai:" + model
    (self.model, self.endpoint, self.client, self.route) = (model, endpoint, client, route)
  }

  func embed(_ texts: [String]) async throws(WireError) -> [[Float]] {
    let body: JSONValue = ["model": .string(model), "input": .array(texts.map { .string($0) })]
    var timeouts = HTTPTimeouts()
    (timeouts.firstByte, timeouts.total) = (.seconds(30), .seconds(60))
    let request = HTTPRequest(
      url: endpoint.url, headers: endpoint.headers, body: HTTPBody(body.text().utf8), timeouts: timeouts, route: route,
      maxResponseBytes: 64 * 1024 * 1024)
    let head: HTTPHead
    let answer: [UInt8]
    do throws(HTTPFailure) {
      let response = try await client.send(request)
      (head, answer) = (response.head, try await response.body())
    } catch {
      throw redacted(ModelFailure(error, timeouts: timeouts).error)
    }
    guard head.status == 200 else { throw redacted(ModelFailure(head, body: answer).error) }
    guard let json = try? JSONValue(parsing: String(decoding: answer, as: UTF8.self)), let data = json["data"]?.array else {
      throw WireError(.modelProtocol, "The embedder's server answered without 'data'.")
    }
    var directions = [[Float]](repeating: [], count: texts.count)
    for (place, entry) in data.enumerated() {
      let index = entry["index"]?.integer.map { Int(clamping: $0) } ?? place
      let values = entry["embedding"]?.array?.compactMap { $0.number.map { Float($0) } } ?? []
      guard directions.indices.contains(index), (1...Limits.embeddingDimensions).contains(values.count) else {
        throw WireError(.modelProtocol, "The embedder's server answered with a vector that cannot be used.")
      }
      directions[index] = values
    }
    guard !directions.contains(where: \.isEmpty) else {
      throw WireError(.modelProtocol, "The embedder's server answered with \(data.count) vectors for \(texts.count) texts.")
    }
    return directions
  }

  private func redacted(_ error: WireError) -> WireError {
    var error = error
    error.message = endpoint.redacting(error.message)
    return error
  }
}
