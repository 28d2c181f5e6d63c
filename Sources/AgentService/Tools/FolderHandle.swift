import Glibc
import Synchronization
import Wire

/// An open folder. Everything is done relative to it, and no symbolic link is ever followed below it.
struct FolderHandle: ~Copyable {
  /// What stands behind a name.
  enum Kind: Equatable {
    case missing
    /// Size in bytes.
    case file(UInt64)
    case folder
    /// A link, a pipe, a device.
    case other
  }

  private let descriptor: Int32

  private init(owning descriptor: Int32) { self.descriptor = descriptor }

  /// Opens a folder by its absolute path; its last segment may not be a link.
  init(opening path: String) throws(WireError) {
    descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw errno == ENOENT ? Self.missing(path) : Self.failure("open the folder", path)
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The folder with this name in this one.
  /// - Throws: `path_refused` when something else has the name, `not_found`, `local_io`.
  func folder(_ name: String, path: String? = nil, creating: Bool) throws(WireError) -> FolderHandle {
    let path = path ?? name
    if creating, mkdirat(descriptor, name, 0o700) != 0, errno != EEXIST { throw Self.failure("make the folder", path) }
    let opened = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard opened < 0 else { return FolderHandle(owning: opened) }
    switch errno {
    case ELOOP, ENOTDIR: throw ResultsPath.refused(path, "goes through '\(name)', which is a link or a file, not a folder")
    case ENOENT: throw Self.missing(path)
    default: throw Self.failure("open the folder", path)
    }
  }

  /// Sees to it that nobody else can look into this folder.
  func makePrivate(_ name: String) throws(WireError) {
    guard fchmod(descriptor, 0o700) == 0 else { throw Self.failure("make private the folder", name) }
  }

  func kind(of name: String) -> Kind {
    var info = stat()
    guard fstatat(descriptor, name, &info, AT_SYMLINK_NOFOLLOW) == 0 else { return .missing }
    switch info.st_mode & S_IFMT {
    case S_IFREG: return .file(UInt64(clamping: info.st_size))
    case S_IFDIR: return .folder
    default: return .other
    }
  }

  /// Every name in the folder, without `.` and `..`; names that are not UTF-8 are left out.
  func names() throws(WireError) -> [String] {
    // The stream owns its descriptor, so it gets one of its own.
    let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard own >= 0, let stream = fdopendir(own) else {
      let error = Self.failure("list the folder", ".")
      if own >= 0 { close(own) }
      throw error
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let name, name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Puts a file with this content in place of what has the name, in one step.
  /// - Parameter path: the whole path, for messages.
  func replace(_ name: String, with content: [UInt8], _ path: String) throws(WireError) {
    switch kind(of: name) {
    case .missing, .file: break
    case .folder: throw ResultsPath.refused(path, "is a folder")
    case .other: throw ResultsPath.refused(path, "is a link or a special file")
    }
    let (file, temporary) = makeTemporary()
    guard file >= 0 else { throw Self.failure("write", path) }
    let isWritten = Self.write(content, to: file)
    let failure = Self.failure("write", path)
    close(file)
    guard isWritten else {
      unlinkat(descriptor, temporary, 0)
      throw failure
    }
    guard renameat(descriptor, temporary, descriptor, name) == 0 else {
      let failure = Self.failure("write", path)
      unlinkat(descriptor, temporary, 0)
      throw failure
    }
  }

  /// Removes what has the name; of a folder everything in it first. What is gone already counts as removed.
  func removeTree(_ name: String) throws(WireError) {
    if kind(of: name) == .folder {
      let inner = try folder(name, creating: false)
      for child in try inner.names() { try inner.removeTree(child) }
      guard unlinkat(descriptor, name, AT_REMOVEDIR) == 0 || errno == ENOENT else { throw Self.failure("remove", name) }
    } else {
      guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else { throw Self.failure("remove", name) }
    }
  }

  /// The content of a regular file.
  func content(of name: String, _ path: String, maxBytes: Int) throws(WireError) -> [UInt8] {
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else {
      switch errno {
      case ENOENT: throw Self.missing(path)
      case ELOOP, ENXIO: throw ResultsPath.refused(path, "is a link or a special file")
      default: throw Self.failure("read", path)
      }
    }
    defer { close(file) }
    var info = stat()
    guard fstat(file, &info) == 0 else { throw Self.failure("read", path) }
    guard info.st_mode & S_IFMT == S_IFREG else { throw ResultsPath.refused(path, "is not a file") }
    guard info.st_size <= maxBytes else { throw Self.tooLarge(path, maxBytes) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = Glibc.read(file, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Self.failure("read", path) }
      if count == 0 { return content }
      content += chunk.prefix(count)
      guard content.count <= maxBytes else { throw Self.tooLarge(path, maxBytes) }
    }
  }

  private static func write(_ content: [UInt8], to file: Int32) -> Bool {
    content.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Glibc.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }

  /// A new file whose name begins with a dot, so that no path of a tool can name it; the descriptor is negative on failure.
  private func makeTemporary() -> (file: Int32, name: String) {
    while true {
      let name = ".kai-\(getpid())-\(counter.add(1, ordering: .relaxed).newValue).tmp"
      let file = openat(descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
      // A process that was killed, with the same number as this one, may have left its own behind.
      if file >= 0 || errno != EEXIST { return (file, name) }
    }
  }

  static func failure(_ action: String, _ path: String) -> WireError {
    WireError(.localIo, "Cannot \(action) '\(path)': \(String(cString: strerror(errno))).")
  }

  private static func missing(_ path: String) -> WireError {
    WireError(.notFound, "There is no file '\(path)' in the session's folder.", hint: "See the files with 'list_files'.")
  }

  private static func tooLarge(_ path: String, _ maxBytes: Int) -> WireError {
    WireError(.limitExceeded, "The file '\(path)' is larger than \(maxBytes) bytes.")
  }
}

/// Numbers the temporary files of this process.
private let counter = Atomic<UInt64>(0)
