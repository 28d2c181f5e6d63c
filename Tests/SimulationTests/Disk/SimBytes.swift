import Glibc

/// A file's bytes, outside of Swift's arrays: copying them must be fast in a debug build too.
final class SimBytes {
  private(set) var count = 0
  private var capacity = 0
  private var start: UnsafeMutableRawPointer?

  init() {}

  init(_ bytes: UnsafeRawBufferPointer) { write(bytes, at: 0) }

  deinit { free(start) }

  var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    let end = offset + bytes.count
    if end > capacity {
      capacity = max(end, 2 * capacity)
      start = realloc(start, capacity)
    }
    guard let start else { preconditionFailure("there is no memory for a simulated file") }
    if offset > count { memset(start + count, 0, offset - count) }
    memcpy(start + offset, source, bytes.count)
    count = max(count, end)
  }

  func truncate(to size: Int) { count = min(count, size) }

  /// Fills `target` from an offset on, with zeros where there is nothing.
  /// - Returns: how many bytes there were.
  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) -> Int {
    guard let wanted = target.baseAddress else { return 0 }
    let found = max(0, min(count - offset, target.count))
    if let start, found > 0 { memcpy(wanted, start + offset, found) }
    if found < target.count { memset(wanted + found, 0, target.count - found) }
    return found
  }

  func replace(by other: SimBytes) {
    truncate(to: 0)
    write(other.buffer, at: 0)
  }
}
