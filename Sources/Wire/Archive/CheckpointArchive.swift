public import NIOCore

/// How a checkpoint's body and snapshot are stored: a `CheckpointBody` in zlib format (RFC 1950) with a CRC-32 of the stored bytes.
/// Clients seal and open it; kai-session never looks inside.
public enum CheckpointArchive {
  /// The largest body that is opened, in bytes once inflated.
  public static let maxInflatedBytes = 256 * 1024 * 1024

  /// A body as it travels and is stored.
  public struct Sealed: Sendable, Equatable {
    public let bytes: ByteBuffer
    /// CRC-32 of `bytes`.
    public let crc: UInt32
  }

  /// - Parameter keys: seal it end to end, too.
  /// - Throws: `limit_exceeded` when the compressed body would be larger than a checkpoint may be.
  public static func seal(_ body: CheckpointBody, with keys: SealingKeys? = nil) throws(WireError) -> Sealed {
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
  /// - Throws: `corrupt` when the bytes do not match `crc`, are no whole zlib stream, or hold no body; `failed_precondition` without the key.
  public static func open(_ bytes: ByteBuffer, crc: UInt32, with keys: SealingKeys? = nil) throws(WireError) -> CheckpointBody {
    guard bytes.withUnsafeReadableBytes(Checksum.crc32) == crc else {
      throw WireError(.corrupt, "a checkpoint's bytes do not match their checksum")
    }
    let raw = try WholeStream.inflate(try SealingKeys.open(bytes, as: .step, with: keys), maxBytes: maxInflatedBytes)
    do throws(WireError) {
      return try CheckpointBody(decoding: raw)
    } catch {
      throw WireError(.corrupt, "a checkpoint's body cannot be read: \(error.message)")
    }
  }
}
