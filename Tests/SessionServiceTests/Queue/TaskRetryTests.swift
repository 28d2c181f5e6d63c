import Testing
import Wire

@testable import SessionService

/// `task.retry` from an earlier step: a fork whose task goes on there.
@Suite(.timeLimit(.minutes(1)))
struct TaskRetryTests {
  @Test func aRetryFromAStepGoesOnInAForkAndLeavesHistoryAlone() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      let node = try await TestNode(service)
      let task = try await service.submit(session.id) { $0.priority = 7 }
      let (fence, _) = try await node.takeAssignment()
      let early = TaskRetryRequest.with { ($0.id, $0.fromStep) = (task.id, 1) }
      await expectError(.invalidTransition) { _ = try await service.admin.call(Methods.taskRetry, early) }
      try await node.commit(fence, parent: 0, "one")
      try await node.commit(fence, parent: 1, "two")
      try await node.commit(fence, parent: 2, "three", finish: .ended(.completed))

      await expectError(.notFound) {
        _ = try await service.admin.call(Methods.taskRetry, .with { ($0.id, $0.fromStep) = (task.id, 4) })
      }
      let again = try await service.admin.call(
        Methods.taskRetry, .with { ($0.id, $0.fromStep, $0.note) = (task.id, 2, "another way") }
      ).message
      #expect(again.id != task.id && again.sessionId != session.id)
      #expect(again.retryOf == [task.id])
      #expect(again.prompt == task.prompt && again.priority == 7)
      let fork = try await service.admin.call(Methods.sessionGet, SessionRef(id: again.sessionId)).message
      #expect(fork.headStep == 2 && fork.forkedFrom?.sessionId == session.id)
      let (second, taken) = try await node.takeAssignment()
      #expect(taken.id == again.id)
      try await node.commit(second, parent: 2, "another three", finish: .ended(.completed))
      #expect(try await service.task(task.id).status == .completed)
      #expect(try await service.admin.call(Methods.sessionGet, SessionRef(id: session.id)).message.headStep == 3)

      let third = try await service.admin.call(
        Methods.taskRetry, .with { ($0.id, $0.fromStep) = (again.id, 3) }
      ).message
      #expect(third.retryOf == [again.id, task.id])
      await node.disconnect()
    }
  }
}
