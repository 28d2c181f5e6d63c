public import Logging

/// How a ``WireServer`` listens and what it allows.
public struct ServerConfiguration: Sendable {
  public var host: String
  /// 0 lets the system choose; see ``WireServer/port``.
  public var port: Int
  /// Names this server to its clients, at most 64 bytes.
  public var serverId: String
  /// nil for plain text.
  public var tls: ServerTLS?
  /// Whether peers that are not on loopback may speak without TLS.
  public var allowPlaintext = false
  /// The most that may be agreed with a client.
  public var limits = ConnectionLimits.standard
  /// How many connections may be in the handshake at once; more are closed as they come.
  public var halfOpenConnections = Limits.halfOpenConnections
  /// How many connections there may be; more are told `overloaded`.
  public var connections = Limits.connections
  /// What all connections may hold together; one budget may serve several servers.
  public var memory = MemoryBudget(limitBytes: Limits.requestBytes)
  /// Counts what all connections carry; one may count for several servers.
  public var traffic = ServerTraffic()
  public var timings = ConnectionTimings()
  public var logger: Logger

  public init(host: String = "127.0.0.1", port: Int, serverId: String, logger: Logger) {
    self.host = host
    self.port = port
    self.serverId = serverId
    self.logger = logger
  }
}
