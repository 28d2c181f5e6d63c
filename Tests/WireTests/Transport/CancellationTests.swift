import NIOCore
import Synchronization
import Testing

@testable import Wire

@Suite struct CancellationTests {
  @Test func cancellingTheTaskCancelsTheCallOnTheServer() async throws {
    let server = try await TestServer()
    let client = server.client()
    let task = Task { try await client.call(Methods.sessionGet, SessionRef(id: "never")) }
    #expect(try await eventually { !server.service.seen.withLock { $0.open.isEmpty } })
    task.cancel()
    let error = await #expect(throws: WireError.self) { try await task.value }
    #expect(error?.errorCode == .cancelled && error?.effect == .unknown)
    #expect(try await eventually { !server.service.seen.withLock { $0.cancels.isEmpty } })
    #expect(try await client.call(Methods.sessionGet, SessionRef(id: "x")).message.id == "x")
    await client.close()
    await server.server.stop(grace: .zero)
  }

  @Test func aTaskThatWasCancelledBeforehandCallsNothing() async throws {
    let server = try await TestServer()
    let client = server.client()
    try await client.connect()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await client.call(Methods.sessionGet, SessionRef(id: "x"))
    }
    task.cancel()
    let error = await #expect(throws: WireError.self) { try await task.value }
    #expect(error?.errorCode == .cancelled && error?.effect == Effect.none)
    _ = try await client.call(Methods.sessionGet, SessionRef(id: "y"))
    #expect(server.service.seen.withLock { $0.requests.count } == 1)
    await client.close()
    await server.server.stop(grace: .zero)
  }

  @Test func aTimeoutEndsTheCallAndTheServerStopsByItself() async throws {
    let server = try await TestServer()
    let client = server.client()
    try await client.connect()
    let error = await #expect(throws: WireError.self) {
      try await client.call(Methods.sessionGet, SessionRef(id: "never"), timeout: .milliseconds(500))
    }
    #expect(error?.errorCode == .deadlineExceeded && error?.effect == .unknown)
    #expect(try await eventually { !server.service.seen.withLock { $0.cancels.isEmpty } })
    #expect(try await client.call(Methods.sessionGet, SessionRef(id: "x")).message.id == "x")
    await client.close()
    await server.server.stop(grace: .zero)
  }

  @Test func droppingAStreamCancelsIt() async throws {
    let server = try await TestServer()
    let client = server.client()
    do {
      _ = try client.stream(Methods.taskWatch, TaskWatchRequest())
    }
    #expect(try await eventually { server.service.seen.withLock { $0.cancels.count == 1 || $0.requests.isEmpty } })
    await client.close()
    await server.server.stop(grace: .zero)
  }

  @Test func cancellingTheReaderOfAStreamCancelsIt() async throws {
    let server = try await TestServer()
    let client = server.client()
    let stream = try client.stream(Methods.taskWatch, TaskWatchRequest())
    let task = Task { for try await _ in stream {} }
    #expect(try await eventually { server.service.seen.withLock { $0.requests.count } == 1 })
    task.cancel()
    let error = await #expect(throws: WireError.self) { try await task.value }
    #expect(error?.errorCode == .cancelled)
    #expect(try await eventually { server.service.seen.withLock { $0.cancels.count } == 1 })
    await client.close()
    await server.server.stop(grace: .zero)
  }

  @Test func closingTheClientEndsEveryCall() async throws {
    let server = try await TestServer()
    let client = server.client()
    let pending = Task { try await client.call(Methods.sessionGet, SessionRef(id: "never")) }
    #expect(try await eventually { !server.service.seen.withLock { $0.open.isEmpty } })
    await client.close()
    let error = await #expect(throws: WireError.self) { try await pending.value }
    #expect(error?.errorCode == .unavailable)
    #expect(try await eventually { server.server.connectionCount == 0 })
    await server.server.stop(grace: .zero)
  }
}
