import CZlib

/// CRC-32 as zlib computes it (polynomial 0xEDB88320, reflected), the checksum of frames.
public enum Checksum {
  public static func crc32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    guard let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return 0 }
    return UInt32(truncatingIfNeeded: crc32_z(0, base, bytes.count))
  }
}
