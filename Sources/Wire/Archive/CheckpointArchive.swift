public import NIOCore

/// How a checkpoint's body and snapshot are stored: a `CheckpointBody` in zlib format (RFC 1950) with a CRC-32 of the stored bytes.
/// Clients seal and open it; kai-session looks inside only when it takes a session's file.
public enum CheckpointArchive {
  /// What of a checkpoint the bytes are, which says how large it may be once inflated.
  public enum Part: Sendable {
    /// What a step added.
    case step
    /// The whole transcript.
    case snapshot

    var limit: TranscriptSize {
      switch self {
      case .step: .step
      case .snapshot: .transcript
      }
    }
  }

  /// A body as it travels and is stored.
  public struct Sealed: Sendable, Equatable {
    public let bytes: ByteBuffer
    /// CRC-32 of `bytes`.
    public let crc: UInt32
  }

  /// - Parameter keys: seal it end to end, too.
  /// - Throws: `limit_exceeded` when the body would be larger than a checkpoint's may be, compressed or not.
  public static func seal(
    _ body: CheckpointBody, as part: Part = .step, with keys: SealingKeys? = nil
  ) throws(WireError) -> Sealed {
    let size = TranscriptSize(body.entries)
    guard size.fits(in: part.limit) else {
      throw WireError(.limitExceeded, "the step has \(size); at most \(part.limit) are allowed")
    }
    var bytes = try WholeStream.deflate(body.encoded())
    if let keys { bytes = try keys.seal(bytes, as: .step) }
    guard bytes.readableBytes <= Limits.checkpointBytes else {
      throw WireError(
        .limitExceeded,
        "the step has \(bytes.readableBytes) compressed bytes; at most \(Limits.checkpointBytes) are allowed")
    }
    return Sealed(bytes: bytes, crc: bytes.withUnsafeReadableBytes(Checksum.crc32))
  }

  /// - Parameter keys: what may have been sealed end to end is opened with.
  /// - Throws: `corrupt` when the bytes do not match `crc`, are no whole zlib stream, hold no body or one that is larger than such a
  ///   part may be; `failed_precondition` without the key.
  public static func open(
    _ bytes: ByteBuffer, crc: UInt32, as part: Part = .step, with keys: SealingKeys? = nil
  ) throws(WireError) -> CheckpointBody {
    guard bytes.withUnsafeReadableBytes(Checksum.crc32) == crc else {
      throw WireError(.corrupt, "a checkpoint's bytes do not match their checksum")
    }
    var body = CheckpointBody()
    try read(try SealingKeys.open(bytes, as: .step, with: keys), part) { body.entries.append($0) }
    return body
  }

  /// Says whether a reader would take the bytes, and holds no more of them than one entry. What is sealed is taken as it is.
  /// - Throws: `corrupt`
  package static func check(_ bytes: ByteBuffer, as part: Part) throws(WireError) {
    guard !SealingKeys.isSealed(bytes) else { return }
    try read(bytes, part) { _ in }
  }

  /// Whether the bytes begin as a body must: with the head of a zlib stream without a dictionary (RFC 1950, 2.2), or sealed.
  package static func beginsAsBody(_ bytes: ByteBuffer) -> Bool {
    guard !SealingKeys.isSealed(bytes) else { return true }
    guard let head = bytes.getInteger(at: bytes.readerIndex, as: UInt16.self) else { return false }
    return head % 31 == 0 && (head >> 8) & 0x0f == 8 && head >> 12 <= 7 && head & 0x20 == 0
  }

  private static func read(
    _ bytes: ByteBuffer, _ part: Part, _ take: (TranscriptEntry) -> Void
  ) throws(WireError) {
    var reader = BodyReader(limit: part.limit)
    try WholeStream.inflate(bytes, maxBytes: part.limit.bytes) { (piece) throws(WireError) in
      try reader.read(piece, take)
    }
    try reader.end()
  }
}
