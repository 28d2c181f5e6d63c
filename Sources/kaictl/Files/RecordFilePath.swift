import Glibc
import NIOCore
import Wire

/// A file of records on this machine.
struct RecordFilePath {
  let path: String
  let file: RecordFile

  /// What a reader makes of a record.
  enum Verdict {
    case more
    /// It is the last: nothing may follow.
    case end
  }

  /// Reads from the beginning to the end.
  /// - Parameter progress: gets how much of the file was read and how much there is.
  /// - Throws: `local_io`, `corrupt` for anything but a whole file, and what `each` throws.
  func read(
    _ progress: (UInt64, UInt64) -> Void, _ each: (RecordFile.Record) throws(WireError) -> Verdict
  ) throws(WireError) {
    let input = try InputFile(path: path)
    var reader = RecordReader(file)
    var isOver = false
    while let piece = try input.next() {
      reader.append(piece)
      while let record = try reader.next() {
        guard !isOver else { throw file.damaged("it goes on behind its end") }
        isOver = try each(record) == .end
      }
      progress(input.readBytes, input.totalBytes)
    }
    guard isOver else { throw file.cutOff }
    guard reader.waitingBytes == 0 else { throw file.damaged("it goes on behind its end") }
  }
}

/// A file that is read in pieces, from its beginning.
final class InputFile {
  let totalBytes: UInt64
  private(set) var readBytes: UInt64 = 0
  private let path: String
  private let descriptor: Int32

  /// - Throws: `local_io`
  init(path: String) throws(WireError) {
    descriptor = try LocalFile.openForReading(path)
    self.path = path
    var status = stat()
    fstat(descriptor, &status)
    totalBytes = UInt64(status.st_size)
  }

  deinit { close(descriptor) }

  /// The next bytes, 256 KiB at most, or nil at the end.
  func next() throws(WireError) -> ByteBuffer? {
    var piece = ByteBuffer()
    var count = 0
    repeat {
      piece.writeWithUnsafeMutableBytes(minimumWritableBytes: Limits.chunkBytes) { space in
        count = Glibc.read(descriptor, space.baseAddress, Limits.chunkBytes)
        return max(0, count)
      }
    } while count < 0 && errno == EINTR
    guard count >= 0 else { throw LocalFile.failure("read", path) }
    readBytes += UInt64(count)
    return count == 0 ? nil : piece
  }
}

/// The pieces of a file, as an upload takes them.
struct FilePieces: AsyncSequence, AsyncIteratorProtocol {
  let file: InputFile
  /// Gets how much was read and how much there is.
  let progress: (UInt64, UInt64) -> Void

  func makeAsyncIterator() -> FilePieces { self }

  func next() async throws -> ByteBuffer? {
    progress(file.readBytes, file.totalBytes)
    return try file.next()
  }
}
