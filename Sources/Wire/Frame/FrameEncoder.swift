public import NIOCore

/// Writes frames, compressed where that pays.
public struct FrameEncoder: Sendable {
  /// The most a body may have, as sent.
  public var maxFrameBytes = Limits.handshakeFrameBytes
  /// The most a body may have before compression.
  public var maxMessageBytes = Limits.handshakeFrameBytes
  /// Whether the peer understands codecs 1 and 2.
  public var compresses = false

  public init() {}

  public init(agreed: ConnectionLimits, compresses: Bool) {
    maxFrameBytes = Int(agreed.maxFrameBytes)
    maxMessageBytes = Int(agreed.maxMessageBytes)
    self.compresses = compresses
  }

  /// Appends `frame` to `out`.
  /// - Throws: `frame_too_large`; `out` is as it was then.
  public func encode(_ frame: OutboundFrame, _ codec: BodyCodec, into out: inout ByteBuffer) throws(WireError) {
    let start = out.writerIndex
    out.writeRepeatingByte(0, count: Limits.frameHeaderBytes)
    let bodyStart = out.writerIndex
    var flags = frame.flags
    var mayCompress = compresses
    var packed: PackedBody?
    switch frame.body {
    case .packed(let body):
      out.writeImmutableBuffer(body.bytes)
      packed = body
    case .plain(let body):
      out.writeImmutableBuffer(body)
      mayCompress = false
    case .request(let head, let message, let attachment, let attachmentIsEncoded):
      let headSize = head.encodedSize
      MessageBody.writePrefix(head: headSize, message, to: &out)
      head.encode(into: &out)
      mayCompress = mayCompress && !(attachmentIsEncoded && attachment.readableBytes > 0)
      write(message, attachment, &flags, to: &out)
    case .message(let message, let attachment, let attachmentIsEncoded):
      MessageBody.writePrefix(head: 0, message, to: &out)
      mayCompress = mayCompress && !(attachmentIsEncoded && attachment.readableBytes > 0)
      write(message, attachment, &flags, to: &out)
    }
    let rawLength = packed?.rawLength ?? out.writerIndex - bodyStart
    guard rawLength <= maxMessageBytes else {
      out.moveWriterIndex(to: start)
      throw WireError(.frameTooLarge, "a message of \(rawLength) bytes is more than the \(maxMessageBytes) that were agreed")
    }
    let encoding = packed?.encoding ?? (mayCompress ? codec.deflateBody(of: &out, from: bodyStart) : .stored)
    let bodyLength = out.writerIndex - bodyStart
    guard bodyLength <= maxFrameBytes else {
      out.moveWriterIndex(to: start)
      throw WireError(.frameTooLarge, "a frame of \(bodyLength) bytes is more than the \(maxFrameBytes) that were agreed")
    }
    let offset = bodyStart - out.readerIndex
    let bodyCRC =
      packed?.crc ?? out.withUnsafeReadableBytes { Checksum.crc32(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
    // Both lengths are at most the agreed limits, which are at most 16 MiB.
    FrameHeader(
      bodyLength: UInt32(bodyLength), type: frame.type.rawValue, encoding: encoding.rawValue, flags: flags,
      streamID: frame.streamID, rawLength: UInt32(rawLength), bodyCRC: bodyCRC
    ).set(in: &out, at: start)
  }

  private func write(_ message: ByteBuffer, _ attachment: ByteBuffer, _ flags: inout FrameFlags, to out: inout ByteBuffer) {
    out.writeImmutableBuffer(message)
    if attachment.readableBytes > 0 {
      out.writeImmutableBuffer(attachment)
      flags.insert(.attachment)
    }
  }
}
