import Logging
public import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Listens for clients of the protocol and hands what they ask for to a ``WireService``.
public final class WireServer: Sendable {
  private let listener: any Channel
  private let registry: ConnectionRegistry
  /// Where it listens, as the system sees it.
  public let host: String
  public let port: Int

  private init(listener: any Channel, registry: ConnectionRegistry, host: String, port: Int) {
    self.listener = listener
    self.registry = registry
    self.host = host
    self.port = port
  }

  /// `host:port`
  public var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// How many clients are connected, those in the handshake included.
  public var connectionCount: Int { registry.count }

  /// Binds and begins to serve.
  /// - Throws: `unavailable` when the address cannot be bound.
  public static func start(
    _ configuration: ServerConfiguration, keys: any KeyDirectory, service: any WireService, group: any EventLoopGroup
  ) async throws(WireError) -> WireServer {
    let registry = ConnectionRegistry(halfOpenLimit: configuration.halfOpenConnections, limit: configuration.connections)
    let shared = ServerConnectionHandler.Shared(
      configuration: configuration, keys: keys, service: service, dummySecret: randomBytes(KeyDerivation.secretBytes),
      registry: registry, codecs: EventLoopCodecs(group), failures: AuthenticationFailures())
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.backlog, value: 1_024)
      .serverChannelInitializer(AcceptPause.initializer(configuration.logger))
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(
        .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 4_096, maximum: 256 * 1_024)
      )
      .childChannelOption(.writeBufferWaterMark, value: .init(low: 128 * 1_024, high: 512 * 1_024))
      .childChannelInitializer { channel in accept(channel, shared) }
    do {
      let listener = try await bootstrap.bind(host: configuration.host, port: configuration.port).get()
      let local = listener.localAddress
      return WireServer(
        listener: listener, registry: registry, host: local?.ipAddress ?? configuration.host,
        port: local?.port ?? configuration.port)
    } catch {
      throw WireError(
        .unavailable, "cannot listen on \(configuration.host):\(configuration.port): \(error)",
        hint: "Choose another address with --listen, or stop what uses this one.")
    }
  }

  private static func accept(_ channel: any Channel, _ shared: ServerConnectionHandler.Shared) -> EventLoopFuture<Void> {
    let remote = channel.remoteAddress
    let id: UInt64
    switch shared.registry.admit(remote?.neighbourhood ?? "?", .now()) {
    case .admitted(let admitted, let evicted):
      id = admitted
      if let evicted { shared.registry.with(evicted) { $0.evict() } }
    case .refused(let count):
      if let count {
        shared.configuration.logger.warning(
          "connections were refused: too many are in the handshake",
          metadata: ["count": "\(count)", "last": "\(remote?.ipAddress ?? "?")"])
      }
      return channel.close()
    }
    let tls = shared.configuration.tls?.current
    let isAllowed = tls != nil || shared.configuration.allowPlaintext || remote?.isLoopback == true
    let handler = ServerConnectionHandler(
      shared, id: id, remote: ServerConnectionHandler.Remote(host: remote?.ipAddress ?? "?", port: remote?.port ?? 0),
      refusal: isAllowed
        ? nil : WireError(.plaintextRefused, "this server takes plain text from loopback only"),
      certificateHash: tls?.fingerprint ?? [], codec: shared.codecs.codec(on: channel.eventLoop), now: .now())
    shared.registry.add(id, NIOLoopBoundBox(handler, eventLoop: channel.eventLoop))
    channel.closeFuture.whenComplete { _ in shared.registry.remove(id) }
    return channel.eventLoop.makeCompletedFuture {
      if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context)) }
      try channel.pipeline.syncOperations.addHandler(handler)
    }
  }

  /// After ``ServerTLS/reload()``: ends the connections whose client's certificate is not good any more.
  public func certificatesChanged() {
    registry.forEach { $0.checkCertificate() }
  }

  /// Stops: no new connections, GOAWAY to every client, then up to `grace` for what is under way; what is left then gets an error.
  public func stop(grace: Duration) async {
    registry.beginStop()
    try? await listener.close().get()
    registry.forEach { $0.drain() }
    await withTaskGroup(of: Void.self) { tasks in
      tasks.addTask { await self.registry.waitUntilEmpty() }
      tasks.addTask {
        guard (try? await Task.sleep(for: grace)) != nil else { return }
        self.registry.forEach { $0.abandon() }
      }
      await tasks.next()
      tasks.cancelAll()
      await tasks.waitForAll()
    }
  }
}
