import NIOCore
import Testing
import Wire

@testable import SessionService

/// A watch beside its connection, without a socket between.
@Suite(.timeLimit(.minutes(1)))
struct EventWatchTests {
  private func request(_ sessionId: String, _ principal: Principal) -> InboundRequest {
    var message = ByteBuffer()
    TaskWatchRequest.with { $0.sessionId = sessionId }.encode(into: &message)
    return InboundRequest(
      streamID: 1, method: .taskWatch, head: RequestHead.with { $0.initialItems = 8 }, message: message,
      attachment: ByteBuffer(), principal: principal, deadline: nil)
  }

  @Test func aCancelThatComesBeforeTheStoreHasAnsweredIsHeard() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let connection = try await service.recordingConnection(.viewer)
      let handler = service.service.handler
      handler.connected(connection)
      handler.handle([.request(request(session.id, connection.principal)), .cancel(streamID: 1)], on: connection)
      try await service.eventually("the cancelled watch ends") { connection.terminals[1] != nil }
      // The store's answer has come by now; it may not end the stream once more.
      _ = try await service.submit(session.id)
      #expect(connection.terminals[1]?.count == 1)
      handler.disconnected(connection)
    }
  }

  @Test func aNumberOfAnotherLogIsAnsweredInsteadOfWaitedFor() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let task = try await service.submit(session.id)
      for taskId in ["", task.id] {
        await expectError(.conflict) {
          let watch = TaskWatchRequest.with { ($0.sessionId, $0.taskId, $0.fromSeq) = (session.id, taskId, 3) }
          for try await _ in try service.admin.stream(Methods.taskWatch, watch, timeout: .seconds(5)) {}
        }
      }
      // The next event is worth waiting for.
      let next = TaskWatchRequest.with { ($0.sessionId, $0.fromSeq) = (session.id, 2) }
      await expectError(.deadlineExceeded) {
        for try await _ in try service.admin.stream(Methods.taskWatch, next, timeout: .milliseconds(200)) {}
      }
    }
  }

  @Test func whatIsSentWhileSomebodySendsFollowsInOrderAndNobodyWaits() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      _ = try await service.submit(session.id)
      let connection = try await service.recordingConnection(.viewer)
      let handler = service.service.handler
      handler.connected(connection)
      // Inside the first send the next event arrives: with a lock held there, this would wait for itself.
      connection.onFirstSend {
        let second = Event.with {
          $0.sessionId = session.id
          $0.seq = 2
          $0.kind = .notice
        }
        service.service.tasks.hub.publish([second], of: session.id)
      }
      handler.handle([.request(request(session.id, connection.principal))], on: connection)
      try await service.eventually("both events are sent") { connection.items.count == 2 }
      let seqs = try connection.items.map { try Event(decoding: $0.message).seq }
      #expect(seqs == [1, 2])
      handler.disconnected(connection)
    }
  }

  @Test func actionsAreCarriedOutInOrderByOneAtATime() {
    var actions = OrderedActions<Int>()
    func begin() -> [Int]? { actions.begin() }
    func goOn() -> [Int]? { actions.goOn() }
    #expect(begin() == nil)
    actions.add([1, 2])
    #expect(begin() == [1, 2])
    actions.add([3])
    #expect(begin() == nil)
    #expect(goOn() == [3])
    #expect(goOn() == nil)
    actions.add([4])
    #expect(begin() == [4])
  }
}
