import NIOCore
import Testing
import Wire

@testable import SessionService

/// What watchers see while work goes on.
@Suite(.timeLimit(.minutes(1)))
struct QueueWatchTests {
  private static let steps: UInt64 = 60

  private func request(_ sessionId: String, from seq: UInt64 = 0, tokens: Bool = false) -> TaskWatchRequest {
    TaskWatchRequest.with {
      $0.sessionId = sessionId
      $0.fromSeq = seq
      $0.tokens = tokens
    }
  }

  /// Commits steps one after the other; the last ends the task.
  private func work(_ node: TestNode, _ fence: Fence) async throws {
    for parent in 0..<Self.steps - 1 { try await node.commit(fence, parent: parent) }
    try await node.commit(fence, parent: Self.steps - 1, finish: .ended(.completed))
  }

  /// Reads a session's events over one connection, until the task's end or until `limit` of them are read.
  private func read(
    _ client: WireClient, _ sessionId: String, from seq: UInt64, limit: Int = .max
  ) async throws -> [Event] {
    var events: [Event] = []
    for try await item in try client.stream(Methods.taskWatch, request(sessionId, from: seq)) {
      events.append(item.message)
      if item.message.kind == .taskFinished || events.count == limit { break }
    }
    return events
  }

  @Test func aWatchHasNoGapAndNoDuplicateWhileCommitsGoOn() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let node = try await TestNode(service)
      _ = try await service.submit(session.id)
      let (fence, _) = try await node.takeAssignment()
      let watchers = (0..<4).map { number in
        Task {
          // Each begins in the middle of things, a little later than the one before.
          try await service.eventually("the session is at the step where this watcher begins") {
            try await service.admin.call(Methods.sessionGet, SessionRef(id: session.id)).message.headStep >= 10 * number
          }
          return try await read(service.admin, session.id, from: 0)
        }
      }
      try await work(node, fence)
      // One queued, one for each step, one for the end.
      let all = Array(1...Self.steps + 2)
      for watcher in watchers {
        let events = try await watcher.value
        #expect(events.map(\.seq) == all)
        #expect(events.filter { $0.kind == .stepCommitted }.map(\.step) == Array(1...Self.steps))
      }
      await node.disconnect()
    }
  }

  @Test func aWatcherThatReconnectsGoesOnFromItsLastEvent() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let node = try await TestNode(service)
      _ = try await service.submit(session.id)
      let (fence, _) = try await node.takeAssignment()
      let key = try await service.makeKey(.viewer)
      let watcher = Task {
        var seqs: [UInt64] = []
        var isOver = false
        while !isOver {
          let client = service.client(key)
          let events = try await read(client, session.id, from: (seqs.last ?? 0) + 1, limit: 7)
          seqs += events.map(\.seq)
          isOver = events.last?.kind == .taskFinished
          await client.close()
        }
        return seqs
      }
      try await work(node, fence)
      #expect(try await watcher.value == Array(1...Self.steps + 2))
      await node.disconnect()
    }
  }

  @Test func aSlowWatcherGetsEveryDurableEventAndTheEndWithoutMoreCredit() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let node = try await TestNode(service)
      let task = try await service.submit(session.id)
      let (fence, _) = try await node.takeAssignment()
      let request = TaskWatchRequest.with { $0.taskId = task.id }
      let stream = try service.admin.stream(Methods.taskWatch, request, window: .manual(items: 1))
      var items = stream.makeAsyncIterator()
      var seqs: [UInt64] = [try #require(try await items.next()).message.seq]
      try await work(node, fence)
      for _ in 1..<Self.steps + 2 {
        stream.grant(items: 1)
        seqs.append(try #require(try await items.next()).message.seq)
      }
      #expect(seqs == Array(1...Self.steps + 2))
      // The terminal reply needs no credit.
      #expect(try await items.next() == nil)
      await node.disconnect()
    }
  }

  @Test func tokensAreLiveAndForThoseWhoAsked() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let node = try await TestNode(service)
      _ = try await service.submit(session.id)
      let (fence, _) = try await node.takeAssignment()
      let isHeard = Flag()
      let listener = Task {
        defer { isHeard.raise() }
        for try await item in try service.admin.stream(Methods.taskWatch, request(session.id, tokens: true))
        where item.message.kind == .token { return item.message }
        throw WireError(.connectionLost, "the watch ended without a token")
      }
      let quiet = Task { try await read(service.admin, session.id, from: 0) }
      // A live event that nobody is ready for is gone, so the node talks until it is heard.
      while !isHeard.isRaised { try await node.emit(fence, .token, "so") }
      let token = try await listener.value
      #expect(token.text == "so")
      #expect(token.seq == 0)
      #expect(token.taskId == fence.taskId)
      #expect(token.at > Timestamp())
      try await node.commit(fence, parent: 0, finish: .ended(.completed))
      #expect(try await quiet.value.map(\.kind) == [.taskQueued, .stepCommitted, .taskFinished])
      // Nor are they in the log, for those who come later.
      let log = try service.admin.stream(
        Methods.taskWatch,
        TaskWatchRequest.with {
          $0.taskId = fence.taskId
          $0.tokens = true
        })
      var kinds: [EventKind] = []
      for try await item in log { kinds.append(item.message.kind) }
      #expect(kinds == [.taskQueued, .stepCommitted, .taskFinished])
      await node.disconnect()
    }
  }

  @Test func whatIsEmittedTwiceIsNotStored() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let node = try await TestNode(service)
      _ = try await service.submit(session.id)
      let (fence, _) = try await node.takeAssignment()
      func lastSeq() async throws -> UInt64 {
        try await service.service.store.read { (transaction) throws(WireError) in
          try EventRepository.last(of: session.id, in: transaction)
        }
      }
      let before = try await lastSeq()
      for _ in 0..<2 { try await node.emit(fence, .toolStarted, "sql_query") }
      #expect(try await lastSeq() == before)
      for kind in [EventKind.notice, .taskFinished, .stepCommitted, .sessionDeleted] {
        await expectError(.invalidArgument) { try await node.emit(fence, kind, "forged") }
      }
      await node.disconnect()
    }
  }

  @Test func aWatchOfNothingIsRefusedAndACancelledOneEnds() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      func outcome(_ request: TaskWatchRequest, cancel: Bool = false) async -> ErrorCode? {
        await code {
          let stream = try service.admin.stream(Methods.taskWatch, request)
          if cancel { stream.cancel() }
          for try await _ in stream {}
        }
      }
      #expect(await outcome(request("sess_000000000000")) == .notFound)
      #expect(await outcome(TaskWatchRequest.with { $0.taskId = "task_000000000000" }) == .notFound)
      #expect(await outcome(request("nonsense")) == .invalidArgument)
      #expect(await outcome(TaskWatchRequest()) == .invalidArgument)
      #expect(await outcome(request(session.id), cancel: true) == .cancelled)
    }
  }
}
