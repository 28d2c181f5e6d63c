/// HELLO, the client's first frame.
public struct Hello: WireMessage {
  public var keyId = ""
  /// 32 random bytes.
  public var nonce: [UInt8] = []
  public var name = ""
  public var version = ""
  /// One bit a feature; see docs/PROTOCOL.md.
  public var features: UInt64 = 0
  public var limits: ConnectionLimits?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "key_id", &keyId, max: Limits.idBytes)
    v.field(2, "nonce", &nonce, max: 32)
    v.field(3, "name", &name, max: Limits.nameBytes)
    v.field(4, "version", &version, max: Limits.nameBytes)
    v.field(5, "features", &features)
    v.field(6, "limits", &limits)
  }
}

/// What a side can take, or what was agreed.
public struct ConnectionLimits: WireMessage {
  public var maxFrameBytes: UInt32 = 0
  public var maxMessageBytes: UInt32 = 0
  public var maxStreams: UInt32 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "max_frame_bytes", &maxFrameBytes)
    v.field(2, "max_message_bytes", &maxMessageBytes)
    v.field(3, "max_streams", &maxStreams)
  }
}

/// CHALLENGE, the server's answer to HELLO.
public struct Challenge: WireMessage {
  /// 32 random bytes.
  public var nonce: [UInt8] = []
  public var serverId = ""
  public var features: UInt64 = 0
  /// The codecs the server understands: one bit a codec number.
  public var codecs: UInt32 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "nonce", &nonce, max: 32)
    v.field(2, "server_id", &serverId, max: Limits.idBytes)
    v.field(3, "features", &features)
    v.field(4, "codecs", &codecs)
  }
}

/// AUTH: the client proves that it has the key.
public struct Auth: WireMessage {
  public var proof: [UInt8] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "proof", &proof, max: 32)
  }
}

/// READY: the server proves that it has the key too, and says what was agreed.
public struct Ready: WireMessage {
  public var limits: ConnectionLimits?
  public var proof: [UInt8] = []
  public var role = Role.unspecified
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "limits", &limits)
    v.field(2, "proof", &proof, max: 32)
    v.field(3, "role", &role)
  }
}

/// GOAWAY: no stream above `last_stream_id` will be served.
public struct GoAway: WireMessage {
  public var lastStreamId: UInt32 = 0
  public var reason: WireError?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "last_stream_id", &lastStreamId)
    v.field(2, "reason", &reason)
  }
}

/// The head of a REQUEST.
public struct RequestHead: WireMessage {
  /// A number of the method table.
  public var method: UInt32 = 0
  /// Relative; 0 means none.
  public var timeoutMs: UInt32 = 0
  /// W3C trace context: 16 bytes.
  public var traceId: [UInt8] = []
  /// W3C trace context: 8 bytes.
  public var spanId: [UInt8] = []
  public var traceFlags: UInt32 = 0
  /// At most 64 bytes; empty for calls that change nothing.
  public var idempotencyKey: [UInt8] = []
  /// Credit for the answer, so that a stream starts without a round trip.
  public var initialBytes: UInt32 = 0
  public var initialItems: UInt32 = 0
  public var priority: UInt32 = 0
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "method", &method)
    v.field(2, "timeout_ms", &timeoutMs)
    v.field(3, "trace_id", &traceId, max: 16)
    v.field(4, "span_id", &spanId, max: 8)
    v.field(5, "trace_flags", &traceFlags)
    v.field(6, "idempotency_key", &idempotencyKey, max: 64)
    v.field(7, "initial_bytes", &initialBytes)
    v.field(8, "initial_items", &initialItems)
    v.field(9, "priority", &priority)
  }
}
