import Crypto
import NIOCore
import Testing

@testable import SessionService
@testable import Wire

/// What kai-session takes as a step's body, though it keeps and serves it as it came.
@Suite struct StepBodyTests {
  /// A session's file with one step, as any client can make it.
  private func file(body: ByteBuffer, snapshot: ByteBuffer) -> ByteBuffer {
    let session = Session.with {
      ($0.id, $0.recursionLimit, $0.metadata, $0.headStep) = ("sess_0123456789ab", 10, "{}", 1)
    }
    let manifest = SessionManifest.with { ($0.format, $0.firstStep, $0.session) = (1, 1, session) }
    let checkpoint = Checkpoint.with {
      ($0.step, $0.kind) = (1, .step)
      $0.bodyBytes = UInt32(body.readableBytes)
      $0.bodyCrc = body.withUnsafeReadableBytes { Checksum.crc32($0) }
      $0.snapshotBytes = UInt32(snapshot.readableBytes)
      $0.snapshotCrc = snapshot.withUnsafeReadableBytes { Checksum.crc32($0) }
    }
    let records = [
      SessionArchive.record(.manifest, manifest),
      SessionArchive.record(.checkpoint, checkpoint, Array(body.readableBytesView), Array(snapshot.readableBytesView)),
    ]
    var (file, hash) = (ByteBuffer(bytes: SessionArchive.file.magic), SHA256())
    for record in records {
      hash.update(record)
      file.writeImmutableBuffer(record)
    }
    let end = SessionArchiveEnd.with { ($0.checkpoints, $0.sha256) = (1, Array(hash.finalize())) }
    file.writeImmutableBuffer(SessionArchive.record(.end, end))
    return file
  }

  private func take(_ file: ByteBuffer, _ service: TestService) async throws {
    let chunks = AsyncStream<ByteBuffer> { continuation in
      var rest = file
      while let piece = rest.readSlice(length: min(100_000, rest.readableBytes)), piece.readableBytes > 0 {
        continuation.yield(piece)
      }
      continuation.finish()
    }
    _ = try await service.admin.upload(
      Methods.sessionImport, .with { ($0.dbConnectionId, $0.asNew) = ("flights", true) }, chunks: chunks)
  }

  @Test func aStepThatNoNodeCouldHoldIsNotImported() async throws {
    try await withService { service in
      try await service.makeConnection()
      let good = try CheckpointArchive.seal(.with { $0.entries = [.with { $0.user = .with { $0.text = "how many?" } }] }).bytes
      let empty = ByteBuffer()
      let entries = try WholeStream.deflate([UInt8]((0..<2_000_000).map { $0 % 2 == 0 ? 0x0a : 0 }))
      let zeros = try WholeStream.deflate([0x0a, 0xff, 0xff, 0xff, 0x7f] + [UInt8](repeating: 0, count: 40 << 20))
      let noise = ByteBuffer(bytes: (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) })
      for (body, snapshot) in [(entries, empty), (zeros, empty), (noise, empty), (good, entries), (good, noise)] {
        await expectError(.corrupt) { try await take(file(body: body, snapshot: snapshot), service) }
      }
      try await take(file(body: good, snapshot: good), service)
      let sealed = ByteBuffer(string: "KAISEAL1 nobody here can look inside")
      try await take(file(body: sealed, snapshot: sealed), service)
      let list = try await service.admin.call(Methods.sessionList, SessionListRequest()).message
      #expect(list.sessions.count == 2)
    }
  }

  @Test func aCommitOfWhatIsNoBodyIsRefused() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      _ = try await service.admin.call(Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (session.id, "how many?") })
      let node = try await TestNode(service)
      let fence = try await node.takeAssignment().fence
      for (body, snapshot) in [("hello", ""), ("x", ""), ("KAISEAL1", "a snapshot")] {
        await expectError(.invalidArgument) { try await node.commit(fence, parent: 0, bytes: body, snapshot: snapshot) }
      }
      #expect(try await node.commit(fence, parent: 0).step == 1)
    }
  }
}
