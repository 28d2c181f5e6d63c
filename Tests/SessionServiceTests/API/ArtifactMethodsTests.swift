import Crypto
import NIOCore
import Testing
import Wire

@testable import SessionService

@Suite struct ArtifactMethodsTests {
  private func contents(_ test: TestService) async throws -> [Int64] {
    try await test.service.store.read { (transaction) throws(WireError) in
      try transaction.query(
        "SELECT (SELECT count(*) FROM contents), (SELECT count(*) FROM content_chunks)", []
      ) { (row) in [row.int64(0), row.int64(1)] }
    }.first ?? []
  }

  @Test(arguments: [0, 1, 256 * 1024, 256 * 1024 + 1, 3_000_000])
  func whatIsPutIsGot(_ size: Int) async throws {
    try await withService { test in
      try await test.makeConnection()
      let id = try await test.makeSession().id
      let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
      let put = try await test.putArtifact(id, "charts/a.svg", content) { $0.mediaType = "image/svg+xml" }.message
      #expect(Identifier.artifact.matches(put.id))
      let got = try await test.getArtifact(id, "charts/a.svg")
      #expect(got.artifact == put)
      #expect(got.content == content)
      #expect(put.mediaType == "image/svg+xml")
    }
  }

  @Test func aReplacementRaisesTheVersionAndTheOldBytesGo() async throws {
    try await withService { test in
      try await test.makeConnection()
      let id = try await test.makeSession().id
      let first = try await test.putArtifact(id, "a", [1, 2, 3]).message
      let second = try await test.putArtifact(id, "a", [4, 5]).message
      #expect(second.id == first.id)
      #expect(second.version == 2)
      #expect(try await test.getArtifact(id, "a").content == [4, 5])
      try await test.service.housekeeping.sweep()
      #expect(try await contents(test) == [1, 1])
      var ref = ArtifactRef()
      ref.sessionId = id
      ref.path = "a"
      _ = try await test.admin.call(Methods.artifactDelete, ref)
      try await test.service.housekeeping.sweep()
      #expect(try await contents(test) == [0, 0])
      await expectError(.notFound) { _ = try await test.getArtifact(id, "a") }
    }
  }

  @Test func bytesThatAreNotWhatWasAnnouncedAreNoArtifact() async throws {
    try await withService { test in
      try await test.makeConnection()
      let id = try await test.makeSession().id
      await expectError(.invalidArgument) { try await test.putArtifact(id, "a", [1, 2, 3]) { $0.size = 4 } }
      await expectError(.invalidArgument) { try await test.putArtifact(id, "a", [1, 2, 3]) { $0.size = 2 } }
      await expectError(.invalidArgument) { try await test.putArtifact(id, "a", [1, 2, 3]) { $0.sha256[0] ^= 1 } }
      await expectError(.invalidArgument) { try await test.putArtifact(id, "a", [1]) { $0.sha256 = [] } }
      await expectError(.limitExceeded) { try await test.putArtifact(id, "a", []) { $0.size = .max } }
      await expectError(.pathRefused) { try await test.putArtifact(id, "../a", [1]) }
      await expectError(.notFound) { try await test.putArtifact("sess_000000000000", "a", [1]) }
      await expectError(.notFound) { _ = try await test.getArtifact(id, "a") }
      // What was staged is thrown away by the housekeeping.
      try await test.service.housekeeping.sweep()
      #expect(try await contents(test) == [0, 0])
    }
  }

  @Test func anUploadThatDiesWithTheProcessIsSweptAtTheNextStart() async throws {
    let folder = try TemporaryFolder()
    var test = try await TestService.start(folder)
    try await test.service.store.write { (transaction) throws(WireError) in
      let id = try ContentRepository.make(in: transaction)
      try ContentRepository.append([1, 2, 3], ordinal: 0, to: id, in: transaction)
    }
    #expect(try await contents(test) == [1, 1])
    await test.stop()
    test = try await TestService.start(folder)
    try await test.service.housekeeping.sweep()
    #expect(try await contents(test) == [0, 0])
    await test.stop()
  }

  @Test func aRepeatedUploadGetsTheFirstAnswer() async throws {
    try await withService { test in
      try await test.makeConnection()
      let id = try await test.makeSession().id
      let first = try await test.putArtifact(id, "a", [1], idempotencyKey: [3])
      let second = try await test.putArtifact(id, "a", [1], idempotencyKey: [3])
      #expect(second.replayed)
      #expect(second.message == first.message)
      #expect(second.message.version == 1)
    }
  }

  @Test func anAgentNeedsALease() async throws {
    try await withService { test in
      try await test.makeConnection()
      let id = try await test.makeSession().id
      let agent = try await test.client(.agent)
      await expectError(.invalidArgument) { try await test.putArtifact(id, "a", [1], by: agent) }
      let fence = Fence.with { fence in
        fence.sessionId = id
        fence.taskId = "task_000000000000"
        fence.nodeId = "node_000000000000"
        fence.epoch = 1
      }
      await expectError(.fenced) { try await test.putArtifact(id, "a", [1], by: agent) { $0.fence = fence } }
      await agent.close()
    }
  }
}
