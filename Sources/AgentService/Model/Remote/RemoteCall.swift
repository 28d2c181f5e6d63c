import Wire

/// A call to a model's server: sent, tried again where that makes sense, and read as it comes.
struct RemoteCall: Sendable {
  let endpoint: ModelEndpoint
  let client: HTTPClient
  let timeouts: HTTPTimeouts
  let retries: RetrySchedule
  var route = HTTPRoute()
  let breaker = CircuitBreaker()

  /// What a model is taken to read at once unless the operator says otherwise.
  static let contextTokens = 64_000

  /// The bytes of transcript that fit: a quarter of the tokens is for the prompt, the tools and the answer, and a token stands for
  /// three bytes at least.
  static func windowBytes(contextTokens: Int) -> Int { contextTokens / 4 * 3 * 3 }

  /// Below this, a model is shown few tools and a short prompt: the window of one that reads 16 000 tokens.
  static let smallWindowBytes = windowBytes(contextTokens: 16_000)

  /// - Parameters:
  ///   - body: the request's JSON.
  ///   - assembler: an empty one, which puts the server's dialect together.
  /// - Throws: what ``Model/respond(to:onToken:)`` throws; never with the key in it.
  func reply<Assembler: ReplyAssembler>(
    to body: HTTPBody, with assembler: Assembler, onToken: @escaping @Sendable (String) -> Void
  ) async throws(WireError) -> ModelReply {
    let start = ContinuousClock.now
    var retry = 0
    while true {
      let failure: ModelFailure
      try await waitForServer(until: start + retries.budget)
      do throws(ModelFailure) {
        let reply = try await attempt(body, budget: retries.budget - (.now - start), assembler, onToken: onToken)
        breaker.succeeded()
        return reply
      } catch {
        failure = error
        note(failure.error)
      }
      retry += 1
      guard failure.isWorthRetrying,
        let delay = retries.delay(
          retry: retry, elapsed: .now - start, retryAfter: failure.retryAfter, random: .random(in: 0..<1))
      else { throw redacted(failure.error) }
      try await pause(delay)
    }
  }

  /// Waits while the server is left alone.
  /// - Throws: `model_unavailable` when that is longer than the call may take.
  private func waitForServer(until deadline: ContinuousClock.Instant) async throws(WireError) {
    while case .wait(let time) = breaker.ask(at: .now) {
      guard .now + time < deadline else {
        throw WireError(
          .modelUnavailable, "The model's server has failed several times in a row and is left alone for a while.",
          hint: "See whether the server at --model-url is well.")
      }
      try await pause(time)
    }
  }

  private func pause(_ time: Duration) async throws(WireError) {
    do { try await Task.sleep(for: time) } catch {
      throw WireError(.cancelled, "The call to the model was cancelled.")
    }
  }

  /// Tells the breaker what a failure says of the server.
  private func note(_ error: WireError) {
    switch error.errorCode {
    case .modelUnavailable, .modelTimeout: breaker.failed(at: .now)
    case .cancelled: breaker.abandoned()
    default: breaker.succeeded()
    }
  }

  /// One try.
  private func attempt<Assembler: ReplyAssembler>(
    _ body: HTTPBody, budget: Duration, _ assembler: Assembler,
    onToken: @escaping @Sendable (String) -> Void
  ) async throws(ModelFailure) -> ModelReply {
    var timeouts = timeouts
    timeouts.total = max(min(timeouts.total, budget), .milliseconds(1))
    var headers = endpoint.headers
    if let trace = TraceContext.current { headers.append(HTTPHeader(name: "traceparent", value: trace.traceparent)) }
    let request = HTTPRequest(url: endpoint.url, headers: headers, body: body, timeouts: timeouts, route: route)
    let response: HTTPResponse
    var refusal: [UInt8] = []
    do throws(HTTPFailure) {
      response = try await client.send(request)
      if response.head.status != 200 { refusal = try await response.body() }
    } catch {
      throw ModelFailure(error, timeouts: timeouts)
    }
    guard response.head.status == 200 else { throw ModelFailure(response.head, body: refusal) }
    let stream = ReplyStream(assembler, contentType: response.head.headers["content-type"])
    return try await read(response, stream, timeouts, onToken: onToken)
  }

  private func read<Assembler: ReplyAssembler>(
    _ response: HTTPResponse, _ stream: ReplyStream<Assembler>, _ timeouts: HTTPTimeouts,
    onToken: @escaping @Sendable (String) -> Void
  ) async throws(ModelFailure) -> ModelReply {
    var stream = stream
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
      throw ModelFailure(error, isWorthRetrying: isPassing)
    } catch let failure as HTTPFailure {
      let failure = ModelFailure(failure, timeouts: timeouts)
      throw ModelFailure(failure.error, isWorthRetrying: failure.isWorthRetrying && !emitted)
    } catch {
      throw ModelFailure(ModelFailure.malformed("something unexpected"), isWorthRetrying: false)
    }
  }

  private func redacted(_ error: WireError) -> WireError {
    var error = error
    error.message = endpoint.redacting(error.message)
    return error
  }
}
