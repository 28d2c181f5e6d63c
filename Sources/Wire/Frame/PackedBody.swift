import NIOCore

/// The body of a reply that is compressed before its event loop gets it.
///
/// Compressing is the longest work that a large reply makes. On the loop every connection there would wait for all the large
/// replies of one of them; whoever made the reply does it in its own turn instead.
public struct PackedBody: Sendable {
  let encoding: BodyEncoding
  /// What the receiver inflates it to, in bytes.
  let rawLength: Int
  /// As it is sent.
  let bytes: ByteBuffer
  /// CRC-32 of ``bytes``.
  let crc: UInt32

  /// Smaller bodies cost the event loop less than handing them over does.
  static let fromBytes = 16 * 1_024

  init(message: ByteBuffer) {
    var body = ByteBuffer()
    body.reserveCapacity(MessageBody.prefixBytes + message.readableBytes)
    MessageBody.writePrefix(head: 0, message, to: &body)
    body.writeImmutableBuffer(message)
    rawLength = body.readableBytes
    encoding = BodyCodec().deflateBody(of: &body, from: body.readerIndex)
    bytes = body
    crc = body.withUnsafeReadableBytes { Checksum.crc32($0) }
  }
}
