import Crypto
import Foundation
import NIOCore
import RawNode
import Testing
import Wire

/// The limits of what may be asked and kept, asked of the real kai-session with the library's client.
@Suite struct WireLimitsTests {
  /// Expects the error `code` and a sentence about `what`.
  private func expect(
    _ code: ErrorCode, about what: String, _ location: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
  ) async {
    let error = await #expect(throws: WireError.self, sourceLocation: location) { try await body() }
    #expect(error?.errorCode == code, "\(String(describing: error))", sourceLocation: location)
    #expect(error?.message.contains(what) == true, "\(String(describing: error))", sourceLocation: location)
    #expect(error?.hint.isEmpty == false && error?.effect == Effect.none, sourceLocation: location)
  }

  @Test func whatIsTooMuchIsRefusedWithItsCode() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    let client = try deployment.client(limits: .wholeMessages)
    let session = try await client.call(Methods.sessionCreate, .with { $0.dbConnectionId = "shop" }).message

    func create(_ change: (inout SessionCreateRequest) -> Void) async throws {
      var request = SessionCreateRequest()
      request.dbConnectionId = "shop"
      change(&request)
      _ = try await client.call(Methods.sessionCreate, request)
    }
    func text(_ count: Int) -> String { String(repeating: "x", count: count) }

    await expect(.invalidArgument, about: "title") { try await create { $0.title = text(1024 * 1024) } }
    await expect(.badMessage, about: "title") { try await create { $0.title = text(1024 * 1024 + 1) } }
    await expect(.invalidArgument, about: "title") { try await create { $0.title = text(1_025) } }
    await expect(.limitExceeded, about: "metadata") { try await create { $0.metadata = #"{"k":""# + text(65 * 1024) + #""}"# } }
    await expect(.invalidJson, about: "metadata") { try await create { $0.metadata = "{not json" } }
    await expect(.invalidJson, about: "metadata") { try await create { $0.metadata = "[1]" } }
    await expect(.invalidJson, about: "metadata") { try await create { $0.metadata = String(repeating: "[", count: 100_000) } }
    await expect(.invalidArgument, about: "recursion_limit") { try await create { $0.recursionLimit = 0 } }
    await expect(.invalidArgument, about: "recursion_limit") { try await create { $0.recursionLimit = 501 } }
    await expect(.notFound, about: "nowhere") { try await create { $0.dbConnectionId = "nowhere" } }
    await expect(.limitExceeded, about: "prompt") {
      _ = try await client.call(
        Methods.taskSubmit,
        .with {
          $0.sessionId = session.id; $0.prompt = text(300 * 1024)
        })
    }
    await expect(.invalidArgument, about: "limit") {
      _ = try await client.call(Methods.sessionList, .with { $0.page = Page(limit: 1_001, cursor: "") })
    }
    for cursor in ["nonsense", "task.1", "session.0", "session.-1", "session.zz", "session.", "session.1.2", text(200)] {
      await expect(.invalidArgument, about: "cursor") {
        _ = try await client.call(Methods.sessionList, .with { $0.page = Page(limit: 10, cursor: cursor) })
      }
    }
    for id in ["", "42", "sess_", "sess_0123456789aB", "sess_0123456789abc", "task_0123456789ab", "sess_0123456789a'"] {
      await expect(.invalidArgument, about: "sess_") { _ = try await client.call(Methods.sessionGet, SessionRef(id: id)) }
    }
    await expect(.notFound, about: "sess_000000000000") {
      _ = try await client.call(Methods.sessionGet, SessionRef(id: "sess_000000000000"))
    }

    // What is just small enough is taken, and nothing of the above has left a trace.
    try await create {
      $0.title = text(1_024); $0.recursionLimit = 1
    }
    try await create {
      $0.metadata = #"{"k":""# + text(64 * 1024 - 8) + #""}"#; $0.recursionLimit = 500
    }
    let all = try await client.call(Methods.sessionList, .with { $0.page = Page(limit: 1_000, cursor: "") }).message
    #expect(all.total == 3)
    // A limit of 0 is the field's absence: the default.
    #expect(
      try await client.call(Methods.sessionList, .with { $0.page = Page(limit: 0, cursor: "") }).message.sessions.count == 3)
    _ = try await client.call(
      Methods.taskSubmit,
      .with {
        $0.sessionId = session.id; $0.prompt = text(256 * 1024)
      })
    await client.close()
  }

  @Test func aStepOfThreeMebibytesIsCommittedAndReadBack() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    let key = deployment.folder.file("raw.key")
    try await deployment.ctl("key", "create", "--role", "agent", "--name", "raw", "--file", key).expectSuccess()
    let admin = try deployment.client(limits: .wholeMessages)
    let node = RawNode(client: try deployment.client(key: key, limits: .wholeMessages))
    try node.start(slots: 1)
    let session = try await admin.call(Methods.sessionCreate, .with { $0.dbConnectionId = "shop" }).message
    _ = try await admin.call(
      Methods.taskSubmit,
      .with {
        $0.sessionId = session.id; $0.prompt = "a large step"
      })
    let assignment = try #require(await node.nextAssignment())

    // Letters by chance: they compress to three quarters and no further.
    var random = SeededRandom(seed: 3)
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let entries = (0..<4).map { _ in
      let bytes = (0..<1024 * 1024).map { _ in letters[Int(random.next() % 64)] }
      return TranscriptEntry.with {
        $0.toolResult = .with {
          $0.name = "sql_query"; $0.content = String(decoding: bytes, as: UTF8.self)
        }
      }
    }
    let crc = try await node.commit(assignment, parent: 0, entries: entries)
    #expect(crc != 0)

    var steps = 0
    for try await item in try admin.stream(
      Methods.checkpointFetch,
      .with {
        $0.sessionId = session.id; $0.full = true
      })
    {
      steps += 1
      #expect(item.message.bodyBytes > 3_000_000 && item.message.bodyCrc == crc)
      #expect(try CheckpointArchive.open(item.attachment, crc: item.message.bodyCrc).entries == entries)
    }
    #expect(steps == 1)
    // And kaictl can show it.
    let shown = try await deployment.ctl("checkpoint", "get", session.id, "--step", "1", "-o", "jsonl").expectSuccess()
    #expect(shown.output.contains("sql_query"))

    // Who asked for the protocol's default frames is told that this one is too large, and goes on.
    let small = try deployment.client()
    await expect(.frameTooLarge, about: "agreed") {
      for try await _ in try small.stream(
        Methods.checkpointFetch,
        .with {
          $0.sessionId = session.id; $0.full = true
        })
      {}
    }
    #expect(try await small.call(Methods.sessionGet, SessionRef(id: session.id)).message.headStep == 1)
    await small.close()
    node.stop()
    await admin.close()
  }

  @Test func aRequestLargerThanWasAgreedIsNotSentAndTheClientGoesOn() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    let client = try deployment.client()
    await expect(.frameTooLarge, about: "agreed") {
      _ = try await client.call(
        Methods.sessionGet, SessionRef(id: "sess_000000000000"), attachment: ByteBuffer(repeating: 7, count: 5 * 1024 * 1024))
    }
    _ = try await client.call(Methods.sessionCreate, .with { $0.dbConnectionId = "shop" })
    await client.close()
  }

  @Test func anArtifactOfFiveMebibytesComesBackBitForBit() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    let client = try deployment.client()
    let session = try await client.call(Methods.sessionCreate, .with { $0.dbConnectionId = "shop" }).message
    var random = SeededRandom(seed: 5)
    let content = (0..<(5 * 1024 * 1024 / 8)).flatMap { _ in withUnsafeBytes(of: random.next()) { [UInt8]($0) } }
    let sha256 = [UInt8](SHA256.hash(data: content))

    func put(_ path: String, _ digest: [UInt8], size: Int) async throws -> Artifact {
      let request = ArtifactPutRequest.with {
        $0.sessionId = session.id
        $0.path = path
        $0.mediaType = "application/octet-stream"
        $0.size = UInt64(size)
        $0.sha256 = digest
      }
      let chunks = AsyncStream<ByteBuffer> { continuation in
        continuation.yield(ByteBuffer(bytes: content))
        continuation.finish()
      }
      return try await client.upload(Methods.artifactPut, request, chunks: chunks).message
    }
    let made = try await put("deep/down/numbers.bin", sha256, size: content.count)
    #expect(made.size == UInt64(content.count) && made.sha256 == sha256)

    var back: [UInt8] = []
    let ref = ArtifactRef.with {
      $0.sessionId = session.id; $0.path = "deep/down/numbers.bin"
    }
    for try await item in try client.stream(Methods.artifactGet, ref) { back += item.attachment.readableBytesView }
    #expect([UInt8](SHA256.hash(data: back)) == sha256 && back.count == content.count)
    let file = deployment.folder.file("back.bin")
    try await deployment.ctl("artifact", "get", session.id, "deep/down/numbers.bin", "--file", file).expectSuccess()
    #expect(try Data(contentsOf: URL(filePath: file)) == Data(content))

    // What does not match what was announced is not kept.
    for (digest, size) in [
      ([UInt8](repeating: 0, count: 32), content.count), (sha256, content.count - 1), (sha256, content.count + 1),
    ] {
      await #expect(throws: WireError.self) { _ = try await put("wrong.bin", digest, size: size) }
    }
    for path in ["../out.bin", "/etc/passwd", "a//b", ".", ""] {
      await #expect(throws: WireError.self) { _ = try await put(path, sha256, size: content.count) }
    }
    let list = try await client.call(Methods.artifactList, .with { $0.sessionId = session.id }).message
    #expect(list.artifacts.map(\.path) == ["deep/down/numbers.bin"])
    await client.close()
  }
}
