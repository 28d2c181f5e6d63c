import Glibc
import Wire

/// Looks through a write-ahead log before SQLite recovers from it. SQLite takes a frame that does not match its checksum for the end of the
/// log, and silently forgets what is behind it: right after a loss of power, when only the transaction under way can be torn, and wrong
/// when bytes were damaged. (Format: sqlite.org/fileformat2.html, "The Write-Ahead Log".)
///
/// What the log's index says of it is held against it too: a log that is missing, emptied, cut off or has no header any more looks sound.
///
/// Every commit is synced before the next begins, so at most one transaction can be torn, and its commit frame is the last of all. A
/// commit with anything behind it, or two, behind a frame that is damaged were acknowledged.
struct WriteAheadLogCheck {
  /// Counted from 1; 0 is the log's own header, or a log that is not there.
  let damagedFrame: Int
  /// Acknowledged commits behind it, which SQLite would forget; 0 when they are gone.
  let commits: Int
  /// What is wrong, as a part of a sentence.
  var sentence: String {
    commits == 0
      ? "is missing or cut off at frame \(damagedFrame): its index says that there were more, acknowledged and not yet in the database"
      : "is damaged at frame \(damagedFrame): \(commits) acknowledged commits stand behind it"
  }

  private static let headerBytes = 32
  private static let frameHeaderBytes = 24

  /// - Parameters:
  ///   - path: of the log.
  ///   - index: what its index says; nil when nothing is known.
  /// - Returns: nil when the log is sound or torn as a crash may tear it, or when there is none and should be none.
  /// - Throws: `local_io`
  init?(path: String, index: WriteAheadLogIndex? = nil) throws(WireError) {
    let owed = index.map { $0.frames > $0.copiedFrames ? $0.frames : 0 } ?? 0
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      guard errno == ENOENT else {
        throw WireError(.localIo, "'\(path)' cannot be read: \(String(cString: strerror(errno)))")
      }
      guard owed > 0 else { return nil }
      (damagedFrame, commits) = (0, 0)
      return
    }
    defer { close(descriptor) }
    var header = [UInt8](repeating: 0, count: Self.headerBytes)
    guard Self.fill(&header, from: descriptor), Self.isPageSize(Int(Self.word(header, 2))) else {
      guard owed > 0 else { return nil }
      (damagedFrame, commits) = (0, 0)
      return
    }
    let word = { (bytes: [UInt8], index: Int) -> UInt32 in Self.word(bytes, index) }
    // The magic's last bit says in which order of bytes the sums are made.
    let isBigEndian = word(header, 0) & 1 == 1
    let pageBytes = Int(word(header, 2))
    var previous = (word(header, 6), word(header, 7))
    var damaged: Int?
    if Self.sum(header[..<24], isBigEndian, (0, 0)) != previous { damaged = 0 }
    var salts = (word(header, 4), word(header, 5))
    var frame = [UInt8](repeating: 0, count: Self.frameHeaderBytes + pageBytes)
    var (number, commitsBehind, isAfterCommit) = (0, 0, false)
    while Self.fill(&frame, from: descriptor) {
      number += 1
      if damaged == 0, number == 1 { salts = (word(frame, 2), word(frame, 3)) }
      let stored = (word(frame, 4), word(frame, 5))
      var sum = Self.sum(frame[..<8], isBigEndian, previous)
      sum = Self.sum(frame[Self.frameHeaderBytes...], isBigEndian, sum)
      let isSound = sum == stored && (word(frame, 2), word(frame, 3)) == salts
      previous = stored
      guard damaged != nil else {
        if !isSound { damaged = number }
        continue
      }
      guard isSound else { continue }
      if commitsBehind > 0 { isAfterCommit = true }
      if word(frame, 1) != 0 { commitsBehind += 1 }
    }
    if let damaged, isAfterCommit {
      (damagedFrame, commits) = (damaged, commitsBehind)
      return
    }
    let soundFrames = damaged.map { max(0, $0 - 1) } ?? number
    guard let index, index.salts == Array(header[16..<24]), soundFrames < owed else { return nil }
    (damagedFrame, commits) = (soundFrames + 1, 0)
  }

  private static func isPageSize(_ bytes: Int) -> Bool { bytes >= 512 && bytes <= 65_536 && bytes & (bytes - 1) == 0 }

  private static func word(_ bytes: [UInt8], _ index: Int) -> UInt32 {
    bytes[(4 * index)..<(4 * index + 4)].reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// SQLite's checksum of pairs of words, going on from another.
  static func sum(_ bytes: ArraySlice<UInt8>, _ isBigEndian: Bool, _ start: (UInt32, UInt32)) -> (UInt32, UInt32) {
    bytes.withUnsafeBytes { raw in
      var (first, second) = start
      for offset in stride(from: 0, to: raw.count, by: 8) {
        let pair = (
          raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self),
          raw.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
        )
        first &+= (isBigEndian ? UInt32(bigEndian: pair.0) : UInt32(littleEndian: pair.0)) &+ second
        second &+= (isBigEndian ? UInt32(bigEndian: pair.1) : UInt32(littleEndian: pair.1)) &+ first
      }
      return (first, second)
    }
  }

  /// - Returns: false where the file ends before.
  private static func fill(_ bytes: inout [UInt8], from descriptor: Int32) -> Bool {
    var count = 0
    while count < bytes.count {
      let got = bytes[count...].withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { return false }
      count += got
    }
    return true
  }
}
