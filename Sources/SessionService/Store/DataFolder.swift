import Glibc
import Wire

/// The folder that holds everything durable. One process at a time may use it.
final class DataFolder: Sendable {
  let path: String
  /// Held open, and with it the lock, as long as this object lives. The kernel lets go of it when the process dies.
  private let lock: CInt

  var databasePath: String { path + "/kai.db" }

  /// Makes the folder when it is missing (0700) and takes its lock.
  /// - Throws: `data_folder_locked`, or `local_io` when it cannot be made or written.
  init(path: String) throws(WireError) {
    try Self.makeFolder(path)
    let lockPath = path + "/lock"
    let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure("the data folder '\(path)' cannot be written", errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      Glibc.close(descriptor)
      guard code == EWOULDBLOCK else { throw Self.failure("the data folder '\(path)' cannot be locked", code) }
      throw WireError(.dataFolderLocked, "another process uses the data folder '\(path)'")
    }
    self.path = path
    lock = descriptor
  }

  deinit { Glibc.close(lock) }

  /// Lets another process have the folder; nothing may be written through this object any more.
  func unlock() { flock(lock, LOCK_UN) }

  /// The bytes of a file in this folder, or nil when there is none.
  /// - Throws: `local_io`
  func read(_ name: String) throws(WireError) -> [UInt8]? { try Self.read(path: path + "/" + name) }

  /// The bytes of a small file, or nil when there is none.
  /// - Throws: `local_io`
  static func read(path: String) throws(WireError) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("'\(path)' cannot be read", errno)
    }
    defer { Glibc.close(descriptor) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      guard count >= 0 else { throw failure("'\(path)' cannot be read", errno) }
      if count == 0 { return content }
      content += chunk[..<count]
    }
  }

  /// Writes a file that only the owner may read, whole or not at all, and durably.
  /// - Throws: `local_io`
  func write(_ name: String, _ content: [UInt8]) throws(WireError) {
    try Self.writeDurably(path: path + "/" + name, content, mode: 0o600)
  }

  /// Gives a file of this folder another name, durably, over what was called so.
  /// - Throws: `local_io`
  func rename(_ name: String, to other: String) throws(WireError) {
    guard Glibc.rename(path + "/" + name, path + "/" + other) == 0 else {
      throw Self.failure("'\(path)/\(name)' cannot be renamed", errno)
    }
    try Self.syncFolder(of: path + "/" + other)
  }

  /// Removes a file of this folder, durably; nothing when there is none.
  /// - Throws: `local_io`
  func remove(_ name: String) throws(WireError) {
    guard unlink(path + "/" + name) != 0 else { return try Self.syncFolder(of: path + "/" + name) }
    guard errno == ENOENT else { throw Self.failure("'\(path)/\(name)' cannot be removed", errno) }
  }

  /// How many bytes a file has; nil when there is none.
  static func size(_ path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : nil
  }

  /// Writes beside the file, syncs, and renames over it: a crash leaves the old file or the new one.
  static func writeDurably(path: String, _ content: [UInt8], mode: mode_t) throws(WireError) {
    let temporary = path + ".new"
    let message = "'\(path)' cannot be written"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw failure(message, errno) }
    defer { Glibc.close(descriptor) }
    var written = 0
    while written < content.count {
      let count = content[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { throw failure(message, errno) }
      written += count
    }
    guard fsync(descriptor) == 0, Glibc.rename(temporary, path) == 0 else { throw failure(message, errno) }
    try syncFolder(of: path)
  }

  /// Copies a file, durably, over what was called so.
  /// - Throws: `local_io`
  static func copy(_ path: String, to copy: String) throws(WireError) {
    let source = open(path, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { throw failure("'\(path)' cannot be read", errno) }
    defer { Glibc.close(source) }
    let target = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard target >= 0 else { throw failure("'\(copy)' cannot be written", errno) }
    defer { Glibc.close(target) }
    var count = 0
    repeat {
      count = sendfile(target, source, nil, 1 << 30)
      guard count >= 0 else { throw failure("'\(copy)' cannot be written", errno) }
    } while count > 0
    guard fsync(target) == 0 else { throw failure("'\(copy)' cannot be synced", errno) }
    try syncFolder(of: copy)
  }

  private static func syncFolder(of path: String) throws(WireError) {
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("the folder '\(folder)' cannot be opened", errno) }
    defer { Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("the folder '\(folder)' cannot be synced", errno) }
  }

  private static func makeFolder(_ path: String) throws(WireError) {
    guard mkdir(path, 0o700) != 0 else { return try syncFolder(of: path) }
    guard errno == EEXIST else { throw failure("the data folder '\(path)' cannot be made", errno) }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw failure("'\(path)' is not a folder", ENOTDIR)
    }
    guard access(path, W_OK | X_OK) == 0 else { throw failure("the data folder '\(path)' cannot be written", errno) }
  }

  private static func failure(_ message: String, _ code: CInt) -> WireError {
    WireError(.localIo, "\(message): \(String(cString: strerror(code)))")
  }
}
