/// The clocks of a connection, in milliseconds. The defaults are the protocol's; tests use shorter ones.
public struct ConnectionTimings: Sendable {
  /// From accepting a connection to READY.
  public var handshakeMs = Limits.handshakeTimeoutMs
  /// From the last byte received to PING.
  public var pingIdleMs = Limits.pingIdleMs
  /// From PING to giving the peer up.
  public var pongTimeoutMs = Limits.pongTimeoutMs
  public init() {}
}
