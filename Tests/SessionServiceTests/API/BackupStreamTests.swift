import Foundation
import NIOCore
import Testing
import Wire

@testable import SessionService

@Suite struct BackupStreamTests {
  /// A backup whose copy is made by `snapshot`, on a connection that goes when the test says so.
  private func methods(_ folder: TemporaryFolder, _ snapshot: @escaping BackupMethods.Snapshot) -> (Router, BackupMethods) {
    let methods = BackupMethods(
      folder: folder.path, master: [1], identity: ServerIdentity(serverId: "srv", version: "0", startedAt: Timestamp()),
      now: { Timestamp() }, snapshot: snapshot)
    var router = Router()
    methods.register(on: &router)
    return (router, methods)
  }

  private func begin(_ router: Router, _ streamID: UInt32) throws -> (RecordingConnection, OpenStreams) {
    guard case .live(let body)? = router[.backupCreate] else { throw WireError(.internalError, "no route") }
    let principal = Principal(keyId: "k", role: .admin)
    let connection = RecordingConnection(id: UInt64(streamID), principal: principal)
    let request = InboundRequest(
      streamID: streamID, method: .backupCreate, head: .with { ($0.initialBytes, $0.initialItems) = (1 << 20, 100) },
      message: ByteBuffer(), attachment: ByteBuffer(), principal: principal, deadline: nil)
    let streams = OpenStreams()
    try body(
      request,
      CallContext(principal: principal, attachment: ByteBuffer(), streamID: streamID, connection: connection, streams: streams))
    return (connection, streams)
  }

  private func eventually(_ condition: () -> Bool) async throws -> Bool {
    for _ in 0..<500 {
      if condition() { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  @Test func aCopyThatCouldNotBeFinishedLeavesNothing() async throws {
    let folder = try TemporaryFolder()
    let (router, _) = methods(folder) { (path) throws(WireError) in
      _ = FileManager.default.createFile(atPath: path, contents: Data("half".utf8))
      throw WireError(.storageFull, "the disk is full")
    }
    let (connection, _) = try begin(router, 1)
    #expect(try await eventually { connection.terminals[1]?.count == 1 })
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    // And the next one may begin.
    #expect(try await eventually { (try? begin(router, 3)) != nil })
  }

  @Test func whoLeavesDoesNotLetTheNextOneInTooEarly() async throws {
    let folder = try TemporaryFolder()
    let gate = DispatchSemaphore(value: 0)
    let (router, _) = methods(folder) { (path) throws(WireError) in
      gate.wait()
      _ = FileManager.default.createFile(atPath: path, contents: Data("whole".utf8))
      return []
    }
    let (_, streams) = try begin(router, 1)
    streams.disconnect()
    #expect(throws: WireError.self) { try begin(router, 3) }
    gate.signal()
    gate.signal()
    var second: RecordingConnection?
    #expect(
      try await eventually {
        second = second ?? (try? begin(router, 5))?.0
        return second != nil
      })
    #expect(try await eventually { second?.terminals[5]?.count == 1 })
    #expect(second?.items.count == 4, "manifest, key, the database, end")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
  }

  @Test func manyKeysThatSeeManyConnectionsStillFitIntoTheManifest() async throws {
    let folder = try TemporaryFolder()
    let (router, _) = methods(folder) { (path) throws(WireError) in
      _ = FileManager.default.createFile(atPath: path, contents: Data("whole".utf8))
      return (0..<1_200).map { number in
        .with { key in
          (key.id, key.role, key.name) = ("key_\(number)", .user, String(repeating: "n", count: Limits.nameBytes))
          key.connections = (0..<100).map { "connection-\($0)" }
          if number == 0 { key.revokedAt = Timestamp(microseconds: 1) }
        }
      }
    }
    let (connection, _) = try begin(router, 1)
    #expect(try await eventually { !connection.items.isEmpty })
    let record = try #require(connection.items.first?.attachment)
    #expect(record.readableBytes < BackupArchive.file.maxRecordBytes)
    let keys = try BackupManifest(decoding: record).keys
    #expect(keys.count == 1_000 && keys.first?.id == "key_1" && keys.allSatisfy(\.connections.isEmpty))
  }
}
