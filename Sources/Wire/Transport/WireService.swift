public import NIOCore

/// Who is on the other end of an authenticated connection.
public struct Principal: Sendable, Hashable {
  public let keyId: String
  public let role: Role
  public let limits: KeyLimits
  public init(keyId: String, role: Role, limits: KeyLimits = KeyLimits()) {
    self.keyId = keyId
    self.role = role
    self.limits = limits
  }
}

/// What a key is limited to, beside its role.
public struct KeyLimits: Sendable, Hashable {
  /// The database connections that it sees; nil for all.
  public var connections: Set<String>?
  /// When it stops being valid; nil for never.
  public var expiresAt: Timestamp?
  /// How many it may make, on all its connections together; nil for any number.
  public var requestsPerSecond: UInt32?
  public init(connections: Set<String>? = nil, expiresAt: Timestamp? = nil, requestsPerSecond: UInt32? = nil) {
    self.connections = connections
    self.expiresAt = expiresAt
    self.requestsPerSecond = requestsPerSecond
  }
}

/// A key as the handshake needs it.
public struct AuthenticationKey: Sendable {
  /// The HMAC key, derived from the master key and the key id.
  public let secret: [UInt8]
  public let role: Role
  public let limits: KeyLimits
  public init(secret: [UInt8], role: Role, limits: KeyLimits = KeyLimits()) {
    self.secret = secret
    self.role = role
    self.limits = limits
  }
}

/// Knows the keys. Asked on the event loop, so it must answer from memory.
public protocol KeyDirectory: Sendable {
  /// The key, or nil when it is unknown, revoked or expired.
  func key(_ keyId: String) -> AuthenticationKey?
}

/// A request that was received whole and may be served: its method exists, the role may call it, its head was decoded.
public struct InboundRequest: Sendable {
  public let streamID: UInt32
  public let method: Method
  public let head: RequestHead
  /// The undecoded message.
  public let message: ByteBuffer
  public let attachment: ByteBuffer
  public let principal: Principal
  /// When the caller stops waiting, or nil.
  public let deadline: NIODeadline?
  public init(
    streamID: UInt32, method: Method, head: RequestHead, message: ByteBuffer, attachment: ByteBuffer,
    principal: Principal, deadline: NIODeadline?
  ) {
    self.streamID = streamID
    self.method = method
    self.head = head
    self.message = message
    self.attachment = attachment
    self.principal = principal
    self.deadline = deadline
  }

  /// Why not to begin now: the caller's time ran out while the request waited in a queue, so nothing has happened. Nil while there is time.
  public func expiry(_ now: NIODeadline) -> WireError? {
    guard let deadline, deadline <= now else { return nil }
    return WireError(.deadlineExceeded, "the time for '\(method.name)' was over before it began", effect: .none)
  }
}

/// What a connection hands to the service.
public enum InboundEvent: Sendable {
  case request(InboundRequest)
  /// A chunk of an `upload` call, at most 256 KiB. The connection grants the credit for more when the service calls
  /// ``ServerConnection/grantUpload(streamID:bytes:)``.
  case upload(streamID: UInt32, chunk: ByteBuffer, end: Bool)
  /// The peer granted credit on an open server stream.
  case credit(streamID: UInt32, bytes: UInt32, items: UInt32)
  /// The peer cancelled, or the stream's deadline is over. The service still owes the terminal reply.
  case cancel(streamID: UInt32)
  /// The peer has read what was sent to it, after it had not for a while; see ``ServerConnection/isCongested``.
  case writable
  /// The server stops: what would go on for ever is to end now, what will end by itself has a little time.
  case stopping
}

/// What the service sends on a stream.
public struct Outbound: Sendable {
  public enum Kind: Sendable {
    /// Terminal. `replayed` marks the stored answer of an earlier request with the same idempotency key.
    case response(replayed: Bool)
    case item
    /// Terminal.
    case error
  }
  public let streamID: UInt32
  public let kind: Kind
  /// The encoded message; empty once it is packed.
  public private(set) var message: ByteBuffer
  public let attachment: ByteBuffer
  /// The attachment is already compressed: leave it alone.
  public let attachmentIsEncoded: Bool
  /// The body, compressed already.
  private(set) var packed: PackedBody?

  public init(
    streamID: UInt32, kind: Kind, message: ByteBuffer, attachment: ByteBuffer = ByteBuffer(),
    attachmentIsEncoded: Bool = true
  ) {
    self.streamID = streamID
    self.kind = kind
    self.message = message
    self.attachment = attachment
    self.attachmentIsEncoded = attachmentIsEncoded
  }

  public static func response(_ streamID: UInt32, _ message: some WireMessage, attachment: ByteBuffer = ByteBuffer()) -> Outbound
  {
    Outbound(streamID: streamID, kind: .response(replayed: false), message: buffer(message), attachment: attachment)
  }

  public static func item(_ streamID: UInt32, _ message: some WireMessage, attachment: ByteBuffer = ByteBuffer()) -> Outbound {
    Outbound(streamID: streamID, kind: .item, message: buffer(message), attachment: attachment)
  }

  public static func error(_ streamID: UInt32, _ error: WireError) -> Outbound {
    Outbound(streamID: streamID, kind: .error, message: buffer(error))
  }

  /// Compresses a large message, for a peer that agreed to that.
  mutating func pack() {
    if case .error = kind { return }
    guard attachment.readableBytes == 0, message.readableBytes >= PackedBody.fromBytes else { return }
    packed = PackedBody(message: message)
    message = ByteBuffer()
  }

  private static func buffer(_ message: some WireMessage) -> ByteBuffer {
    var buffer = ByteBuffer()
    message.encode(into: &buffer)
    return buffer
  }
}

/// What is behind a server: gets each connection's events in bursts, on that connection's event loop, and must not block.
public protocol WireService: Sendable {
  func connected(_ connection: any ServerConnection)
  /// Everything that arrived in one read of the socket, in order.
  func handle(_ burst: [InboundEvent], on connection: any ServerConnection)
  /// The connection is gone; nothing sent on it arrives any more.
  func disconnected(_ connection: any ServerConnection)
}

/// One authenticated connection, as the service sees it. Every function may be called from any thread.
public protocol ServerConnection: AnyObject, Sendable {
  /// Unique in this process.
  var id: UInt64 { get }
  var principal: Principal { get }
  /// `host:port` of the peer.
  var remoteAddress: String { get }
  /// Sends all of these with one hop to the event loop and one flush. Items wait for credit; terminal frames never do.
  func send(_ outbound: [Outbound])
  /// Calls `body` on the connection's event loop once all that was sent before has been handed to the network's buffers.
  func afterSending(_ body: @escaping @Sendable () -> Void)
  /// Lets the peer send `bytes` more on an upload.
  func grantUpload(streamID: UInt32, bytes: UInt32)
  /// Why no large reply should be made for it now: it, its key or all connections hold too much. Nil while there is room.
  var overload: WireError? { get }
  /// Whether the peer does not read what was sent to it; `InboundEvent.writable` says when it has.
  var isCongested: Bool { get }
  /// Closes it after the frames already sent; the peer gets GOAWAY with the reason.
  func close(_ reason: WireError)
}

extension ServerConnection {
  public var overload: WireError? { nil }
  public var isCongested: Bool { false }
  public func afterSending(_ body: @escaping @Sendable () -> Void) { body() }
}
