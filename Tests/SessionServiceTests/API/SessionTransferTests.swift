import Crypto
import NIOCore
import Testing

@testable import SessionService
@testable import Wire

/// `session.export` and `session.import`: a session as one file, and what becomes of a file that is not one.
@Suite struct SessionTransferTests {
  private func export(_ id: String, _ service: TestService) async throws -> (file: ByteBuffer, end: SessionArchiveEnd) {
    var (file, end) = (ByteBuffer(), SessionArchiveEnd())
    for try await item in try service.admin.stream(Methods.sessionExport, SessionExportRequest(id: id)) {
      file.writeImmutableBuffer(item.attachment)
      end = item.message.end ?? end
    }
    return (file, end)
  }

  @discardableResult
  private func take(
    _ file: ByteBuffer, _ service: TestService, on connection: String = "flights", asNew: Bool = false, pieces: Int = 100_000,
    key: [UInt8]? = nil, as client: WireClient? = nil
  ) async throws -> Reply<Session> {
    let chunks = AsyncStream<ByteBuffer> { continuation in
      var rest = file
      while rest.readableBytes > 0, let piece = rest.readSlice(length: min(pieces, rest.readableBytes)) {
        continuation.yield(piece)
      }
      continuation.finish()
    }
    let request = SessionImportRequest.with { ($0.dbConnectionId, $0.asNew) = (connection, asNew) }
    return try await (client ?? service.admin).upload(Methods.sessionImport, request, chunks: chunks, idempotencyKey: key)
  }

  /// A session with something of everything.
  private func makeRich(_ service: TestService) async throws -> Session {
    try await service.makeConnection()
    let session = try await service.makeSession { ($0.title, $0.metadata) = ("rich", "{\"team\":\"sales\"}") }
    try await service.appendSteps(12, to: session.id, snapshotAt: [5, 9])
    // More than a chunk, and more than the window of a stream.
    try await service.putArtifact(
      session.id, "big.bin", (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) })
    try await service.putArtifact(session.id, "empty.txt", [])
    for text in ["first", "second", "third"] {
      _ = try await service.admin.call(
        Methods.memoryRemember,
        .with {
          ($0.dbConnectionId, $0.scope, $0.namespace) = ("flights", session.id, "session_working")
          ($0.key, $0.content) = ("plan", text)
        })
    }
    _ = try await service.admin.call(
      Methods.blockPut,
      .with { $0.block = .with { ($0.dbConnectionId, $0.scope, $0.label, $0.value) = ("flights", session.id, "notes", "n") } })
    let task = try await service.admin.call(
      Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (session.id, "how many?") }
    ).message
    _ = try await service.admin.call(Methods.taskCancel, .with { $0.id = task.id })
    _ = try await service.admin.call(Methods.taskSubmit, .with { ($0.sessionId, $0.prompt) = (session.id, "and now?") })
    return try await service.admin.call(Methods.sessionGet, SessionRef(id: session.id)).message
  }

  private func steps(_ id: String, _ service: TestService) async throws -> [StreamedStep] {
    var steps: [StreamedStep] = []
    let request = CheckpointFetchRequest.with { ($0.sessionId, $0.full) = (id, true) }
    for try await item in try service.admin.stream(Methods.checkpointFetch, request) {
      steps.append(StreamedStep(step: item.message.step, bytes: item.attachment))
    }
    return steps
  }

  private struct StreamedStep: Equatable {
    let step: UInt64
    let bytes: ByteBuffer
  }

  private func history(_ id: String, _ service: TestService) async throws -> [String] {
    let ref = MemoryRef.with { ($0.dbConnectionId, $0.scope, $0.namespace, $0.key) = ("flights", id, "session_working", "plan") }
    return try await service.admin.call(Methods.memoryHistory, ref).message.versions.map(\.content)
  }

  /// Rows of every table that an import writes to.
  private func rows(_ service: TestService) async throws -> [Int64] {
    try await service.service.store.read { (transaction) throws(WireError) in
      var counts: [Int64] = []
      for table in [
        "sessions", "segments", "checkpoints", "events", "artifacts", "contents", "content_chunks", "memories", "memory_versions",
        "blocks", "tasks", "session_deletions",
      ] {
        counts.append(try transaction.first("SELECT count(*) FROM \(table)", []) { (row) in row.int64(0) } ?? 0)
      }
      return counts
    }
  }

  @Test func anotherServerGoesOnWithAllOfIt() async throws {
    try await withService { here in
      let session = try await makeRich(here)
      let (file, end) = try await export(session.id, here)
      #expect((end.checkpoints, end.artifacts, end.artifactBytes, end.memories) == (12, 2, 1_500_000, 3))
      #expect((end.blocks, end.tasks) == (1, 2))
      #expect(end.events > 0)
      try await withService { there in
        try await there.makeConnection()
        let key: [UInt8] = [1, 2, 3]
        let taken = try await take(file, there, key: key)
        #expect(taken.message.id == session.id)
        #expect(try await take(file, there, key: key).replayed, "the repeat gets the first's answer")
        let found = try await there.admin.call(Methods.sessionGet, SessionRef(id: session.id)).message
        #expect((found.title, found.metadata, found.headStep) == ("rich", session.metadata, 12))
        #expect(found.status == .active)
        #expect(try await steps(session.id, there) == steps(session.id, here))
        #expect(try await there.getArtifact(session.id, "big.bin").content == here.getArtifact(session.id, "big.bin").content)
        #expect(try await there.getArtifact(session.id, "empty.txt").artifact.size == 0)
        #expect(try await history(session.id, there) == ["third", "second", "first"])
        let blocks = try await there.admin.call(
          Methods.blockList, .with { ($0.dbConnectionId, $0.sessionId) = ("flights", session.id) })
        #expect(blocks.message.blocks.map(\.value) == ["n"])
        let tasks = try await there.admin.call(Methods.taskList, .with { $0.sessionId = session.id }).message.tasks
        #expect(tasks.map(\.prompt) == ["and now?", "how many?"])
        #expect(tasks.allSatisfy { $0.status == .cancelled }, "what had not ended has now")
        #expect(tasks.first?.reason.contains("exported") == true)
        // Exported again, it holds the same.
        let again = try await export(session.id, there).end
        #expect((again.checkpoints, again.events, again.memories, again.tasks) == (12, end.events, 3, 2))
        await expectError(.alreadyExists) { try await take(file, there) }
      }
    }
  }

  @Test func aCopyStandsBesideItsOrigin() async throws {
    try await withService { service in
      let session = try await makeRich(service)
      let file = try await export(session.id, service).file
      let copy = try await take(file, service, asNew: true).message
      #expect(copy.id != session.id && copy.headStep == 12)
      #expect(try await steps(copy.id, service).map(\.bytes) == steps(session.id, service).map(\.bytes))
      #expect(try await history(copy.id, service) == ["third", "second", "first"])
      #expect(try await service.getArtifact(copy.id, "big.bin").content.count == 1_500_000)
      // The copy can go on, and be deleted, without the other.
      try await service.appendSteps(1, to: copy.id)
      _ = try await service.admin.call(Methods.sessionDelete, SessionRef(id: copy.id))
      #expect(try await steps(session.id, service).count == 12)
      #expect(try await history(session.id, service).count == 3)
    }
  }

  /// With the id it had, the answer would tell that there is such a session on a connection that the key does not see.
  @Test func aLimitedKeyImportsAsNewOnly() async throws {
    try await withService { service in
      let session = try await makeRich(service)
      let file = try await export(session.id, service).file
      _ = try await service.admin.call(Methods.connectionCreate, .with { ($0.id, $0.uri) = ("own", "sqlite:///tmp/own.db") })
      let key = try await service.admin.call(
        Methods.keyCreate, .with { ($0.name, $0.role, $0.connections) = ("ana", .user, ["own"]) }
      ).message
      let client = service.client(key)
      await expectError(.forbidden) { try await take(file, service, on: "own", as: client) }
      let copy = try await take(file, service, on: "own", asNew: true, as: client).message
      #expect(copy.headStep == 12)
      await client.close()
    }
  }

  @Test func aForkAndACutSessionAreExportedWithWhatTheyCanRead() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      try await service.appendSteps(10, to: session.id, snapshotAt: [6])
      let fork = try await service.admin.call(Methods.sessionFork, .with { ($0.id, $0.step) = (session.id, 8) }).message
      try await service.appendSteps(2, to: fork.id)
      let ofFork = try await export(fork.id, service).file
      let forked = try await steps(fork.id, service)
      _ = try await service.admin.call(
        Methods.sessionPrune, .with { ($0.id, $0.retention) = (session.id, .with { $0.steps = 3 }) })
      let before = try await steps(session.id, service)
      let ofCut = try await export(session.id, service).file
      for (file, original, expected) in [(ofFork, fork, forked), (ofCut, session, before)] {
        _ = try await service.admin.call(Methods.sessionDelete, SessionRef(id: original.id))
        #expect(try await take(file, service).message.id == original.id)
        #expect(try await steps(original.id, service) == expected)
      }
    }
  }

  @Test func whatIsDamagedLeavesNothing() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      try await service.appendSteps(3, to: session.id, snapshotAt: [2])
      try await service.putArtifact(session.id, "a.bin", [UInt8](repeating: 7, count: 300_000))
      let file = try await export(session.id, service).file
      _ = try await service.admin.call(Methods.sessionDelete, SessionRef(id: session.id))
      let empty = try await rows(service)
      var damaged: [ByteBuffer] = [
        ByteBuffer(), ByteBuffer(string: "KAISESS1"), file.getSlice(at: 0, length: file.readableBytes - 1)!,
      ]
      for place in stride(from: 0, to: file.readableBytes, by: file.readableBytes / 60) {
        var flipped = file
        flipped.setInteger(flipped.getInteger(at: place, as: UInt8.self)! ^ 0x40, at: place)
        damaged.append(flipped)
        damaged.append(file.getSlice(at: 0, length: place)!)
      }
      for (number, variant) in damaged.enumerated() {
        // The one before is gone when its answer comes.
        let failed = await code { try await take(variant, service, pieces: 50_000) }
        #expect(failed == .corrupt, "\(number): \(failed?.name ?? "taken")")
      }
      // The bytes of artifacts go in the background.
      var left = try await rows(service)
      for _ in 0..<200 where left != empty {
        try await Task.sleep(for: .milliseconds(20))
        left = try await rows(service)
      }
      #expect(left == empty)
      #expect(try await take(file, service).message.id == session.id, "and the whole one is still taken")
    }
  }

  @Test func anImportThatIsCutOffIsRemoved() async throws {
    try await withService { service in
      try await service.makeConnection()
      let session = try await service.makeSession()
      try await service.appendSteps(3, to: session.id)
      try await service.putArtifact(session.id, "a.bin", [UInt8](repeating: 7, count: 600_000))
      let file = try await export(session.id, service).file
      _ = try await service.admin.call(Methods.sessionDelete, SessionRef(id: session.id))
      let empty = try await rows(service)
      let client = try await service.client(.user)
      let (chunks, feed) = AsyncStream<ByteBuffer>.makeStream()
      feed.yield(file.getSlice(at: 0, length: 400_000)!)
      let work = Task {
        _ = try await client.upload(Methods.sessionImport, .with { $0.dbConnectionId = "flights" }, chunks: chunks)
      }
      // It has begun, and nobody sees it.
      var begun = try await rows(service)
      for _ in 0..<200 where begun[2] < 3 || begun[6] < 1 {
        try await Task.sleep(for: .milliseconds(20))
        begun = try await rows(service)
      }
      #expect(begun[2] == 3 && begun[0] == 0)
      await expectError(.notFound) { _ = try await service.admin.call(Methods.sessionGet, SessionRef(id: session.id)) }
      await expectError(.alreadyExists) { try await take(file, service) }
      // Another import of the same session that failed takes away nothing of this one.
      service.service.housekeeping.deletion.removeInBackground(session.id, importedBy: "key_another", [1]) {}
      #expect(try await rows(service)[2] == 3)
      try await service.service.store.write { (_) throws(WireError) in }
      #expect(try await rows(service)[2] == 3)
      await client.close()
      feed.finish()
      _ = await work.result
      var left = try await rows(service)
      for _ in 0..<200 where left != empty {
        try await Task.sleep(for: .milliseconds(20))
        left = try await rows(service)
      }
      #expect(left == empty)
    }
  }

  /// A file that is whole and says what no server would.
  private func file(_ change: (inout Session) -> Void, _ records: ByteBuffer...) -> ByteBuffer {
    var manifest = SessionManifest.with { ($0.format, $0.firstStep) = (1, 1) }
    var session = Session.with { ($0.id, $0.recursionLimit, $0.metadata) = ("sess_0123456789ab", 10, "{}") }
    change(&session)
    manifest.session = session
    var (file, hash, end) = (ByteBuffer(bytes: SessionArchive.file.magic), SHA256(), SessionArchiveEnd())
    for record in [SessionArchive.record(.manifest, manifest)] + records {
      hash.update(record)
      file.writeImmutableBuffer(record)
      switch SessionRecordKind(rawValue: UInt32(record.getInteger(at: 4, as: UInt8.self) ?? 0)) {
      case .event: end.events += 1
      case .artifact: end.artifacts += 1
      case .block: end.blocks += 1
      case .task: end.tasks += 1
      case .memory: end.memories += 1
      default: break
      }
    }
    end.sha256 = Array(hash.finalize())
    file.writeImmutableBuffer(SessionArchive.record(.end, end))
    return file
  }

  @Test func numbersThatNothingCanBeAddedToAreRefused() async throws {
    try await withService { service in
      try await service.makeConnection()
      let event = SessionArchive.record(.event, Event.with { $0.seq = .max })
      let artifact = SessionArchive.record(
        .artifact,
        Artifact.with {
          ($0.id, $0.path, $0.version) = ("art_0123456789ab", "a", .max)
          $0.sha256 = Array(SHA256.hash(data: [UInt8]()))
        })
      let block = SessionArchive.record(.block, MemoryBlock.with { ($0.label, $0.version, $0.limit) = ("l", .max, 10) })
      let task = SessionArchive.record(
        .task, TaskRecord.with { ($0.id, $0.attempt, $0.metadata) = ("task_0123456789ab", .max, "{}") })
      let bad = [
        file { $0.headStep = .max }, file { $0.epoch = .max }, file { $0.version = .max }, file({ _ in }, event),
        file({ _ in }, artifact), file({ _ in }, block), file({ _ in }, task),
      ]
      for (number, file) in bad.enumerated() {
        let failed = await code { try await take(file, service) }
        #expect(failed == .corrupt, "\(number): \(failed?.name ?? "taken")")
        for _ in 0..<500 {
          if try await rows(service).last == 0 { break }
          try await Task.sleep(for: .milliseconds(10))
        }
      }
      // Times from another age are brought into this one.
      let old = SessionArchive.record(
        .memory,
        Memory.with {
          ($0.id, $0.namespace, $0.key, $0.content, $0.version) = ("mem_0123456789ab", "notes", "k", "words", 1)
          ($0.createdAt, $0.updatedAt) = (Timestamp(microseconds: .min), Timestamp(microseconds: .min))
          $0.importance = 0.5
        })
      let session = try await take(file({ $0.createdAt = Timestamp(microseconds: .max) }, old), service).message
      #expect(session.createdAt <= service.world.surroundings.now())
      let hits = try await service.admin.call(
        Methods.memoryRecall, .with { ($0.dbConnectionId, $0.sessionId, $0.query) = ("flights", session.id, "words") }
      ).message.hits
      #expect(hits.count == 1)
    }
  }

  @Test func aSessionThatGoesOnIsNotExportedTorn() async throws {
    try await withService { service in
      let session = try await makeRich(service)
      let stream = try service.admin.stream(
        Methods.sessionExport, SessionExportRequest(id: session.id), window: .manual(items: 1))
      var items = stream.makeAsyncIterator()
      _ = try await items.next()
      try await service.appendSteps(1, to: session.id)
      stream.grant(items: 100_000)
      await expectError(.conflict) { while try await items.next() != nil {} }
    }
  }
}
