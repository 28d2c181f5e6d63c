import Testing
import Wire

@testable import SessionService

/// What people see of the queue.
@Suite(.timeLimit(.minutes(1)))
struct QueueLookTests {
  @Test func listsArePagedNewestFirstWithATrueTotal() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let other = try await service.makeSession()
      _ = try await service.submit(other.id)
      var ids: [String] = []
      for _ in 0..<5 { ids.append(try await service.submit(session.id).id) }
      var request = TaskListRequest()
      request.sessionId = session.id
      var found: [String] = []
      var cursor = ""
      repeat {
        request.page = Page(limit: 2, cursor: cursor)
        let list = try await service.admin.call(Methods.taskList, request).message
        #expect(list.total == 5)
        #expect(list.tasks.count <= 2)
        found += list.tasks.map(\.id)
        cursor = list.nextCursor
      } while !cursor.isEmpty
      #expect(found == ids.reversed())

      _ = try await service.admin.call(Methods.taskCancel, TaskRef(id: ids[2]))
      request.page = nil
      request.status = .cancelled
      let cancelled = try await service.admin.call(Methods.taskList, request).message
      #expect(cancelled.tasks.map(\.id) == [ids[2]])
      #expect(cancelled.total == 1)
      #expect(try await service.admin.call(Methods.taskList, TaskListRequest()).message.total == 6)
      request.page = Page(limit: 2, cursor: "forged")
      await expectError(.invalidArgument) { _ = try await service.admin.call(Methods.taskList, request) }
    }
  }

  @Test func whySaysWhatATaskWaitsFor() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let first = try await service.submit(session.id)
      let second = try await service.submit(session.id)
      #expect(try await service.why(first.id) == "No node is attached; start one with 'kai-agent'.")
      #expect(try await service.why(second.id).contains("1 queued task of the same session goes first."))

      let urgent = try await service.submit(session.id) { $0.priority = 5 }
      #expect(try await service.why(urgent.id).contains("goes first") == false)
      #expect(try await service.why(second.id).contains("2 queued tasks of the same session go first."))
      _ = try await service.admin.call(Methods.taskCancel, TaskRef(id: urgent.id))

      let later = try await service.submit(session.id) { $0.delayMs = 90_000 }
      #expect(try await service.why(later.id).contains("It may not run before 90 s from now."))

      let node = try await TestNode(service)
      let (fence, _) = try await node.takeAssignment()
      #expect(try await service.why(first.id) == "It runs on node 'n' (\(node.id)), attempt 1.")
      let behind = try await service.why(second.id)
      #expect(behind.contains("Task '\(first.id)' of the same session is running."))
      #expect(behind.contains("All 1 slots of the attached nodes are busy."))

      _ = try await service.admin.call(Methods.sessionPause, SessionRef(id: session.id))
      #expect(try await service.why(first.id).contains("The session is paused: it stops at its next step."))
      #expect(try await service.why(second.id).contains("'kaictl session resume \(session.id)'"))
      _ = try await service.admin.call(Methods.taskCancel, TaskRef(id: first.id))
      #expect(try await service.why(first.id).contains("It was asked to stop: cancelled by a person."))
      try await node.commit(fence, parent: 0, finish: .ended(.failed))
      #expect(try await service.why(first.id).contains("The task has ended: it is cancelled."))

      _ = try await service.admin.call(Methods.sessionClose, SessionRef(id: session.id))
      #expect(try await service.why(second.id).contains("'kaictl session reopen \(session.id)'"))
      await expectError(.notFound) { _ = try await service.why("task_000000000000") }
      await node.disconnect()
    }
  }

  @Test func nodesAreListedWithWhatTheyDo() async throws {
    try await withService { service in
      try await service.makeConnection()
      let b = try await TestNode(service, name: "b", slots: 3)
      let a = try await TestNode(service, name: "a")
      for _ in 0..<2 { _ = try await service.submit(try await service.makeSession().id) }
      let (fence, _) = try await b.takeAssignment()
      _ = try await a.takeAssignment()
      let nodes = try await service.nodes()
      #expect(nodes.map(\.name) == ["a", "b"])
      #expect(nodes.map(\.id) == [a.id, b.id])
      #expect(nodes.map(\.slots) == [1, 3])
      #expect(nodes.map(\.busy) == [1, 1])
      #expect(nodes.allSatisfy { $0.status == .attached && $0.address.hasPrefix("127.0.0.1:") })

      await b.disconnect()
      try await service.waitUntilLost(b)
      #expect(try await service.nodes().map(\.status) == [.attached, .lost])
      service.advance(milliseconds: Limits.leaseGraceMs)
      try await service.eventually("a node without leases is forgotten") { try await service.nodes().count == 1 }
      #expect(try await service.task(fence.taskId).status == .queued)
      await a.disconnect()
    }
  }

  @Test func aStaleFenceMayNotEmit() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let node = try await TestNode(service)
      _ = try await service.submit(session.id)
      let (fence, _) = try await node.takeAssignment()
      try await node.emit(fence, .token, "mine")
      var stale = fence
      stale.epoch -= 1
      await expectError(.fenced) { try await node.emit(stale, .token, "old") }
      // The right fence from a node with another key is as bad.
      let thief = try await TestNode(service, name: "thief")
      await expectError(.fenced) { try await thief.emit(fence, .token, "stolen") }
      try await node.commit(fence, parent: 0, finish: .ended(.completed))
      await expectError(.fenced) { try await node.emit(fence, .token, "late") }
      await node.disconnect()
      await thief.disconnect()
    }
  }
}
