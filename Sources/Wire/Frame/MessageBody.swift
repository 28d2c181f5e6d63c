public import NIOCore

/// The body of REQUEST, RESPONSE, ITEM and UPLOAD, taken apart without copying:
/// `u16 headLength | u16 0 | u32 messageLength | head | message | attachment`.
public struct MessageBody: Sendable, Equatable {
  public let head: ByteBuffer
  public let message: ByteBuffer
  public let attachment: ByteBuffer

  static let prefixBytes = 8

  /// Appends the lengths that stand before a head of `head` bytes and `message`.
  static func writePrefix(head: Int, _ message: ByteBuffer, to out: inout ByteBuffer) {
    out.writeMultipleIntegers(UInt16(truncatingIfNeeded: head), UInt16(0), UInt32(truncatingIfNeeded: message.readableBytes))
  }

  /// What the message and its attachment count against credit, in bytes.
  public var creditBytes: Int { message.readableBytes + attachment.readableBytes }

  /// - Throws: `bad_frame` when the lengths do not fit the body or the flags.
  public init(parsing frame: Frame) throws(WireError) {
    var body = frame.body
    guard let (headLength, zero, messageLength) = body.readMultipleIntegers(as: (UInt16, UInt16, UInt32).self) else {
      throw WireError(.badFrame, "the body is shorter than its lengths")
    }
    guard zero == 0 else { throw WireError(.badFrame, "the two bytes behind the head's length are \(zero), and must be 0") }
    guard Int(headLength) <= Limits.headBytes else {
      throw WireError(.badFrame, "the head has \(headLength) bytes; at most \(Limits.headBytes) are allowed")
    }
    guard let head = body.readSlice(length: Int(headLength)), let message = body.readSlice(length: Int(messageLength)) else {
      throw WireError(.badFrame, "the head or the message is longer than the body")
    }
    guard body.readableBytes == 0 || frame.flags.contains(.attachment) else {
      throw WireError(.badFrame, "bytes follow the message of a frame without an attachment")
    }
    self.head = head
    self.message = message
    attachment = body
  }
}
