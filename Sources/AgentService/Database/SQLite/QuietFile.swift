import Glibc

/// A database file in the write-ahead mode that nobody writes to.
///
/// Read in the ordinary way, SQLite leaves a log and its index beside it, or cannot read it at all on media that is read-only. So it
/// is read without locks, which is right as long as it stays as it was; who reads asks afterwards.
struct QuietFile {
  private struct State: Equatable {
    var file: ino_t
    var size: off_t
    var seconds: Int
    var nanoseconds: Int
  }

  let path: String
  private let state: State

  /// - Returns: nil for a file in another mode, and for one with something in its log.
  init?(_ path: String) {
    guard Self.isWriteAhead(path), let state = Self.state(of: path) else { return nil }
    (self.path, self.state) = (path, state)
  }

  /// Whether nobody has written since, or is about to.
  var isSame: Bool { Self.state(of: path) == state }

  private static func state(of path: String) -> State? {
    var log = stat()
    guard stat(path + "-wal", &log) != 0 && errno == ENOENT else { return nil }
    var info = stat()
    guard stat(path, &info) == 0 else { return nil }
    return State(file: info.st_ino, size: info.st_size, seconds: info.st_mtim.tv_sec, nanoseconds: info.st_mtim.tv_nsec)
  }

  /// Both versions of the format in the header are 2 (sqlite.org/fileformat2.html, 1.3.3).
  private static func isWriteAhead(_ path: String) -> Bool {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    var header = [UInt8](repeating: 0, count: 20)
    return pread(file, &header, 20, 0) == 20 && header[18] == 2 && header[19] == 2
  }
}
