import Glibc
import Wire

/// The files in which a store writes: that they are still where they were, and have room for what SQLite maps into memory.
///
/// A file that was removed goes on taking writes, and they are gone when the process ends.
final class StoreFiles {
  private struct File {
    let path: String
    let device: UInt
    let inode: UInt

    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      (self.path, device, inode) = (path, UInt(status.st_dev), UInt(status.st_ino))
    }

    var isInPlace: Bool {
      var status = stat()
      return stat(path, &status) == 0 && UInt(status.st_ino) == inode && UInt(status.st_dev) == device
    }
  }

  private let files: [File]
  /// SQLite's index of the log. It stays open: closing it would take away the locks that SQLite holds on it in this process
  /// (sqlite.org/howtocorrupt.html, 2.2).
  private let index: CInt

  /// The index of a log of 128 Ki pages, in bytes; see sqlite.org/walformat.html, "WAL-Index File Format".
  private static let indexBytes = 1_048_576

  /// Remembers the files of a store that is open, and gives the index its room, which must be done before there are readers. A store that is not in the file system has none.
  /// - Parameter path: of the database.
  /// - Throws: `storage_full` when the disk has no room for the index.
  init(_ path: String) throws(WireError) {
    files = [path, path + "-wal"].compactMap(File.init)
    index = open(path + "-shm", O_RDWR | O_CLOEXEC)
    guard index >= 0, posix_fallocate(index, 0, off_t(Self.indexBytes)) == ENOSPC else { return }
    throw WireError(
      .storageFull, "the disk of '\(path)' has no room for the index of its log: \(Self.indexBytes / 1_024) KiB",
      hint: "Free some space and start again.")
  }

  deinit {
    if index >= 0 { close(index) }
  }

  /// Why nothing that is written now would last; nil when everything is in its place.
  var loss: WireError? {
    guard let file = files.first(where: { !$0.isInPlace }) else { return nil }
    return WireError(
      .storageFailed, "'\(file.path)' was removed or replaced while it was in use: nothing is written any more",
      hint: "Put back what was there, or restore a backup, and start again.")
  }
}
