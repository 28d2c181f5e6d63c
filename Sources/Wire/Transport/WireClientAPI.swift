public import NIOCore

/// An answer: the message, its attachment, and whether it is the stored answer of an earlier request.
public struct Reply<Message: WireMessage>: Sendable {
  public let message: Message
  public let attachment: ByteBuffer
  public let replayed: Bool
  public init(message: Message, attachment: ByteBuffer = ByteBuffer(), replayed: Bool = false) {
    self.message = message
    self.attachment = attachment
    self.replayed = replayed
  }
}

/// One item of a stream.
public struct StreamItem<Message: WireMessage>: Sendable {
  public let message: Message
  public let attachment: ByteBuffer
  public init(message: Message, attachment: ByteBuffer = ByteBuffer()) {
    self.message = message
    self.attachment = attachment
  }
}

/// How much a stream may send before it is granted more.
public enum StreamWindow: Sendable {
  /// The library grants more as the items are consumed.
  case automatic
  /// The caller grants items itself, with ``ItemStream/grant(items:)``; bytes are granted as they are consumed.
  case manual(items: UInt32)
}
