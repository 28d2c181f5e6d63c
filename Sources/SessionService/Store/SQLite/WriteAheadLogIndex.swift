import Glibc

/// What the index beside a write-ahead log says of it: how many frames were committed, and how many of them stand in the database
/// already. (Format: sqlite.org/walformat.html, "WAL-Index File Format"; it has the machine's own order of bytes.)
///
/// SQLite writes there only when the frames have been synced, and puts a file of a process that was killed aside without a look. After a
/// loss of power it may be older than the log, and then says less than there is.
struct WriteAheadLogIndex {
  /// Frames of the log that are committed.
  let frames: Int
  /// The first of them that stand in the database, durably.
  let copiedFrames: Int
  /// The eight bytes that are in the log's header, too.
  let salts: [UInt8]

  private static let headerBytes = 48

  /// - Returns: nil when there is no index, or when its two headers are not one sound header twice.
  init?(path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 2 * Self.headerBytes + 4)
    guard pread(descriptor, &bytes, bytes.count, 0) == bytes.count else { return nil }
    let word = { (offset: Int) -> UInt32 in bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) } }
    let header = bytes[..<Self.headerBytes]
    guard header.elementsEqual(bytes[Self.headerBytes..<(2 * Self.headerBytes)]), bytes[12] == 1,
      WriteAheadLogCheck.sum(header[..<40], UInt32(1).bigEndian == 1, (0, 0)) == (word(40), word(44))
    else { return nil }
    frames = Int(word(16))
    copiedFrames = Int(word(2 * Self.headerBytes))
    salts = Array(bytes[32..<40])
  }
}
