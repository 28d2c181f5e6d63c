public import NIOCore

/// Where a ``WireClient`` connects, and as whom.
public struct ClientConfiguration: Sendable {
  public var host: String
  public var port: Int
  public var keyId: String
  /// 32 bytes.
  public var secret: [UInt8]
  /// What the client calls itself in the server's log.
  public var name: String
  public var version: String
  public var group: any EventLoopGroup
  /// For TCP alone; the handshake has its own time.
  public var connectTimeout: Duration = .seconds(5)
  /// Whether a call waits, until its timeout, for a server that cannot be reached. Otherwise it fails at the first refusal.
  public var waitsForServer = true
  /// nil for plain text.
  public var tls: ClientTLS?
  /// What this side asks for.
  public var limits = ConnectionLimits.standard
  public var timings = ConnectionTimings()

  public init(
    host: String, port: Int, keyId: String, secret: [UInt8], name: String, version: String, group: any EventLoopGroup
  ) {
    self.host = host
    self.port = port
    self.keyId = keyId
    self.secret = secret
    self.name = name
    self.version = version
    self.group = group
  }

  public init(host: String, port: Int, key: KeyFile, name: String, version: String, group: any EventLoopGroup) {
    self.init(host: host, port: port, keyId: key.keyId, secret: key.secret, name: name, version: version, group: group)
  }
}

/// What a client knows of its connection.
public enum ClientConnectionState: Sendable, Equatable {
  case connecting
  /// Authenticated; `serverId` is what the server calls itself.
  case ready(role: Role, serverId: String)
  /// The connection broke, or could not be made. The client tries again when there is something to send.
  case lost(WireError)
  /// ``WireClient/close()`` was called.
  case closed
}
