import Dispatch
import NIOCore
import Testing
import Wire

@testable import SessionService

@Suite struct SessionServiceHandlerTests {
  @Test func workThatNobodyWaitsForIsNotBegun() async throws {
    try await withService { test in
      try await test.makeConnection()
      let gate = DispatchSemaphore(value: 0)
      await withCheckedContinuation { (started: CheckedContinuation<Void, Never>) in
        test.service.store.writeInBackground { (_) throws(WireError) in
          started.resume()
          gate.wait()
        }
      }
      await expectError(.deadlineExceeded) {
        _ = try await test.admin.call(
          Methods.sessionCreate, SessionCreateRequest.with { $0.dbConnectionId = "flights" }, timeout: .milliseconds(50))
      }
      // The server counts from the request's arrival, which was before now: by then its deadline is over too.
      let over = NIODeadline.now() + .milliseconds(50)
      while NIODeadline.now() <= over { await Task.yield() }
      gate.signal()
      // What was queued before this has been decided once this is durable.
      try await test.service.store.write { (_) throws(WireError) in }
      #expect(try await test.admin.call(Methods.sessionList, SessionListRequest()).message.total == 0)
    }
  }

  @Test func whateverBytesComeEachRequestEndsOnce() async throws {
    try await withService { test in
      let connection = try await test.recordingConnection(.admin)
      test.service.handler.connected(connection)
      var streamID: UInt32 = 1
      var streams: Set<UInt32> = []
      for method in Method.allCases {
        for length in 0..<24 {
          let bytes = test.world.surroundings.randomBytes(length)
          let request = InboundRequest(
            streamID: streamID, method: method,
            head: RequestHead.with { head in
              head.idempotencyKey = test.world.surroundings.randomBytes(16)
              head.initialBytes = 1_000_000
              head.initialItems = 100
            }, message: ByteBuffer(bytes: bytes), attachment: ByteBuffer(bytes: bytes), principal: connection.principal,
            deadline: nil)
          test.service.handler.handle(
            [
              .request(request), .upload(streamID: streamID, chunk: ByteBuffer(bytes: bytes), end: true),
              .credit(streamID: streamID, bytes: .max, items: .max), .cancel(streamID: streamID),
            ], on: connection)
          streams.insert(streamID)
          streamID += 2
        }
      }
      let deadline = ContinuousClock.now + .seconds(20)
      while Set(connection.terminals.keys) != streams, ContinuousClock.now < deadline { await Task.yield() }
      #expect(Set(connection.terminals.keys) == streams)
      #expect(connection.terminals.values.allSatisfy { $0.count == 1 })
      test.service.handler.disconnected(connection)
    }
  }

  @Test func whatComesOnAConnectionOfARevokedKeyIsRefused() async throws {
    try await withService { test in
      let connection = try await test.recordingConnection(.user)
      test.service.handler.connected(connection)
      func ask(_ streamID: UInt32) async throws -> ErrorCode? {
        let request = InboundRequest(
          streamID: streamID, method: .serverInfo, head: RequestHead(), message: ByteBuffer(), attachment: ByteBuffer(),
          principal: connection.principal, deadline: nil)
        test.service.handler.handle([.request(request)], on: connection)
        let deadline = ContinuousClock.now + .seconds(10)
        while connection.terminals[streamID] == nil, .now < deadline { await Task.yield() }
        let terminal = try #require(connection.terminals[streamID]?.first)
        guard case .error = terminal.kind else { return nil }
        return try WireError(decoding: terminal.message).errorCode
      }
      #expect(try await ask(1) == nil)
      _ = try await test.admin.call(Methods.keyRevoke, .with { $0.id = connection.principal.keyId })
      // It has been received before its connection is closed.
      #expect(try await ask(3) == .unauthenticated)
      test.service.handler.disconnected(connection)
    }
  }
}
