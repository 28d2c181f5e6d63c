import Logging
import NIOCore
import NIOPosix
import Testing

@testable import SessionService
@testable import Wire

/// The real service behind a real socket on loopback, and clients of it.
final class TestService: Sendable {
  let service: SessionService
  let server: WireServer
  let admin: WireClient
  let world: TestSurroundings

  static func start(_ folder: TemporaryFolder, _ world: TestSurroundings = TestSurroundings()) async throws -> TestService {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let service = try await SessionService(
      dataFolder: folder.path + "/data", surroundings: world.surroundings, monotonicMs: { world.monotonicMs },
      logger: logger)
    let server = try await WireServer.start(
      ServerConfiguration(port: 0, serverId: service.identity.serverId, logger: logger), keys: service.keys,
      service: service.handler, group: MultiThreadedEventLoopGroup.singleton)
    return try await TestService(service, server, world)
  }

  private init(_ service: SessionService, _ server: WireServer, _ world: TestSurroundings) async throws {
    self.service = service
    self.server = server
    self.world = world
    let keys = try await service.store.read { (transaction) throws(WireError) in try KeyRepository.all(in: transaction) }
    let adminKey = try #require(keys.first { $0.role == .admin })
    admin = Self.client(of: server, KeyFile(keyId: adminKey.id, secret: service.keys.secret(adminKey.id)))
  }

  /// A client with a key of its own.
  func client(_ role: Role) async throws -> WireClient { client(try await makeKey(role)) }

  /// A connection without a socket, with a key of its own.
  func recordingConnection(_ role: Role) async throws -> RecordingConnection {
    RecordingConnection(id: .max, principal: Principal(keyId: try await makeKey(role).id, role: role))
  }

  func makeKey(_ role: Role) async throws -> KeyInfo {
    let request = KeyCreateRequest.with { key in
      key.name = role.label
      key.role = role
    }
    return try await admin.call(Methods.keyCreate, request).message
  }

  /// A client with this key.
  func client(_ key: KeyInfo) -> WireClient {
    Self.client(of: server, KeyFile(keyId: key.id, secret: service.keys.secret(key.id)))
  }

  func stop() async {
    await admin.close()
    await server.stop(grace: .seconds(2))
    service.close()
  }

  private static func client(of server: WireServer, _ key: KeyFile) -> WireClient {
    WireClient(
      ClientConfiguration(
        host: server.host, port: server.port, key: key, name: "test", version: "0", group: MultiThreadedEventLoopGroup.singleton))
  }

  // MARK: Things that tests need

  func makeConnection(_ id: String = "flights", uri: String = "sqlite:///tmp/flights.db") async throws {
    _ = try await admin.call(
      Methods.connectionCreate,
      ConnectionCreateRequest.with { connection in
        connection.id = id
        connection.uri = uri
      })
  }

  func makeSession(
    on connection: String = "flights", _ fill: (inout SessionCreateRequest) -> Void = { _ in }
  ) async throws -> Session {
    var request = SessionCreateRequest()
    request.dbConnectionId = connection
    fill(&request)
    return try await admin.call(Methods.sessionCreate, request).message
  }

  /// Appends steps as a commit would, sealed end to end.
  func appendSteps(_ count: Int, to sessionId: String, snapshotAt snapshots: Set<UInt64> = []) async throws {
    for _ in 0..<count {
      try await service.store.write { (transaction) throws(WireError) in
        let head = try SessionRepository.head(sessionId, in: transaction)
        let step = head.step + 1
        let body = Array("KAISEAL1body \(step)".utf8)
        let snapshot = snapshots.contains(step) ? Array("KAISEAL1snapshot \(step)".utf8) : []
        let checkpoint = Checkpoint.with { checkpoint in
          checkpoint.step = step
          checkpoint.kind = .step
          checkpoint.createdAt = transaction.now
          checkpoint.bodyBytes = UInt32(body.count)
          checkpoint.bodyCrc = body.withUnsafeBytes { Checksum.crc32($0) }
          checkpoint.snapshotBytes = UInt32(snapshot.count)
          checkpoint.snapshotCrc = snapshot.isEmpty ? 0 : snapshot.withUnsafeBytes { Checksum.crc32($0) }
        }
        try CheckpointRepository.append(
          checkpoint, body: body, snapshot: snapshot, segmentId: head.segmentId, in: transaction)
        try SessionRepository.advanceHead(sessionId, to: step, in: transaction)
      }
    }
  }
}

/// Runs a test against a service that is stopped afterwards.
func withService<T>(_ body: (TestService) async throws -> T) async throws -> T {
  let folder = try TemporaryFolder()
  let service = try await TestService.start(folder)
  do {
    let value = try await body(service)
    await service.stop()
    return value
  } catch {
    await service.stop()
    throw error
  }
}

/// The code of the error that `body` throws, or nil when it throws none.
func code(_ body: () async throws -> Void) async -> ErrorCode? {
  do {
    try await body()
    return nil
  } catch let error as WireError { return error.errorCode } catch { return nil }
}

/// Expects that `body` throws an error with this code.
func expectError(
  _ expected: ErrorCode, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
  let found = await code(body)
  #expect(found == expected, "\(found?.name ?? "no error") instead of \(expected.name)", sourceLocation: sourceLocation)
}
