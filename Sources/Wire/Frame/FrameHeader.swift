public import NIOCore

/// The 24 bytes before each body. All integers are big-endian.
///
/// Its numbers are raw: ``FrameDecoder`` decides which of them are allowed.
public struct FrameHeader: Sendable, Equatable {
  /// Bytes of the body as sent.
  public var bodyLength: UInt32
  public var type: UInt8
  public var encoding: UInt8
  public var flags: FrameFlags
  /// 0 is the connection itself.
  public var streamID: UInt32
  /// Bytes of the body after decompression.
  public var rawLength: UInt32
  /// CRC-32 of the body as sent.
  public var bodyCRC: UInt32

  public init(
    bodyLength: UInt32, type: UInt8, encoding: UInt8, flags: FrameFlags, streamID: UInt32, rawLength: UInt32, bodyCRC: UInt32
  ) {
    self.bodyLength = bodyLength
    self.type = type
    self.encoding = encoding
    self.flags = flags
    self.streamID = streamID
    self.rawLength = rawLength
    self.bodyCRC = bodyCRC
  }

  /// Reads a header from the front of `buffer`, or nil when it is not there whole yet.
  /// - Throws: `bad_checksum` when the header's own CRC does not match; nothing in it can be trusted then.
  static func read(from buffer: inout ByteBuffer) throws(WireError) -> FrameHeader? {
    guard buffer.readableBytes >= Limits.frameHeaderBytes else { return nil }
    let (header, isIntact) = buffer.withUnsafeReadableBytes { FrameHeader.parse($0) }
    guard isIntact else {
      throw WireError(.badChecksum, "the checksum of a frame's header does not match")
    }
    buffer.moveReaderIndex(forwardBy: Limits.frameHeaderBytes)
    return header
  }

  private static func parse(_ bytes: UnsafeRawBufferPointer) -> (FrameHeader, isIntact: Bool) {
    func u32(_ offset: Int) -> UInt32 { UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    let header = FrameHeader(
      bodyLength: u32(0), type: bytes[4], encoding: bytes[5],
      flags: FrameFlags(rawValue: UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))),
      streamID: u32(8), rawLength: u32(12), bodyCRC: u32(16))
    return (header, u32(20) == Checksum.crc32(UnsafeRawBufferPointer(rebasing: bytes[..<20])))
  }

  /// Writes the header, with its CRC, over the 24 bytes at `index`, which exist already.
  public func set(in buffer: inout ByteBuffer, at index: Int) {
    let offset = index - buffer.readerIndex
    buffer.withUnsafeMutableReadableBytes { all in
      let bytes = UnsafeMutableRawBufferPointer(rebasing: all[offset..<offset + Limits.frameHeaderBytes])
      func put(_ value: some FixedWidthInteger, _ at: Int) {
        withUnsafeBytes(of: value.bigEndian) { source in
          UnsafeMutableRawBufferPointer(rebasing: bytes[at..<at + source.count]).copyMemory(from: source)
        }
      }
      put(bodyLength, 0)
      put(type, 4)
      put(encoding, 5)
      put(flags.rawValue, 6)
      put(streamID, 8)
      put(rawLength, 12)
      put(bodyCRC, 16)
      put(Checksum.crc32(UnsafeRawBufferPointer(rebasing: bytes[..<20])), 20)
    }
  }
}
