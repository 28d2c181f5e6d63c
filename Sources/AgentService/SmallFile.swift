import Glibc
import Wire

/// Files of a few bytes: keys and ready files.
enum SmallFile {
  static let maxBytes = 16 * 1024

  /// - Throws: `local_io`.
  static func text(of path: String) throws(WireError) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure("open", path) }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: maxBytes)
    let count = read(file, &bytes, maxBytes)
    guard count >= 0 else { throw failure("read", path) }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }

  /// Writes a file beside the old one and puts it in its place; a failure leaves the old one.
  static func replace(_ path: String, with text: String) {
    let partial = path + ".partial"
    let file = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { return }
    let bytes = Array(text.utf8)
    let written = write(file, bytes, bytes.count)
    close(file)
    if written == bytes.count { rename(partial, path) } else { unlink(partial) }
  }

  private static func failure(_ verb: String, _ path: String) -> WireError {
    WireError(.localIo, "cannot \(verb) \(path): \(String(cString: strerror(errno)))")
  }
}
