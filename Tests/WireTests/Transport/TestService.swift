import Logging
import NIOCore
import NIOPosix
import Synchronization

@testable import Wire

/// A small service over the real methods: enough to see every shape of call from both ends.
///
/// `session.get` answers with the id it was asked for (and `fail`, `older` and `never` do as they say), `task.watch` sends as many events as
/// `from_seq` says, `artifact.put` counts what it gets, and every mutating call is remembered with its idempotency key.
final class TestService: WireService {
  struct Seen: Sendable {
    var requests: [InboundRequest] = []
    var cancels: [UInt32] = []
    var uploads: [UInt32: UInt64] = [:]
    var bursts: [Int] = []
    var connected = 0
    var disconnected = 0
    var replies: [[UInt8]: String] = [:]
    /// How many requests to drop the connection on, after receiving them.
    var dropNext = 0
    /// How many requests to refuse as overloaded.
    var refuseNext = 0
    var open: [UInt32] = []
    var connections: [any ServerConnection] = []
  }

  let seen = Mutex(Seen())

  func connected(_ connection: any ServerConnection) {
    seen.withLock {
      $0.connected += 1
      $0.connections.append(connection)
    }
  }

  func disconnected(_ connection: any ServerConnection) { seen.withLock { $0.disconnected += 1 } }

  func handle(_ burst: [InboundEvent], on connection: any ServerConnection) {
    seen.withLock { $0.bursts.append(burst.count) }
    var replies: [Outbound] = []
    for event in burst {
      switch event {
      case .request(let request): replies += serve(request, connection)
      case .upload(let id, let chunk, let end):
        let total = seen.withLock { seen in
          seen.uploads[id, default: 0] += UInt64(chunk.readableBytes)
          return seen.uploads[id] ?? 0
        }
        connection.grantUpload(streamID: id, bytes: UInt32(chunk.readableBytes))
        if end { replies.append(.response(id, Artifact.with { $0.size = total })) }
      case .credit, .writable, .stopping: break
      case .cancel(let id):
        seen.withLock { $0.cancels.append(id) }
        replies.append(.error(id, WireError(.cancelled, "stopped", effect: .none)))
      }
    }
    if !replies.isEmpty { connection.send(replies) }
  }

  private func serve(_ request: InboundRequest, _ connection: any ServerConnection) -> [Outbound] {
    let id = request.streamID
    let (mustDrop, mustRefuse) = seen.withLock { seen in
      seen.requests.append(request)
      defer {
        seen.dropNext = max(0, seen.dropNext - 1)
        if seen.dropNext == 0 { seen.refuseNext = max(0, seen.refuseNext - 1) }
      }
      return (seen.dropNext > 0, seen.dropNext == 0 && seen.refuseNext > 0)
    }
    if mustDrop {
      connection.close(WireError(.unavailable, "dropped on purpose"))
      return []
    }
    if mustRefuse { return [.error(id, WireError(.overloaded, "come back", retryAfterMs: 1))] }
    do throws(WireError) {
      switch request.method {
      case .sessionGet: return try get(request)
      case .sessionCreate:
        let replayed = seen.withLock { $0.replies.updateValue("sess_1", forKey: request.head.idempotencyKey) != nil }
        var buffer = ByteBuffer()
        Session.with { $0.id = "sess_1" }.encode(into: &buffer)
        return [Outbound(streamID: id, kind: .response(replayed: replayed), message: buffer)]
      case .taskWatch:
        let count = try TaskWatchRequest(decoding: request.message).fromSeq
        if count == 0 { return [] }
        let items = (1...count).map { number in Outbound.item(id, Event.with { $0.seq = number }) }
        return items + [.response(id, Empty())]
      case .artifactGet:
        let path = try ArtifactRef(decoding: request.message).path
        let size = Int(path) ?? 0
        var left = size
        var items: [Outbound] = []
        while left > 0 {
          let count = min(left, Limits.chunkBytes)
          items.append(.item(id, Artifact(), attachment: ByteBuffer(repeating: 7, count: count)))
          left -= count
        }
        return items + [.response(id, Empty())]
      case .artifactPut:
        return []
      default:
        return [.error(id, WireError(.internalError, "not part of this test"))]
      }
    } catch {
      return [.error(id, error)]
    }
  }

  private func get(_ request: InboundRequest) throws(WireError) -> [Outbound] {
    let ref = try SessionRef(decoding: request.message)
    switch ref.id {
    case "fail": throw WireError(.notFound, "there is no session 'fail'")
    case "older": throw WireError(.unknownMethod, "method 11 is not known")
    case "never":
      seen.withLock { $0.open.append(request.streamID) }
      return []
    default:
      let session = Session.with {
        $0.id = ref.id
        $0.metadata = String(repeating: "x", count: Int(ref.ifVersion ?? 0))
      }
      return [.response(request.streamID, session, attachment: request.attachment)]
    }
  }
}

/// One key of each role, with a secret that says whose it is.
struct TestKeys: KeyDirectory {
  static let master = [UInt8](repeating: 9, count: 32)

  func key(_ keyId: String) -> AuthenticationKey? {
    guard let role = Role(label: keyId) else { return nil }
    return AuthenticationKey(secret: KeyDerivation.secret(master: Self.master, keyId: keyId), role: role)
  }
}

/// A server on loopback with a ``TestService``, and clients for it.
struct TestServer {
  let server: WireServer
  let service = TestService()

  static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

  init(port: Int = 0, _ configure: (inout ServerConfiguration) -> Void = { _ in }) async throws {
    var configuration = ServerConfiguration(
      port: port, serverId: "test", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    configure(&configuration)
    server = try await WireServer.start(configuration, keys: TestKeys(), service: service, group: Self.group)
  }

  static func client(
    port: Int, key: String = "admin", secretOf other: String? = nil, _ configure: (inout ClientConfiguration) -> Void = { _ in }
  ) -> WireClient {
    var configuration = ClientConfiguration(
      host: "127.0.0.1", port: port, keyId: key, secret: KeyDerivation.secret(master: TestKeys.master, keyId: other ?? key),
      name: "test", version: "1", group: group)
    configure(&configuration)
    return WireClient(configuration)
  }

  func client(key: String = "admin", secretOf other: String? = nil, _ configure: (inout ClientConfiguration) -> Void = { _ in })
    -> WireClient
  {
    Self.client(port: server.port, key: key, secretOf: other, configure)
  }
}

/// Waits for `condition`, at most ten seconds.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
  let end = ContinuousClock.now + .seconds(10)
  while ContinuousClock.now < end {
    if try await condition() { return true }
    await Task.yield()
    try await Task.sleep(for: .milliseconds(2))
  }
  return false
}
