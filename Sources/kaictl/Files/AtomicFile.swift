import Glibc
import NIOCore
import Wire

/// A file that appears under its name only when it is whole: written beside it, then renamed.
final class AtomicFile {
  private let path: String
  private let temporary: String
  private let descriptor: Int32

  /// Opens a new file beside `path`.
  /// - Parameter mode: its permission bits, less the umask.
  init(path: String, mode: mode_t) throws(WireError) {
    let temporary = path + ".\(getpid()).part"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw LocalFile.failure("write", temporary) }
    self.path = path
    self.temporary = temporary
    self.descriptor = descriptor
  }

  /// Appends the readable bytes.
  func write(_ content: ByteBuffer) throws(WireError) {
    guard content.withUnsafeReadableBytes({ writeAll($0) }) else { throw LocalFile.failure("write", temporary) }
  }

  /// Says whether all was written; if not, `errno` tells why.
  private func writeAll(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if written < 0 {
        if errno == EINTR { continue }
        return false
      }
      rest = rest.dropFirst(written)
    }
    return true
  }

  /// Gives the file its name, durably.
  /// - Parameter overwrite: false refuses, without a race, when the name is taken.
  func commit(overwrite: Bool) throws(WireError) {
    guard fsync(descriptor) == 0 else { throw LocalFile.failure("write", temporary) }
    if overwrite {
      guard rename(temporary, path) == 0 else { throw LocalFile.failure("write", path) }
      return
    }
    guard link(temporary, path) == 0 else {
      if errno == EEXIST { throw LocalFile.taken(path) }
      throw LocalFile.failure("write", path)
    }
  }

  // After a rename there is nothing left to remove under the temporary name.
  deinit {
    close(descriptor)
    unlink(temporary)
  }

  /// Writes a whole file at once.
  static func write(_ text: String, to path: String, mode: mode_t, overwrite: Bool) throws(WireError) {
    let file = try AtomicFile(path: path, mode: mode)
    try file.write(ByteBuffer(string: text))
    try file.commit(overwrite: overwrite)
  }
}
