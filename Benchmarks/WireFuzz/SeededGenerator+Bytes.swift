import NIOCore

extension SeededGenerator {
  /// Mostly small sizes, now and then a large one.
  mutating func size(upTo limit: Int) -> Int {
    number(0...min(limit, [4, 40, 400, 4_000, limit][number(0...4)]))
  }

  /// Bytes that repeat themselves (and so compress) or mostly do not.
  mutating func bytes(_ count: Int) -> ByteBuffer {
    let period = min(count, oneIn(2) ? number(1...60) : 2_000)
    var buffer = ByteBuffer()
    buffer.reserveCapacity(count)
    for _ in 0..<period { buffer.writeInteger(UInt8(truncatingIfNeeded: next())) }
    while buffer.readableBytes < count {
      let more = buffer.getSlice(at: 0, length: min(buffer.readableBytes, count - buffer.readableBytes)) ?? ByteBuffer()
      buffer.writeImmutableBuffer(more)
    }
    return buffer
  }
}
