public import NIOCore

/// A frame that was received: checked and inflated.
public struct Frame: Sendable, Equatable {
  public let type: FrameType
  public let flags: FrameFlags
  public let streamID: UInt32
  public let body: ByteBuffer

  public init(type: FrameType, flags: FrameFlags = [], streamID: UInt32, body: ByteBuffer = ByteBuffer()) {
    self.type = type
    self.flags = flags
    self.streamID = streamID
    self.body = body
  }
}

/// A frame to be sent.
public struct OutboundFrame: Sendable {
  public enum Body: Sendable {
    /// As it is: control frames and the handshake.
    case plain(ByteBuffer)
    case request(RequestHead, message: ByteBuffer, attachment: ByteBuffer, attachmentIsEncoded: Bool)
    /// RESPONSE, ITEM and UPLOAD, which have no head.
    case message(ByteBuffer, attachment: ByteBuffer, attachmentIsEncoded: Bool)
    /// A RESPONSE or an ITEM that was compressed already, for a peer that agreed to that.
    case packed(PackedBody)
  }

  public let type: FrameType
  public let flags: FrameFlags
  public let streamID: UInt32
  public let body: Body

  public init(type: FrameType, flags: FrameFlags = [], streamID: UInt32, body: Body) {
    self.type = type
    self.flags = flags
    self.streamID = streamID
    self.body = body
  }

  /// A frame whose body is one encoded message.
  static func control(_ type: FrameType, streamID: UInt32 = 0, _ message: some WireMessage) -> OutboundFrame {
    var body = ByteBuffer()
    message.encode(into: &body)
    return OutboundFrame(type: type, streamID: streamID, body: .plain(body))
  }

  static func error(streamID: UInt32, _ error: WireError) -> OutboundFrame {
    control(.error, streamID: streamID, error)
  }

  static func goAway(lastStreamID: UInt32, reason: WireError?) -> OutboundFrame {
    control(
      .goAway,
      GoAway.with {
        $0.lastStreamId = lastStreamID
        $0.reason = reason
      })
  }

  static func cancel(streamID: UInt32) -> OutboundFrame {
    OutboundFrame(type: .cancel, streamID: streamID, body: .plain(ByteBuffer()))
  }

  /// CREDIT: `u32 bytes | u32 items`.
  static func credit(streamID: UInt32, bytes: UInt32, items: UInt32) -> OutboundFrame {
    var body = ByteBuffer()
    body.writeMultipleIntegers(bytes, items)
    return OutboundFrame(type: .credit, streamID: streamID, body: .plain(body))
  }

  /// PING or PONG: eight bytes that come back as they are.
  static func ping(_ number: UInt64) -> OutboundFrame {
    OutboundFrame(type: .ping, streamID: 0, body: .plain(ByteBuffer(integer: number)))
  }

  static func pong(_ payload: ByteBuffer) -> OutboundFrame {
    OutboundFrame(type: .pong, streamID: 0, body: .plain(payload))
  }
}
