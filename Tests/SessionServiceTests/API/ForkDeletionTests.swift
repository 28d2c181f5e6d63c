import Testing
import Wire

@testable import SessionService

/// Whatever order forks and their parents are deleted in: what no session can see is gone, and what one can see is there.
@Suite struct ForkDeletionTests {
  private struct Random {
    var state: UInt64
    mutating func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
  }

  private func append(_ count: Int, to id: String, _ test: TestService) async throws {
    try await test.service.store.write { (transaction) throws(WireError) in
      for _ in 0..<count {
        let head = try SessionRepository.head(id, in: transaction)
        let body = Array("step \(head.step + 1) of \(id)".utf8)
        let checkpoint = Checkpoint.with { checkpoint in
          (checkpoint.step, checkpoint.kind, checkpoint.createdAt) = (head.step + 1, .step, transaction.now)
          checkpoint.bodyBytes = UInt32(body.count)
          checkpoint.bodyCrc = body.withUnsafeBytes { Checksum.crc32($0) }
        }
        try CheckpointRepository.append(checkpoint, body: body, snapshot: [], segmentId: head.segmentId, in: transaction)
        try SessionRepository.advanceHead(id, to: head.step + 1, in: transaction)
      }
    }
  }

  /// The steps that are stored, and those that the sessions can see, as `segment/step`.
  private func steps(_ sessions: [String], _ test: TestService) async throws -> (stored: Set<String>, seen: Set<String>) {
    try await test.service.store.read { (transaction) throws(WireError) in
      let stored = try transaction.query("SELECT segment_id, step FROM checkpoints", []) { (row) in
        "\(row.int64(0))/\(row.int64(1))"
      }
      var seen: Set<String> = []
      for id in sessions {
        let head = try SessionRepository.head(id, in: transaction)
        let chain = try SegmentRepository.chain(segmentId: head.segmentId, head: head.step, in: transaction)
        for part in chain.parts { for step in part.first...part.last { seen.insert("\(part.segmentId)/\(step)") } }
      }
      return (Set(stored), seen)
    }
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6]) func whatNobodySeesIsGoneInAnyOrder(_ seed: UInt64) async throws {
    try await withService { test in
      var random = Random(state: seed)
      try await test.makeConnection()
      var sessions = [try await test.makeSession().id]
      try await append(300, to: sessions[0], test)
      for _ in 0..<14 {
        let parent = sessions[random.next(sessions.count)]
        let head = try await test.admin.call(Methods.sessionGet, SessionRef(id: parent)).message.headStep
        let step = UInt64(random.next(Int(head) + 1))
        let fork = try await test.admin.call(
          Methods.sessionFork, .with { ($0.id, $0.step) = (parent, random.next(3) == 0 ? head : step) }
        ).message.id
        // As many as a slice of the removal has, or one more or less, now and then.
        try await append([0, 1, 40, 255, 256, 257][random.next(6)], to: fork, test)
        sessions.append(fork)
      }
      while !sessions.isEmpty {
        let gone = sessions.remove(at: random.next(sessions.count))
        _ = try await test.admin.call(Methods.sessionDelete, SessionRef(id: gone))
        let (stored, seen) = try await steps(sessions, test)
        #expect(stored == seen, "\(stored.subtracting(seen).count) steps are left, \(seen.subtracting(stored).count) are missing")
      }
      let segments = try await test.service.store.read { (transaction) throws(WireError) in
        try transaction.first("SELECT count(*) FROM segments", []) { (row) in row.int64(0) }
      }
      #expect(segments == 0)
    }
  }

  @Test func whatOlderVersionsLostIsFoundAndRemovedAtTheStart() async throws {
    let folder = try TemporaryFolder()
    var test = try await TestService.start(folder)
    try await test.makeConnection()
    let id = try await test.makeSession().id
    try await append(20, to: id, test)
    try await test.service.store.write { (transaction) throws(WireError) in
      try transaction.execute("UPDATE segments SET is_owned = 0")
      try transaction.execute("DELETE FROM sessions")
    }
    let check = try await test.admin.call(Methods.serverCheck, Empty()).message
    #expect(check.findings.contains { $0.name == "steps that nobody can see" && !$0.ok })
    await test.stop()
    test = try await TestService.start(folder)
    let (stored, _) = try await steps([], test)
    #expect(stored.isEmpty)
    await test.stop()
  }
}
