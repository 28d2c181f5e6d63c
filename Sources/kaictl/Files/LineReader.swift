import Glibc
import Wire

/// The lines of a file or of stdin, one after the other, however large the whole is.
struct LineReader {
  /// A longer line is refused.
  static let maxLineBytes = 1024 * 1024

  private let path: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false

  /// - Parameter path: `-` for stdin.
  init(path: String) throws(WireError) {
    self.path = path
    descriptor = path == "-" ? dup(0) : try LocalFile.openForReading(path)
    guard descriptor >= 0 else { throw LocalFile.failure("read", path) }
  }

  /// The next line without its end, or nil at the end of the file.
  mutating func next() throws(WireError) -> String? {
    while true {
      if let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = end + 1 }
        return try text(buffer[start..<end])
      }
      if isAtEnd {
        guard start < buffer.count else { return nil }
        defer { start = buffer.count }
        return try text(buffer[start...])
      }
      guard buffer.count - start <= Self.maxLineBytes else {
        throw WireError(.localIo, "'\(path)' has a line of more than \(Self.maxLineBytes) bytes")
      }
      try fill()
    }
  }

  func close() { _ = Glibc.close(descriptor) }

  private mutating func fill() throws(WireError) {
    buffer.removeFirst(start)
    start = 0
    var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    let count = read(descriptor, &chunk, chunk.count)
    if count < 0, errno != EINTR { throw LocalFile.failure("read", path) }
    if count == 0 { isAtEnd = true }
    if count > 0 { buffer += chunk[..<count] }
  }

  private func text(_ bytes: ArraySlice<UInt8>) throws(WireError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw WireError(.localIo, "'\(path)' is not UTF-8 text")
    }
    return text
  }
}
