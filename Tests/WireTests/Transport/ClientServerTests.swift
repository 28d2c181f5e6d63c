import NIOCore
import Synchronization
import Testing

@testable import Wire

@Suite struct ClientServerTests {
  @Test func aUnaryCallBringsTheAnswerAndItsAttachment() async throws {
    let server = try await TestServer()
    let client = server.client()
    let reply = try await client.call(
      Methods.sessionGet, SessionRef(id: "sess_0123456789ab"), attachment: ByteBuffer(string: "blob"))
    #expect(reply.message.id == "sess_0123456789ab")
    #expect(reply.attachment == ByteBuffer(string: "blob"))
    #expect(!reply.replayed)
    await client.close()
    await server.server.stop(grace: .seconds(1))
  }

  @Test func aServersErrorArrivesWhole() async throws {
    let server = try await TestServer()
    let client = server.client()
    let error = await #expect(throws: WireError.self) { try await client.call(Methods.sessionGet, SessionRef(id: "fail")) }
    #expect(error == WireError(.notFound, "there is no session 'fail'"))
    let unknown = await #expect(throws: WireError.self) { try await client.call(Methods.sessionGet, SessionRef(id: "older")) }
    #expect(unknown == WireError(.unknownMethod, "the service does not know session.get: it is older than this program"))
    await client.close()
    await server.server.stop(grace: .seconds(1))
  }

  @Test func aStreamBringsEveryItemInOrderThroughASmallWindow() async throws {
    let server = try await TestServer()
    let client = server.client()
    let stream = try client.stream(Methods.taskWatch, TaskWatchRequest.with { $0.fromSeq = 5_000 })
    var numbers: [UInt64] = []
    for try await item in stream { numbers.append(item.message.seq) }
    #expect(numbers == Array(1...5_000))
    await client.close()
    await server.server.stop(grace: .seconds(1))
  }

  @Test func anUploadArrivesWholeAndIsAnswered() async throws {
    let server = try await TestServer()
    let client = server.client()
    let chunks = AsyncStream<ByteBuffer> { continuation in
      for _ in 0..<20 { continuation.yield(ByteBuffer(repeating: 1, count: 300_000)) }
      continuation.finish()
    }
    let reply = try await client.upload(Methods.artifactPut, ArtifactPutRequest(), chunks: chunks)
    #expect(reply.message.size == 6_000_000)
    await client.close()
    await server.server.stop(grace: .seconds(1))
  }

  @Test func manyCallsAtOnceShareOneConnection() async throws {
    let server = try await TestServer()
    let client = server.client()
    try await withThrowingTaskGroup(of: Bool.self) { tasks in
      for number in 0..<2_000 {
        tasks.addTask { try await client.call(Methods.sessionGet, SessionRef(id: "s\(number)")).message.id == "s\(number)" }
      }
      for try await isRight in tasks { #expect(isRight) }
    }
    #expect(server.service.seen.withLock { $0.connected } == 1)
    await client.close()
    await server.server.stop(grace: .seconds(1))
  }

  @Test func anArtifactOfManyChunksArrivesWhole() async throws {
    let server = try await TestServer()
    let client = server.client()
    var size = 0
    for try await item in try client.stream(Methods.artifactGet, ArtifactRef.with { $0.path = "9000000" }) {
      size += item.attachment.readableBytes
    }
    #expect(size == 9_000_000)
    await client.close()
    await server.server.stop(grace: .seconds(1))
  }

  @Test func aStreamWithAManualWindowSendsWhatWasGranted() async throws {
    let server = try await TestServer()
    let client = server.client()
    let stream = try client.stream(Methods.taskWatch, TaskWatchRequest.with { $0.fromSeq = 5 }, window: .manual(items: 2))
    var items = stream.makeAsyncIterator()
    #expect(try await items.next()?.message.seq == 1)
    #expect(try await items.next()?.message.seq == 2)
    // Nothing more comes until it is granted: an answer on the same connection overtakes it.
    _ = try await client.call(Methods.sessionGet, SessionRef(id: "x"))
    stream.grant(items: 3)
    for seq: UInt64 in 3...5 { #expect(try await items.next()?.message.seq == seq) }
    #expect(try await items.next() == nil)
    await client.close()
    await server.server.stop(grace: .seconds(1))
  }

  @Test func largeAnswersAreCompressedOnTheWayAndTooLargeOnesRefused() async throws {
    let server = try await TestServer()
    let client = server.client()
    var ref = SessionRef(id: "x")
    ref.ifVersion = 60_000
    let reply = try await client.call(Methods.sessionGet, ref)
    #expect(reply.message.metadata.utf8.count == 60_000)
    let blob = ByteBuffer(repeating: 1, count: 2 * Limits.defaultFrameBytes)
    let error = await #expect(throws: WireError.self) {
      try await client.call(Methods.sessionGet, SessionRef(id: "x"), attachment: blob)
    }
    #expect(error?.errorCode == .frameTooLarge)
    #expect(try await client.call(Methods.sessionGet, SessionRef(id: "y")).message.id == "y")
    await client.close()
    await server.server.stop(grace: .seconds(1))
  }

  @Test func anEmptyUploadIsAnUpload() async throws {
    let server = try await TestServer()
    let client = server.client()
    let none = AsyncStream<ByteBuffer> { $0.finish() }
    #expect(try await client.upload(Methods.artifactPut, ArtifactPutRequest(), chunks: none).message.size == 0)
    await client.close()
    await server.server.stop(grace: .seconds(1))
  }
}
