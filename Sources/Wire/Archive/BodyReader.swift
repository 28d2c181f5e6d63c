import NIOCore

/// Reads a `CheckpointBody` whose bytes come in pieces: entry by entry, so that nothing is held but the entries, and what is too
/// much is refused as soon as it is.
struct BodyReader {
  private let limit: TranscriptSize
  private var buffer = ByteBuffer()
  private(set) var size = TranscriptSize()

  init(limit: TranscriptSize) { self.limit = limit }

  /// The next piece of the body; `take` gets every entry that became whole.
  /// - Throws: `corrupt`
  mutating func read(_ piece: ByteBuffer, _ take: (TranscriptEntry) -> Void) throws(WireError) {
    buffer.discardReadBytes()
    buffer.writeImmutableBuffer(piece)
    while let entry = try next() {
      size.add(entry.entry, bytes: entry.bytes)
      guard size.fits(in: limit) else {
        throw WireError(.corrupt, "a stored body is too large: it has more than \(limit)")
      }
      take(entry.entry)
    }
  }

  /// - Throws: `corrupt` when the body ended in the middle of something.
  func end() throws(WireError) {
    guard buffer.readableBytes == 0 else { throw Self.unreadable("it is cut off") }
  }

  private mutating func next() throws(WireError) -> (entry: TranscriptEntry, bytes: Int)? {
    var rest = buffer
    while let key = try Self.varint(&rest) {
      guard key == tag(1, .lengthDelimited) else {
        guard try Self.skip(key, &rest) else { return nil }
        // A field that a newer version wrote.
        buffer = rest
        continue
      }
      guard let length = try Self.varint(&rest) else { return nil }
      guard length <= UInt64(limit.bytes) else { throw Self.unreadable("an entry is too long") }
      guard let bytes = rest.readSlice(length: Int(length)) else { return nil }
      defer { buffer = rest }
      let size = buffer.readableBytes - rest.readableBytes
      do throws(WireError) { return (try TranscriptEntry(decoding: bytes), size) } catch { throw Self.unreadable(error.message) }
    }
    return nil
  }

  /// - Returns: false when the field is not whole yet.
  private static func skip(_ key: UInt64, _ rest: inout ByteBuffer) throws(WireError) -> Bool {
    guard (1...536_870_911).contains(key >> 3) else { throw unreadable("field number \(key >> 3) is not allowed") }
    switch WireType(rawValue: key & 7) {
    case .varint: return try varint(&rest) != nil
    case .fixed64: return rest.readSlice(length: 8) != nil
    case .fixed32: return rest.readSlice(length: 4) != nil
    case .lengthDelimited:
      guard let length = try varint(&rest) else { return false }
      guard let count = Int(exactly: length) else { throw unreadable("a field is too long") }
      return rest.readSlice(length: count) != nil
    case nil: throw unreadable("wire type \(key & 7) is not allowed")
    }
  }

  /// nil when it is not whole yet.
  private static func varint(_ rest: inout ByteBuffer) throws(WireError) -> UInt64? {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.readInteger(as: UInt8.self) else { return nil }
      if shift == 63, byte > 1 { break }
      result |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return result }
    }
    throw unreadable("a number is longer than 64 bits")
  }

  private static func unreadable(_ why: String) -> WireError { WireError(.corrupt, "a checkpoint's body cannot be read: \(why)") }
}
