import CZlib
import NIOCore

/// Compresses and inflates bodies: one deflate and one inflate stream, made when first needed and used again for every frame of every
/// connection of an event loop. No frame depends on another one.
public final class BodyCodec {
  // zlib keeps a pointer to its stream inside its state, so the stream must not move.
  private var deflater: UnsafeMutablePointer<z_stream>?
  private var inflater: UnsafeMutablePointer<z_stream>?

  public init() {}

  deinit {
    if let deflater {
      deflateEnd(deflater)
      deflater.deallocate()
    }
    if let inflater {
      inflateEnd(inflater)
      inflater.deallocate()
    }
  }

  /// Beyond this size a body fills its own window, and the dictionary costs more than it saves.
  static let dictionaryUpToBytes = 32 * 1024

  /// Which codec pays for a body of this size.
  static func encoding(forSize size: Int) -> BodyEncoding {
    if size < Limits.compressWithDictionaryFromBytes { return .stored }
    return size <= dictionaryUpToBytes ? .zlibWithDictionary : .zlib
  }

  /// Compresses the bytes of `out` from `start` to its end in place, if they are enough and it saves a tenth of them.
  func deflateBody(of out: inout ByteBuffer, from start: Int) -> BodyEncoding {
    let size = out.writerIndex - start
    let encoding = Self.encoding(forSize: size)
    guard encoding != .stored, let stream = readyDeflater(encoding) else { return .stored }
    let room = size - (size + 9) / 10
    var compressed = ByteBuffer()
    let offset = start - out.readerIndex
    let isSmaller = out.withUnsafeMutableReadableBytes { bytes in
      let body = UnsafeMutableRawBufferPointer(rebasing: bytes[offset...])
      let written = compressed.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
        stream.pointee.next_in = body.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_in = UInt32(truncatingIfNeeded: size)
        stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(truncatingIfNeeded: room)
        let ended = CZlib.deflate(stream, Z_FINISH) == Z_STREAM_END
        return ended ? room - Int(stream.pointee.avail_out) : 0
      }
      return written > 0
    }
    guard isSmaller else { return .stored }
    out.moveWriterIndex(to: start)
    out.writeBuffer(&compressed)
    return encoding
  }

  /// Inflates a body to exactly `rawLength` bytes, which the caller has held against its limits.
  /// - Throws: `bad_frame` when the body is not one whole zlib stream of exactly that size.
  func inflate(_ body: ByteBuffer, _ encoding: BodyEncoding, rawLength: Int) throws(WireError) -> ByteBuffer {
    guard rawLength > 0, body.readableBytes > 0, let stream = readyInflater() else {
      throw WireError(.badFrame, "an empty body cannot be compressed")
    }
    var raw = ByteBuffer()
    var isExact = false
    body.withUnsafeReadableBytes { source in
      _ = raw.writeWithUnsafeMutableBytes(minimumWritableBytes: rawLength) { target in
        // zlib does not write to its input; its C type predates const.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: source.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(truncatingIfNeeded: source.count)
        stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(truncatingIfNeeded: rawLength)
        var status = CZlib.inflate(stream, Z_FINISH)
        if status == Z_NEED_DICT, encoding == .zlibWithDictionary, setDictionary(stream, inflateSetDictionary) {
          status = CZlib.inflate(stream, Z_FINISH)
        }
        isExact = status == Z_STREAM_END && stream.pointee.avail_out == 0 && stream.pointee.avail_in == 0
        return rawLength
      }
    }
    guard isExact else {
      throw WireError(.badFrame, "a compressed body does not inflate to the \(rawLength) bytes it announced")
    }
    return raw
  }

  private func readyDeflater(_ encoding: BodyEncoding) -> UnsafeMutablePointer<z_stream>? {
    if let deflater {
      guard deflateReset(deflater) == Z_OK else { return nil }
    } else {
      let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
      stream.initialize(to: z_stream())
      guard deflateInit_(stream, 1, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
        stream.deallocate()
        return nil
      }
      deflater = stream
    }
    guard let deflater else { return nil }
    if encoding == .zlibWithDictionary, !setDictionary(deflater, deflateSetDictionary) { return nil }
    return deflater
  }

  private func readyInflater() -> UnsafeMutablePointer<z_stream>? {
    if let inflater { return inflateReset(inflater) == Z_OK ? inflater : nil }
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      stream.deallocate()
      return nil
    }
    inflater = stream
    return stream
  }

  private func setDictionary(
    _ stream: UnsafeMutablePointer<z_stream>,
    _ set: (UnsafeMutablePointer<z_stream>?, UnsafePointer<UInt8>?, UInt32) -> Int32
  ) -> Bool {
    PresetDictionary.bytes.withUnsafeBufferPointer { set(stream, $0.baseAddress, UInt32(truncatingIfNeeded: $0.count)) } == Z_OK
  }
}
