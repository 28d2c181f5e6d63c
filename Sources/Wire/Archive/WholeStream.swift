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
    var stream = z_stream()
    guard inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw WireError(.internalError, "zlib could not be set up")
    }
    defer { inflateEnd(&stream) }
    var out = ByteBuffer()
    var isWhole = false
    bytes.withUnsafeReadableBytes { source in
      // zlib does not write to its input; its C type predates const.
      stream.next_in = UnsafeMutablePointer(mutating: source.bindMemory(to: UInt8.self).baseAddress)
      stream.avail_in = UInt32(clamping: source.count)
      var status = Z_OK
      while status == Z_OK, out.readableBytes <= maxBytes {
        let room = max(16 * 1024, min(out.readableBytes, 4 * 1024 * 1024))
        _ = out.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
          stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
          stream.avail_out = UInt32(clamping: target.count)
          let before = stream.avail_out
          status = CZlib.inflate(&stream, Z_NO_FLUSH)
          return Int(before - stream.avail_out)
        }
      }
      isWhole = status == Z_STREAM_END && stream.avail_in == 0 && out.readableBytes <= maxBytes
    }
    guard isWhole else { throw WireError(.corrupt, "a stored body is cut off, damaged or too large") }
    return out
  }
}
