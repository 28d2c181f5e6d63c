import CZlib
import NIOCore

/// Whole zlib streams whose inflated size is not known beforehand.
enum WholeStream {
  static let level: Int32 = 6

  static func deflate(_ bytes: [UInt8]) throws(WireError) -> ByteBuffer {
    var out = ByteBuffer()
    var status = Z_OK
    _ = out.writeWithUnsafeMutableBytes(minimumWritableBytes: Int(compressBound(UInt(bytes.count)))) { target in
      var size = UInt(target.count)
      status = compress2(target.bindMemory(to: UInt8.self).baseAddress, &size, bytes, UInt(bytes.count), level)
      return status == Z_OK ? Int(size) : 0
    }
    guard status == Z_OK else { throw WireError(.internalError, "zlib could not compress: status \(status)") }
    return out
  }

  /// - Throws: `corrupt` unless `bytes` is exactly one zlib stream of at most `maxBytes`.
  static func inflate(_ bytes: ByteBuffer, maxBytes: Int) throws(WireError) -> ByteBuffer {
    var out = ByteBuffer()
    try inflate(bytes, maxBytes: maxBytes) { (piece) throws(WireError) in out.writeImmutableBuffer(piece) }
    return out
  }

  private static let pieceBytes = 64 * 1024

  /// Hands over what `bytes` inflate to in pieces, and stops at once when `take` throws.
  /// - Throws: `corrupt` unless `bytes` is exactly one zlib stream of at most `maxBytes`; what `take` throws.
  static func inflate(
    _ bytes: ByteBuffer, maxBytes: Int, _ take: (ByteBuffer) throws(WireError) -> Void
  ) throws(WireError) {
    var stream = z_stream()
    guard inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw WireError(.internalError, "zlib could not be set up")
    }
    defer { inflateEnd(&stream) }
    var source = bytes
    var piece = ByteBuffer()
    var status = Z_OK
    var inflated = 0
    // Each round gives all the bytes that are left: zlib says how far it came.
    while status == Z_OK, inflated <= maxBytes {
      piece.clear(minimumCapacity: pieceBytes)
      let used = source.withUnsafeReadableBytes { left in
        // zlib does not write to its input; its C type predates const.
        stream.next_in = UnsafeMutablePointer(mutating: left.bindMemory(to: UInt8.self).baseAddress)
        stream.avail_in = UInt32(clamping: left.count)
        _ = piece.writeWithUnsafeMutableBytes(minimumWritableBytes: pieceBytes) { target in
          stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
          stream.avail_out = UInt32(clamping: target.count)
          let before = stream.avail_out
          status = CZlib.inflate(&stream, Z_NO_FLUSH)
          return Int(before - stream.avail_out)
        }
        return left.count - Int(stream.avail_in)
      }
      source.moveReaderIndex(forwardBy: used)
      inflated += piece.readableBytes
      guard inflated <= maxBytes else { break }
      try take(piece)
    }
    guard status == Z_STREAM_END, source.readableBytes == 0, inflated <= maxBytes else {
      throw WireError(.corrupt, "a stored body is cut off, damaged or too large")
    }
  }
}
