import JSON
import Wire

/// A model behind an OpenAI-compatible server: chat completions with tools, streamed.
struct OpenAIModel: Model {
  let name: String
  private let model: String
  private let endpoint: OpenAIEndpoint
  private let client: HTTPClient
  private let timeouts: HTTPTimeouts
  private let retries: RetrySchedule

  /// - Parameter model: the name as the server knows it.
  init(
    model: String, endpoint: OpenAIEndpoint, client: HTTPClient, timeouts: HTTPTimeouts = HTTPTimeouts(),
    retries: RetrySchedule = RetrySchedule()
  ) {
    name = "openai:\(model)"
    self.model = model
    self.endpoint = endpoint
    self.client = client
    self.timeouts = timeouts
    self.retries = retries
  }

  func respond(to turn: ModelTurn, onToken: @escaping @Sendable (String) -> Void) async throws(WireError) -> ModelReply {
    let body = [UInt8](ChatRequest.body(model: model, turn).text().utf8)
    let start = ContinuousClock.now
    var retry = 0
    while true {
      let failure: ChatFailure
      do throws(ChatFailure) {
        let reply = try await attempt(body, budget: retries.budget - (.now - start), onToken: onToken)
        return TextToolCalls(tools: turn.tools).reading(reply)
      } catch {
        failure = error
      }
      retry += 1
      guard failure.isWorthRetrying,
        let delay = retries.delay(
          retry: retry, elapsed: .now - start, retryAfter: failure.retryAfter, random: .random(in: 0..<1))
      else { throw redacted(failure.error) }
      do {
        try await Task.sleep(for: delay)
      } catch {
        throw WireError(.cancelled, "The call to the model was cancelled.")
      }
    }
  }

  /// One try.
  private func attempt(
    _ body: [UInt8], budget: Duration, onToken: @escaping @Sendable (String) -> Void
  ) async throws(ChatFailure) -> ModelReply {
    var timeouts = timeouts
    timeouts.total = max(min(timeouts.total, budget), .milliseconds(1))
    let request = HTTPRequest(url: endpoint.url, headers: endpoint.headers, body: body, timeouts: timeouts)
    let response: HTTPResponse
    var refusal: [UInt8] = []
    do throws(HTTPFailure) {
      response = try await client.send(request)
      if response.head.status != 200 { refusal = try await response.body() }
    } catch {
      throw ChatFailure(error, timeouts: timeouts)
    }
    guard response.head.status == 200 else { throw ChatFailure(response.head, body: refusal) }
    return try await read(response, timeouts, onToken: onToken)
  }

  private func read(
    _ response: HTTPResponse, _ timeouts: HTTPTimeouts, onToken: @escaping @Sendable (String) -> Void
  ) async throws(ChatFailure) -> ModelReply {
    var stream = ChatStream(contentType: response.head.headers["content-type"])
    var emitted = false
    do {
      while !stream.isDone, let bytes = try await response.next() {
        for piece in try stream.feed(bytes) where !piece.isEmpty {
          emitted = true
          onToken(piece)
        }
      }
      return try stream.reply()
    } catch let error as WireError {
      // Once people have seen a part of an answer, another one must not follow it.
      let isPassing = error.errorCode == .modelUnavailable && !emitted
      throw ChatFailure(error, isWorthRetrying: isPassing)
    } catch let failure as HTTPFailure {
      let failure = ChatFailure(failure, timeouts: timeouts)
      throw ChatFailure(failure.error, isWorthRetrying: failure.isWorthRetrying && !emitted)
    } catch {
      throw ChatFailure(ChatFailure.malformed("something unexpected"), isWorthRetrying: false)
    }
  }

  private func redacted(_ error: WireError) -> WireError {
    var error = error
    error.message = endpoint.redacting(error.message)
    return error
  }
}
