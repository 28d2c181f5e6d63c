import Logging
import NIOCore
import NIOPosix
import Synchronization
import Wire

@testable import kaictl

/// A real Wire server on loopback whose answers a test writes.
final class ScriptedServer: Sendable {
  typealias Answer = @Sendable (InboundRequest, any ServerConnection) -> Void

  private final class Service: WireService {
    let answer: Answer
    private let log = Mutex<[Method]>([])

    init(answer: @escaping Answer) { self.answer = answer }

    var methods: [Method] { log.withLock { $0 } }

    func connected(_ connection: any ServerConnection) {}
    func disconnected(_ connection: any ServerConnection) {}
    func handle(_ burst: [InboundEvent], on connection: any ServerConnection) {
      for case .request(let request) in burst {
        log.withLock { $0.append(request.method) }
        answer(request, connection)
      }
    }
  }

  private struct OneKey: KeyDirectory {
    func key(_ keyId: String) -> AuthenticationKey? {
      keyId == "key_test" ? AuthenticationKey(secret: [UInt8](repeating: 7, count: 32), role: .admin) : nil
    }
  }

  private let server: WireServer
  private let service: Service
  /// The methods asked for, in order.
  var methods: [Method] { service.methods }
  var port: Int { server.port }

  /// - Parameter answer: answers each request, on the event loop.
  init(answer: @escaping Answer) async throws {
    service = Service(answer: answer)
    server = try await WireServer.start(
      ServerConfiguration(port: 0, serverId: "srv_test", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
      keys: OneKey(), service: service, group: MultiThreadedEventLoopGroup.singleton)
  }

  /// A line to it.
  func link(keyFolder: String) async throws -> ServerLink {
    let path = keyFolder + "/key"
    let secret = String(repeating: "07", count: 32)
    try AtomicFile.write("key_test:\(secret)\n", to: path, mode: 0o600, overwrite: true)
    let target = Target(server: try ServerAddress("127.0.0.1:\(port)"), keyPath: path)
    return try await ServerLink.open(target, timeout: nil)
  }

  func stop() async { await server.stop(grace: .zero) }
}
