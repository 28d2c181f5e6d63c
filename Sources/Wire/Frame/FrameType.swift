/// What a frame is. Numbers from 0x80 up that are not listed are skipped; unlisted ones below are an error.
public enum FrameType: UInt8, Sendable, CaseIterable {
  case hello = 0x01
  case challenge = 0x02
  case auth = 0x03
  case ready = 0x04
  case goAway = 0x05
  case ping = 0x06
  case pong = 0x07
  case request = 0x10
  /// Terminal.
  case response = 0x11
  case item = 0x12
  case upload = 0x13
  case credit = 0x14
  case cancel = 0x15
  /// Terminal for its stream, fatal on stream 0.
  case error = 0x16

  /// Types from here up may be skipped by who does not know them.
  static let firstIgnorable: UInt8 = 0x80

  /// The flags of the low byte, which must be understood, that this type may carry.
  var allowedFlags: FrameFlags {
    switch self {
    case .upload: [.end, .attachment]
    case .request, .response, .item: .attachment
    case .hello, .challenge, .auth, .ready, .goAway, .ping, .pong, .credit, .cancel, .error: []
    }
  }

  /// What a body of this type can have at most, in bytes, whatever the connection allows: more is refused before it comes. Nil for the
  /// connection's own limit.
  var maxBytes: Int? {
    switch self {
    case .upload: MessageBody.prefixBytes + Limits.headBytes + Limits.chunkBytes
    case .ping, .pong, .credit, .cancel: Limits.handshakeFrameBytes
    case .hello, .challenge, .auth, .ready, .goAway, .request, .response, .item, .error: nil
    }
  }

  /// Whether the body is a head, a message and an attachment, which ``MessageBody`` takes apart.
  var hasMessageBody: Bool {
    switch self {
    case .request, .response, .item, .upload: true
    case .hello, .challenge, .auth, .ready, .goAway, .ping, .pong, .credit, .cancel, .error: false
    }
  }
}

/// A frame's flags. The low byte must be understood, the high byte may be ignored.
public struct FrameFlags: OptionSet, Sendable {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The last UPLOAD of its stream.
  public static let end = FrameFlags(rawValue: 0x0001)
  /// The body has an attachment after its message.
  public static let attachment = FrameFlags(rawValue: 0x0002)
  /// A RESPONSE that was stored when an earlier request with the same idempotency key was served.
  public static let replayed = FrameFlags(rawValue: 0x0100)

  static let mustUnderstand = FrameFlags(rawValue: 0x00ff)
}

/// How a frame's body is encoded.
public enum BodyEncoding: UInt8, Sendable, CaseIterable {
  case stored = 0
  /// RFC 1950.
  case zlib = 1
  /// RFC 1950 with ``PresetDictionary`` 1.
  case zlibWithDictionary = 2

  /// One bit a codec, as CHALLENGE lists them.
  static let allBits = allCases.reduce(UInt32(0)) { $0 | 1 << UInt32($1.rawValue) }
}
