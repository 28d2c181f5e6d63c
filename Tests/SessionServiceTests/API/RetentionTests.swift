import NIOCore
import Testing
import Wire

@testable import SessionService

/// Retention takes the past, and never what a fork or a resume needs.
@Suite struct RetentionTests {
  private func prune(_ service: TestService, _ id: String, steps: UInt64) async throws -> SessionPruned {
    let request = SessionPruneRequest.with {
      $0.id = id
      $0.retention = .with { $0.steps = steps }
    }
    return try await service.admin.call(Methods.sessionPrune, request).message
  }

  /// Bodies and snapshots that a fetch gives, by step.
  private func fetch(
    _ service: TestService, _ id: String, step: UInt64? = nil, full: Bool = false
  ) async throws -> [(step: UInt64, text: String)] {
    let request = CheckpointFetchRequest.with { ($0.sessionId, $0.step, $0.full) = (id, step, full) }
    var found: [(UInt64, String)] = []
    for try await item in try service.admin.stream(Methods.checkpointFetch, request) {
      found.append((item.message.step, String(buffer: item.attachment)))
    }
    return found
  }

  private func rows(_ service: TestService) async throws -> Int64 {
    try await service.store { (transaction) throws(WireError) in
      try transaction.first("SELECT count(*) FROM checkpoints", []) { (row) in row.int64(0) } ?? 0
    }
  }

  @Test func thePastIsCutAtASnapshot() async throws {
    try await withService { service in
      try await service.makeConnection()
      let id = try await service.makeSession().id
      try await service.appendSteps(20, to: id, snapshotAt: [4, 9, 14])
      let pruned = try await prune(service, id, steps: 10)
      // Steps 11 to 20 are wanted; the newest snapshot before them is at 9.
      #expect(pruned.firstStep == 9)
      #expect(pruned.checkpoints == 8)
      #expect(pruned.bytes > 0)
      try await service.service.housekeeping.sweep()
      #expect(try await rows(service) == 12)

      let resumed = try await fetch(service, id)
      #expect(resumed.map(\.step) == Array(14...20))
      let whole = try await fetch(service, id, full: true)
      #expect(whole.map(\.step) == Array(9...20))
      #expect(whole.first?.text == "KAISEAL1body 9KAISEAL1snapshot 9")
      #expect(try await fetch(service, id, step: 12).map(\.step) == [9, 10, 11, 12])
      await expectError(.notFound) { _ = try await fetch(service, id, step: 8) }
      await expectError(.notFound) {
        _ = try await service.admin.call(Methods.sessionFork, .with { ($0.id, $0.step) = (id, 3) })
      }
      let list = try await service.admin.call(Methods.checkpointList, .with { $0.sessionId = id }).message
      #expect(list.total == 12)
      #expect(list.checkpoints.map(\.step) == (9...20).reversed())
      // Once more changes nothing.
      #expect(try await prune(service, id, steps: 10).checkpoints == 0)
    }
  }

  @Test func whatAForkReadsStays() async throws {
    try await withService { service in
      try await service.makeConnection()
      let id = try await service.makeSession().id
      try await service.appendSteps(20, to: id, snapshotAt: [4, 9, 14])
      let fork = try await service.admin.call(Methods.sessionFork, .with { ($0.id, $0.step) = (id, 6) }).message
      #expect(try await prune(service, id, steps: 1).firstStep == 4)
      #expect(try await fetch(service, fork.id).map(\.step) == [4, 5, 6])
      // A fork that has cut its own past needs its parent's no more.
      try await service.appendSteps(6, to: fork.id, snapshotAt: [10])
      #expect(try await prune(service, fork.id, steps: 2).firstStep == 10)
      #expect(try await prune(service, id, steps: 1).firstStep == 14)
      try await service.service.housekeeping.sweep()
      #expect(try await fetch(service, fork.id, full: true).map(\.step) == [10, 11, 12])
      // The parent goes; the fork lives on.
      _ = try await service.admin.call(Methods.sessionDelete, SessionRef(id: id))
      #expect(try await fetch(service, fork.id, full: true).map(\.step) == [10, 11, 12])
    }
  }

  @Test func ageAndBytesAreLimitsToo() async throws {
    try await withService { service in
      try await service.makeConnection()
      let id = try await service.makeSession().id
      try await service.appendSteps(6, to: id, snapshotAt: [5])
      service.advance(milliseconds: 100_000)
      try await service.appendSteps(4, to: id, snapshotAt: [8])
      let byAge = SessionPruneRequest.with {
        $0.id = id
        $0.retention = .with { $0.ageMs = 50_000 }
      }
      #expect(try await service.admin.call(Methods.sessionPrune, byAge).message.firstStep == 5)
      // Steps 9 and 10 have 6 and 7 bytes.
      let byBytes = SessionPruneRequest.with {
        $0.id = id
        $0.retention = .with { $0.bytes = 14 }
      }
      #expect(try await service.admin.call(Methods.sessionPrune, byBytes).message.firstStep == 8)
    }
  }

  @Test func aSessionsOwnRetentionIsAppliedByHousekeeping() async throws {
    try await withService { service in
      try await service.makeConnection()
      let kept = try await service.makeSession()
      let session = try await service.makeSession { $0.policy = .with { $0.retention = .with { $0.steps = 3 } } }
      #expect(session.policy?.retention?.steps == 3)
      try await service.appendSteps(10, to: session.id, snapshotAt: [6])
      try await service.appendSteps(10, to: kept.id, snapshotAt: [6])
      await expectError(.failedPrecondition) {
        _ = try await service.admin.call(Methods.sessionPrune, .with { $0.id = kept.id })
      }
      try await service.service.housekeeping.sweep()
      #expect(try await fetch(service, session.id, full: true).map(\.step) == Array(6...10))
      #expect(try await fetch(service, kept.id, full: true).map(\.step) == Array(1...10))
      let update = SessionUpdateRequest.with {
        $0.id = session.id
        $0.policy = .with { $0.retention = Retention() }
      }
      #expect(try await service.admin.call(Methods.sessionUpdate, update).message.policy?.retention == nil)
    }
  }

  @Test func eventsGoWithTheirSteps() async throws {
    try await withService { service in
      try await service.makeConnection()
      let id = try await service.makeSession().id
      let node = try await TestNode(service)
      let task = try await service.submit(id)
      let (fence, _) = try await node.takeAssignment()
      for parent in UInt64(0)..<9 {
        service.world.advance(milliseconds: 10)
        try await node.commit(fence, parent: parent, snapshot: parent == 5 ? "all of it" : "")
      }
      let pruned = try await prune(service, id, steps: 3)
      #expect(pruned.firstStep == 6)
      #expect(pruned.events > 0)
      try await node.commit(fence, parent: 9, finish: .ended(.completed))
      var seqs: [UInt64] = []
      var steps: [UInt64] = []
      for try await item in try service.admin.stream(Methods.taskWatch, .with { $0.taskId = task.id }) {
        seqs.append(item.message.seq)
        if item.message.kind == .stepCommitted { steps.append(item.message.step) }
      }
      #expect(steps == Array(6...10))
      #expect(seqs == Array((seqs.first ?? 0)...(seqs.last ?? 0)))
      await node.disconnect()
    }
  }

  @Test func idleSessionsGoWhenThatIsAskedFor() async throws {
    try await withService { service in
      try await service.makeConnection()
      let (old, waits, used) = (
        try await service.makeSession().id, try await service.makeSession().id, try await service.makeSession().id
      )
      try await service.appendSteps(3, to: old)
      try await service.putArtifact(old, "a.txt", [1, 2, 3])
      _ = try await service.admin.call(Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (waits, "for days") })
      service.world.advance(milliseconds: 10 * 86_400_000)
      try await service.appendSteps(1, to: used)
      service.world.advance(milliseconds: 20 * 86_400_000 + 1)
      let watch = try service.admin.stream(Methods.taskWatch, .with { $0.sessionId = old })

      try await service.service.housekeeping.sweep()
      #expect(try await ids(service) == [old, waits, used], "without being asked nothing goes")
      var housekeeping = service.service.housekeeping
      housekeeping.deleteIdleDays = 31
      try await housekeeping.sweep()
      #expect(try await ids(service) == [old, waits, used])
      housekeeping.deleteIdleDays = 30
      try await housekeeping.sweep()
      #expect(try await ids(service) == [waits, used])
      await expectError(.notFound) { _ = try await service.getArtifact(old, "a.txt") }
      var last: EventKind?
      for try await event in watch { last = event.message.kind }
      #expect(last == .sessionDeleted)
      #expect(try await rows(service) == 1)
      // It is as gone as one that a person deleted: twice is no error of ours.
      try await housekeeping.sweep()
    }
  }

  /// What happens in a session without a step keeps it, too.
  @Test(arguments: ["a task that was cancelled", "an artifact", "a memory", "a block"])
  func aSessionInWhichSomethingHappenedStays(_ what: String) async throws {
    try await withService { service in
      try await service.makeConnection()
      let (quiet, used) = (try await service.makeSession().id, try await service.makeSession().id)
      service.world.advance(milliseconds: 40 * 86_400_000)
      switch what {
      case "an artifact": try await service.putArtifact(used, "a.txt", [1])
      case "a memory":
        _ = try await service.admin.call(
          Methods.memoryRemember,
          .with {
            ($0.dbConnectionId, $0.scope, $0.namespace) = ("flights", used, "session_working")
            ($0.key, $0.content) = ("plan", "first")
          })
      case "a block":
        _ = try await service.admin.call(
          Methods.blockPut,
          .with { $0.block = .with { ($0.dbConnectionId, $0.scope, $0.label, $0.value) = ("flights", used, "notes", "n") } })
      default:
        let task = try await service.admin.call(
          Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (used, "how many?") }
        ).message
        _ = try await service.admin.call(Methods.taskCancel, .with { $0.id = task.id })
      }
      var housekeeping = service.service.housekeeping
      housekeeping.deleteIdleDays = 30
      try await housekeeping.sweep()
      #expect(try await ids(service) == [used], "\(quiet) went, and the other not")
      service.world.advance(milliseconds: 31 * 86_400_000)
      try await housekeeping.sweep()
      #expect(try await ids(service) == [])
    }
  }

  private func ids(_ service: TestService) async throws -> Set<String> {
    Set(try await service.admin.call(Methods.sessionList, SessionListRequest()).message.sessions.map(\.id))
  }
}
