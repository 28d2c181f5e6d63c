/// HELLO, the client's first frame.
public struct Hello: WireMessage {
  /// The part of the key before the colon.
  public var keyId = ""
  /// 32 random bytes.
  public var nonce: [UInt8] = []
  /// What the client calls itself, for logs; may be empty.
  public var name = ""
  /// Of the client's program, for logs; may be empty.
  public var version = ""
  /// One bit a feature; see docs/PROTOCOL.md.
  public var features: UInt64 = 0
  /// What the client can take; absent, or a 0 in it, means the default of each.
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
  /// Of a frame's body as it is sent: 512 KiB to 16 MiB, 0 in a wish means 1 MiB.
  public var maxFrameBytes: UInt32 = 0
  /// Of a frame's body once it is inflated: 512 KiB to 16 MiB, 0 in a wish means 4 MiB.
  public var maxMessageBytes: UInt32 = 0
  /// Requests that may be under way: 1 to 256, 0 in a wish means 256.
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
  /// `srv_` + 12 lowercase hex digits.
  public var serverId = ""
  /// The client's bits that the server has too.
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
  /// 32 bytes; see docs/PROTOCOL.md.
  public var proof: [UInt8] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "proof", &proof, max: 32)
  }
}

/// READY: the server proves that it has the key too, and says what was agreed.
public struct Ready: WireMessage {
  /// What was agreed: of each the smaller wish, within its bounds.
  public var limits: ConnectionLimits?
  /// 32 bytes, which the client must check; see docs/PROTOCOL.md.
  public var proof: [UInt8] = []
  /// The role of the client's key.
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
  /// The highest stream that is still served; 4294967295 when the end is announced only.
  public var lastStreamId: UInt32 = 0
  /// Why.
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
  /// How long the client waits, in milliseconds from the arrival on; 0 means for ever.
  public var timeoutMs: UInt32 = 0
  /// W3C trace context: 16 bytes, or empty for none.
  public var traceId: [UInt8] = []
  /// W3C trace context: 8 bytes, or empty for none.
  public var spanId: [UInt8] = []
  /// W3C trace context: 1 when the trace is sampled.
  public var traceFlags: UInt32 = 0
  /// 1 to 64 bytes that the client makes up, for a method that changes something; empty for the others, of which it is not looked
  /// at.
  public var idempotencyKey: [UInt8] = []
  /// Credit for the items of the answer, in bytes, so that a stream starts without a round trip. 0 sends nothing before the first
  /// CREDIT.
  public var initialBytes: UInt32 = 0
  /// The same in items: both must be above 0.
  public var initialItems: UInt32 = 0
  /// Not looked at by this version: leave it 0. The order of tasks is `TaskSubmitRequest.priority`.
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
