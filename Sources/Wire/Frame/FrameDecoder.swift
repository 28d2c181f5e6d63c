public import NIOCore

/// Cuts a stream of bytes into frames, and believes nothing it has not checked.
///
/// The order of the checks is what makes hostile bytes cheap: the header's own CRC, then the lengths, then the memory budget, then
/// (once it is here) the body's CRC, and only then is memory taken and the body inflated, once and to the byte.
public struct FrameDecoder: ~Copyable {
  /// What a peer may send.
  public struct Limits: Sendable {
    public var maxFrameBytes: Int
    public var maxMessageBytes: Int
    public var compression: Bool
    /// What a frame that is neither a REQUEST nor an UPLOAD can have.
    public var maxOtherBytes: Int

    /// - Parameter maxOtherBytes: nil for `maxMessageBytes`.
    public init(maxFrameBytes: Int, maxMessageBytes: Int, compression: Bool, maxOtherBytes: Int? = nil) {
      self.maxFrameBytes = maxFrameBytes
      self.maxMessageBytes = maxMessageBytes
      self.compression = compression
      self.maxOtherBytes = maxOtherBytes ?? maxMessageBytes
    }

    /// Before READY: small frames, nothing compressed.
    public static let handshake = Limits(
      maxFrameBytes: Wire.Limits.handshakeFrameBytes, maxMessageBytes: Wire.Limits.handshakeFrameBytes, compression: false)

    /// - Parameter maxOtherBytes: nil for what the connection allows for a message.
    public init(agreed: ConnectionLimits, maxOtherBytes: Int? = nil) {
      self.init(
        maxFrameBytes: Int(agreed.maxFrameBytes), maxMessageBytes: Int(agreed.maxMessageBytes), compression: true,
        maxOtherBytes: maxOtherBytes)
    }
  }

  public enum Output: Sendable {
    case frame(Frame)
    /// A frame of an unknown type that may be skipped, and is.
    case ignored(FrameHeader)
    /// A REQUEST or an UPLOAD for which its budget has no room: its body is skipped unread.
    case refused(FrameHeader)
  }

  public var limits = Limits.handshake
  /// How many more bytes of requests the connection may hold.
  public var memoryBudget = Int.max
  /// How many bytes a frame of an upload may have now.
  public var uploadBudget = Int.max

  /// Bytes of a frame whose header is here and whose body is not.
  public var unfinishedBytes: Int { header.map { Int($0.bodyLength) } ?? 0 }

  private var buffer = ByteBuffer()
  /// Whether nobody else holds a slice of `buffer`, so that appending to it copies nothing.
  private var ownsBuffer = false
  private var header: FrameHeader?
  private var skipping = 0
  private var failure: WireError?

  public init() {}

  /// Takes bytes as they came from the network.
  public mutating func append(_ bytes: ByteBuffer) {
    var bytes = bytes
    if skipping > 0 {
      let skipped = min(skipping, bytes.readableBytes)
      bytes.moveReaderIndex(forwardBy: skipped)
      skipping -= skipped
    }
    if buffer.readableBytes == 0 {
      buffer = bytes
      ownsBuffer = false
    } else if ownsBuffer {
      buffer.writeBuffer(&bytes)
    } else {
      var joined = ByteBuffer()
      joined.reserveCapacity(buffer.readableBytes + bytes.readableBytes)
      joined.writeBuffer(&buffer)
      joined.writeBuffer(&bytes)
      buffer = joined
      ownsBuffer = true
    }
  }

  /// Takes exactly `count` bytes that are not a frame, or nil when fewer are here: the preface.
  public mutating func takeBytes(_ count: Int) -> [UInt8]? {
    buffer.readBytes(length: count)
  }

  /// The next whole frame, or nil when more bytes are needed.
  /// - Throws: the same error for ever after the first; the connection is beyond repair then.
  public mutating func next(_ codec: BodyCodec) throws(WireError) -> Output? {
    if let failure { throw failure }
    do throws(WireError) {
      return try decode(codec)
    } catch {
      failure = error
      buffer = ByteBuffer()
      throw error
    }
  }

  private mutating func decode(_ codec: BodyCodec) throws(WireError) -> Output? {
    if header == nil {
      guard let parsed = try FrameHeader.read(from: &buffer) else { return nil }
      try check(parsed)
      guard let type = FrameType(rawValue: parsed.type) else {
        skip(Int(parsed.bodyLength))
        return .ignored(parsed)
      }
      if Int(parsed.rawLength) > budget(of: type) {
        skip(Int(parsed.bodyLength))
        return .refused(parsed)
      }
      header = parsed
    }
    guard let header, let type = FrameType(rawValue: header.type), let encoding = BodyEncoding(rawValue: header.encoding),
      let body = buffer.readSlice(length: Int(header.bodyLength))
    else { return nil }
    self.header = nil
    ownsBuffer = false
    guard body.withUnsafeReadableBytes(Checksum.crc32) == header.bodyCRC else {
      throw WireError(.badChecksum, "the checksum of a frame's body does not match")
    }
    let raw = encoding == .stored ? body : try codec.inflate(body, encoding, rawLength: Int(header.rawLength))
    return .frame(Frame(type: type, flags: header.flags, streamID: header.streamID, body: raw))
  }

  private func budget(of type: FrameType) -> Int {
    switch type {
    case .request: memoryBudget
    case .upload: uploadBudget
    default: .max
    }
  }

  private mutating func skip(_ count: Int) {
    let here = min(count, buffer.readableBytes)
    buffer.moveReaderIndex(forwardBy: here)
    skipping = count - here
  }

  private func check(_ header: FrameHeader) throws(WireError) {
    guard header.bodyLength <= limits.maxFrameBytes else {
      throw WireError(
        .frameTooLarge, "a frame of \(header.bodyLength) bytes was announced; at most \(limits.maxFrameBytes) are allowed")
    }
    guard header.rawLength <= limits.maxMessageBytes else {
      throw WireError(
        .frameTooLarge, "a message of \(header.rawLength) bytes was announced; at most \(limits.maxMessageBytes) are allowed")
    }
    guard Int(header.rawLength) <= Wire.Limits.inflateRatio * Int(header.bodyLength) + Wire.Limits.inflateSlackBytes else {
      throw WireError(.badFrame, "a body of \(header.bodyLength) bytes cannot inflate to \(header.rawLength)")
    }
    guard let encoding = BodyEncoding(rawValue: header.encoding), encoding == .stored || limits.compression else {
      throw WireError(.badFrame, "codec \(header.encoding) is not allowed here")
    }
    guard encoding != .stored || header.rawLength == header.bodyLength else {
      throw WireError(.badFrame, "a stored body has two lengths, \(header.bodyLength) and \(header.rawLength)")
    }
    guard let type = FrameType(rawValue: header.type) else {
      guard header.type >= FrameType.firstIgnorable else {
        throw WireError(.badFrame, "frame type \(header.type) is not known")
      }
      return
    }
    let most = type.maxBytes ?? (type == .request ? limits.maxMessageBytes : limits.maxOtherBytes)
    guard header.rawLength <= most else {
      throw WireError(
        .frameTooLarge, "a frame of type \(header.type) has at most \(most) bytes; \(header.rawLength) were announced")
    }
    let unknown = header.flags.intersection(.mustUnderstand).subtracting(type.allowedFlags)
    guard unknown.isEmpty else {
      throw WireError(.badFrame, "flags \(unknown.rawValue) mean nothing on frame type \(header.type)")
    }
  }
}
