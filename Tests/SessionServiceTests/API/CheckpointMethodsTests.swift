import NIOCore
import Testing
import Wire

@testable import SessionService

@Suite struct CheckpointMethodsTests {
  /// What a fetch brings: the steps with their attachments as text.
  private func fetch(
    _ test: TestService, _ sessionId: String, step: UInt64? = nil, full: Bool = false, window: StreamWindow = .automatic
  ) async throws -> [String] {
    var request = CheckpointFetchRequest()
    request.sessionId = sessionId
    request.step = step
    request.full = full
    var out: [String] = []
    for try await item in try test.admin.stream(Methods.checkpointFetch, request, window: window) {
      #expect(item.message.sessionId == sessionId)
      #expect(UInt32(item.attachment.readableBytes) == item.message.bodyBytes + item.message.snapshotBytes)
      let text = String(buffer: item.attachment).replacing("KAISEAL1", with: "")
      out.append("\(item.message.step): \(text)")
    }
    return out
  }

  private func fork(_ test: TestService, _ id: String, at step: UInt64?) async throws -> Session {
    let request = SessionForkRequest.with { fork in
      fork.id = id
      fork.step = step
    }
    return try await test.admin.call(Methods.sessionFork, request).message
  }

  @Test func aFetchStartsAtTheLastSnapshot() async throws {
    try await withService { test in
      try await test.makeConnection()
      let id = try await test.makeSession().id
      #expect(try await fetch(test, id) == [])
      try await test.appendSteps(6, to: id, snapshotAt: [2, 4])
      #expect(try await fetch(test, id) == ["4: body 4snapshot 4", "5: body 5", "6: body 6"])
      #expect(try await fetch(test, id, step: 3) == ["2: body 2snapshot 2", "3: body 3"])
      #expect(try await fetch(test, id, step: 1) == ["1: body 1"])
      #expect(try await fetch(test, id, full: true) == (1...6).map { "\($0): body \($0)" })
      await expectError(.notFound) { _ = try await fetch(test, id, step: 7) }
    }
  }

  @Test func aLongChainComesWholeAndInOrder() async throws {
    try await withService { test in
      try await test.makeConnection()
      let id = try await test.makeSession().id
      try await test.appendSteps(700, to: id)
      #expect(try await fetch(test, id) == (1...700).map { "\($0): body \($0)" })
    }
  }

  @Test func aFetchWaitsForCredit() async throws {
    try await withService { test in
      try await test.makeConnection()
      let id = try await test.makeSession().id
      try await test.appendSteps(3, to: id)
      var request = CheckpointFetchRequest()
      request.sessionId = id
      let stream = try test.admin.stream(Methods.checkpointFetch, request, window: .manual(items: 1))
      var steps: [UInt64] = []
      for try await item in stream {
        steps.append(item.message.step)
        stream.grant(items: 1)
      }
      #expect(steps == [1, 2, 3])
    }
  }

  @Test func aForkSharesItsPastAndWritesItsOwnFuture() async throws {
    try await withService { test in
      try await test.makeConnection()
      let parent = try await test.makeSession().id
      try await test.appendSteps(4, to: parent, snapshotAt: [2])
      let child = try await fork(test, parent, at: 3)
      #expect(child.headStep == 3)
      #expect(child.forkedFrom?.sessionId == parent)
      #expect(child.forkedFrom?.step == 3)
      #expect(child.status == .active)
      try await test.appendSteps(2, to: child.id)
      let grandchild = try await fork(test, child.id, at: 2)
      #expect(try await fetch(test, child.id, full: true) == (1...5).map { "\($0): body \($0)" })
      #expect(try await fetch(test, child.id) == ["2: body 2snapshot 2", "3: body 3", "4: body 4", "5: body 5"])
      #expect(try await fetch(test, grandchild.id) == ["2: body 2snapshot 2"])
      #expect(try await fetch(test, parent, full: true).count == 4)
      await expectError(.notFound) { _ = try await fork(test, parent, at: 5) }
      #expect(try await fork(test, parent, at: nil).headStep == 4)
    }
  }

  @Test func whatAForkNeedsOutlivesItsParent() async throws {
    try await withService { test in
      try await test.makeConnection()
      let parent = try await test.makeSession().id
      try await test.appendSteps(5, to: parent)
      let child = try await fork(test, parent, at: 3)
      try await test.appendSteps(1, to: child.id)
      let removed = try await test.admin.call(Methods.sessionDelete, SessionRef(id: parent)).message
      #expect(removed.checkpoints == 2)
      #expect(try await fetch(test, child.id, full: true) == (1...4).map { "\($0): body \($0)" })
      let rest = try await test.admin.call(Methods.sessionDelete, SessionRef(id: child.id)).message
      #expect(rest.checkpoints == 4)
      let left = try await test.service.store.read { (transaction) throws(WireError) in
        try transaction.query("SELECT (SELECT count(*) FROM checkpoints), (SELECT count(*) FROM segments)", []) { (row) in
          [row.int64(0), row.int64(1)]
        }
      }
      #expect(left == [[0, 0]])
    }
  }

  @Test func aListRunsFromTheNewestAcrossForks() async throws {
    try await withService { test in
      try await test.makeConnection()
      let parent = try await test.makeSession().id
      try await test.appendSteps(4, to: parent)
      let child = try await fork(test, parent, at: 3).id
      try await test.appendSteps(3, to: child)
      var steps: [UInt64] = []
      var page = Page(limit: 2)
      repeat {
        let list = try await test.admin.call(
          Methods.checkpointList,
          CheckpointListRequest.with { request in
            request.sessionId = child
            request.page = page
          }
        ).message
        #expect(list.total == 6)
        steps += list.checkpoints.map(\.step)
        page.cursor = list.nextCursor
      } while !page.cursor.isEmpty
      #expect(steps == [6, 5, 4, 3, 2, 1])
    }
  }
}
