import LoopbackHTTP
import Testing
import Wire

@testable import AgentService

/// A server that fails again and again is left alone, and met again by one call at a time.
@Suite struct CircuitBreakerTests {
  private let start = ContinuousClock.now
  private let breaker = CircuitBreaker(failuresToOpen: 3, firstPause: .seconds(2), longestPause: .seconds(5))

  private func fail(_ times: Int, at offset: Duration = .zero) {
    for _ in 0..<times { breaker.failed(at: start + offset) }
  }

  @Test func aFewFailuresChangeNothingAndASuccessForgetsThem() {
    fail(2)
    breaker.succeeded()
    fail(2)
    #expect(breaker.ask(at: start) == .go)
  }

  @Test func afterThePauseOneCallTriesAndTheOthersWait() {
    fail(3)
    #expect(breaker.ask(at: start) == .wait(.seconds(2)))
    #expect(breaker.ask(at: start + .seconds(1)) == .wait(.seconds(1)))
    #expect(breaker.ask(at: start + .seconds(2)) == .go)
    #expect(breaker.ask(at: start + .seconds(2)) == .wait(.seconds(2)))
    breaker.succeeded()
    #expect(breaker.ask(at: start + .seconds(2)) == .go)
  }

  @Test func thePauseGrowsWhileTheServerIsUnwell() {
    fail(3)
    for (at, pause) in [(2, 4), (6, 5), (11, 5)] {
      #expect(breaker.ask(at: start + .seconds(at)) == .go)
      fail(1, at: .seconds(at))
      #expect(breaker.ask(at: start + .seconds(at)) == .wait(.seconds(pause)))
    }
  }

  @Test func aTryThatWasGivenUpLetsAnotherTry() {
    fail(3)
    #expect(breaker.ask(at: start + .seconds(2)) == .go)
    breaker.abandoned()
    #expect(breaker.ask(at: start + .seconds(2)) == .go)
  }

  @Test func aServerThatIsDownIsNotAskedByEveryCall() async throws {
    try await LoopbackServer.run({ try await $0.answer("500 Internal Server Error", [], "{}") }) { server in
      let model = OpenAIModel(
        model: "x", endpoint: try ModelEndpoint(base: server.url, key: nil), client: HTTPClient(),
        retries: RetrySchedule(base: .milliseconds(1), cap: .milliseconds(2), budget: .milliseconds(500)))
      let turn = ModelTurn(system: "", entries: [], taskId: "t", tools: [], stepsLeft: 1)
      for _ in 0..<20 {
        await #expect(throws: WireError.self) { try await model.respond(to: turn) { _ in } }
      }
      #expect(server.requests.count <= 8, "\(server.requests.count)")
    }
  }
}
