import NIOCore
import NIOPosix
import Synchronization

/// A real HTTP/1.1 server on loopback whose answers a test writes byte by byte, so that it can misbehave in every way.
public final class LoopbackServer: Sendable {
  public struct Request: Sendable {
    public var head: String
    public var body: String
    public var at: ContinuousClock.Instant
  }

  public typealias Script = @Sendable (LoopbackConnection) async throws -> Void

  public let port: Int
  private let state = Mutex((requests: [Request](), closedByPeer: 0))

  private init(port: Int) { self.port = port }

  public var url: String { "http://127.0.0.1:\(port)" }
  /// In the order in which they arrived.
  public var requests: [Request] { state.withLock { $0.requests } }
  /// Connections that the client closed while the script still had them.
  public var closedByPeer: Int { state.withLock { $0.closedByPeer } }

  /// Serves while `body` runs. Every request is answered by `script`, and its connection closed after it.
  public static func run<Result: Sendable>(
    _ script: @escaping Script, _ body: @Sendable (LoopbackServer) async throws -> Result
  ) async throws -> Result {
    let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.backlog, value: 1_024)
      .bind(host: "127.0.0.1", port: 0) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    let server = LoopbackServer(port: listener.channel.localAddress?.port ?? 0)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await listener.executeThenClose { clients in
          try await withThrowingDiscardingTaskGroup { connections in
            for try await client in clients {
              connections.addTask { await server.serve(client, script) }
            }
          }
        }
      }
      defer { group.cancelAll() }
      return try await body(server)
    }
  }

  private func serve(_ client: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ script: Script) async {
    // What goes wrong with one connection is the client's to see; the server lives on.
    try? await client.executeThenClose { inbound, outbound in
      let connection = LoopbackConnection(inbound.makeAsyncIterator(), outbound) {
        self.state.withLock { $0.closedByPeer += 1 }
      }
      guard let request = try await connection.readRequest() else { return }
      connection.request = request
      connection.number = state.withLock { state in
        state.requests.append(request)
        return state.requests.count
      }
      try await script(connection)
    }
  }
}
