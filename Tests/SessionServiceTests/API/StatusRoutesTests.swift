import Telemetry
import Testing
import Wire

@testable import SessionService

@Suite struct StatusRoutesTests {
  /// A store whose disk hangs.
  private struct SilentStore: Store {
    func write<T: Sendable>(
      batch: [StoreUnit<T>], for owner: String, completion: @escaping @Sendable ([Result<T, WireError>]) -> Void
    ) {}
    func read<T: Sendable>(
      batch: [StoreUnit<T>], for owner: String, completion: @escaping @Sendable ([Result<T, WireError>]) -> Void
    ) {}
  }

  @Test func nobodyWaitsForAStoreThatHangs() async {
    let result = await StatusRoutes.longestWaitMs(in: SilentStore(), within: .milliseconds(50))
    guard case .failure(let error) = result else {
      Issue.record("a store that hangs has answered")
      return
    }
    #expect(error.message == "the store does not answer")
  }

  @Test func aStoreThatWritesNothingAnyMoreIsNotReady() async throws {
    try await withService { test in
      let ready = try #require(StatusRoutes(service: test.service, metrics: PrometheusMetrics()).routes["/readyz"])
      #expect(await ready().status == 200)
      test.service.store.figures.failed(WireError(.storageFailed, "the disk is gone"), isForGood: true)
      #expect(await ready().status == 503)
    }
  }

  @Test func theLongestWaitIsToldInMilliseconds() async throws {
    try await withService { test in
      try await test.makeConnection()
      let session = try await test.makeSession().id
      _ = try await test.admin.call(Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (session, "x") })
      test.world.advance(milliseconds: 7_000)
      let waited = try await StatusRoutes.longestWaitMs(in: test.service.store).get()
      #expect(waited == 7_000)
    }
  }
}
