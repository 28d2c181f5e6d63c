import Glibc
import Wire

/// Whole small files of this machine.
enum LocalFile {
  /// The content of a file.
  /// - Parameter limit: in bytes; a larger file is refused.
  static func read(_ path: String, limit: Int = 1024 * 1024) throws(WireError) -> [UInt8] {
    let descriptor = try openForReading(path)
    defer { close(descriptor) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count == 0 { return content }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("read", path)
      }
      content += chunk[..<count]
      guard content.count <= limit else {
        throw WireError(.localIo, "'\(path)' is larger than \(Quantities.bytes(UInt64(limit)))")
      }
    }
  }

  /// Opens a file, and nothing that may make its reader wait for somebody: a named pipe waits for a writer, a terminal for a person. What
  /// the process was started with is taken whatever it is: stdin, and what a shell's `<(…)` leaves in `/dev/fd`.
  /// - Throws: `local_io`
  static func openForReading(_ path: String) throws(WireError) -> Int32 {
    var status = stat()
    guard stat(path, &status) == 0 else { throw failure("read", path) }
    let isFile = status.st_mode & S_IFMT == S_IFREG
    let isOurs = path == "/dev/stdin" || path.hasPrefix("/dev/fd/") || path.hasPrefix("/proc/self/fd/")
    guard isFile || isOurs else {
      throw WireError(
        .localIo, "'\(path)' is \(kind(status.st_mode)), not a file", hint: "Give the path of a file with the content in it.")
    }
    // Should another thing stand there by now, it is not waited for either.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | (isFile ? O_NONBLOCK : 0))
    guard descriptor >= 0 else { throw failure("read", path) }
    return descriptor
  }

  private static func kind(_ mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFDIR: "a folder"
    case S_IFIFO: "a named pipe"
    case S_IFSOCK: "a socket"
    default: "a device"
    }
  }

  /// The UTF-8 text of a file.
  static func readText(_ path: String) throws(WireError) -> String {
    guard let text = String(validating: try read(path), as: UTF8.self) else {
      throw WireError(.localIo, "'\(path)' is not UTF-8 text")
    }
    return text
  }

  /// The permission bits of a file, or nil when there is none.
  static func permissions(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Before the work; ``AtomicFile`` looks again at its end.
  /// - Throws: `already_exists`
  static func requireFree(_ path: String, force: Bool) throws(WireError) {
    if !force, exists(path) { throw taken(path) }
  }

  static func taken(_ path: String) -> WireError {
    WireError(.alreadyExists, "'\(path)' exists already", hint: "Choose another name, or use --force.")
  }

  /// `path` from the root, so that it still means the same in another folder.
  static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let folder = getcwd(nil, 0) else { return path }
    defer { free(folder) }
    var plain = path[...]
    while plain.hasPrefix("./") { plain = plain.dropFirst(2) }
    return String(cString: folder) + (plain.isEmpty ? "" : "/" + plain)
  }

  /// Makes a folder and those above it that are missing.
  static func makeFolder(_ path: String, mode: mode_t) throws(WireError) {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += made.isEmpty || made.hasSuffix("/") ? String(part) : "/" + part
      guard mkdir(made, mode) == 0 || errno == EEXIST else { throw failure("make the folder", made) }
    }
  }

  /// A new folder of our own, for the owner alone.
  static func makeTemporaryFolder() throws(WireError) -> String {
    var template = Array("\(Environment["TMPDIR"] ?? "/tmp")/kaictl-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw failure("make a folder in", Environment["TMPDIR"] ?? "/tmp") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Where a symbolic link leads.
  static func linkTarget(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// What the last system call said, as an error that names the file.
  static func failure(_ verb: String, _ path: String) -> WireError {
    WireError(.localIo, "cannot \(verb) '\(path)': \(String(cString: strerror(errno)))")
  }
}
