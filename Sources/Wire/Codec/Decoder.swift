import Glibc

/// Reads a message's proto3 bytes, which nobody has checked yet.
///
/// Fields written in rising order, as ours are, take one pass over the message's `fields`. Fields in another order, and
/// unknown ones, take a pass each; their number is limited, so that a hostile message costs no more than a large one.
public struct Decoder: FieldVisitor {
  /// What went wrong first, if anything did. Nothing is read after it.
  public private(set) var error: WireError?

  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private var end: Int
  private var depth = 0
  private var passes = 0
  /// The tag that waits to be taken by its field, or 0.
  private var pending: UInt64 = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    end = bytes.count
  }

  /// Reads fields into `message` until the current end.
  mutating func message<M: WireMessage>(_ message: inout M) {
    nextTag()
    while pending != 0 {
      let before = position
      message.read(from: &self)
      guard error == nil else { return }
      guard pending != 0 else { return }
      if position == before { skip() }
      passes += 1
      if passes > Limits.maxDecodePasses {
        return fail("the message has too many unknown or unordered fields; write fields in rising order")
      }
    }
  }

  // MARK: The bytes

  private mutating func fail(_ reason: String) {
    if error == nil { error = WireError(.badMessage, reason) }
    position = end
    pending = 0
  }

  private mutating func fail(_ name: StaticString, _ reason: String) {
    fail("field '\(name)': \(reason)")
  }

  @inline(__always)
  private mutating func nextTag() {
    guard position < end else {
      pending = 0
      return
    }
    let tag = varint()
    guard error == nil else { return }
    if tag >> 3 == 0 || tag >> 3 > 536_870_911 { return fail("field number \(tag >> 3) is not allowed") }
    pending = tag
  }

  @inline(__always)
  private mutating func varint() -> UInt64 {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while position < end {
      let byte = bytes[position]
      position += 1
      if shift == 63, byte > 1 { break }
      result |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return result }
      shift += 7
      if shift > 63 { break }
    }
    fail("a number is cut off or longer than 64 bits")
    return 0
  }

  /// The range of a length-delimited field; empty after a failure.
  @inline(__always)
  private mutating func span(_ name: StaticString, max: Int) -> Range<Int> {
    let length = varint()
    guard error == nil else { return 0..<0 }
    guard let count = Int(exactly: length), count <= end - position else {
      fail(name, "its length \(length) is more than what follows")
      return 0..<0
    }
    guard count <= max else {
      fail(name, "it has \(count) bytes; at most \(max) are allowed")
      return 0..<0
    }
    defer { position += count }
    return position..<position + count
  }

  private mutating func skip() {
    switch pending & 7 {
    case WireType.varint.rawValue: _ = varint()
    case WireType.fixed64.rawValue: advance(8)
    case WireType.lengthDelimited.rawValue: _ = span("unknown", max: .max)
    case WireType.fixed32.rawValue: advance(4)
    default: fail("wire type \(pending & 7) is not allowed")
    }
    if error == nil { nextTag() }
  }

  private mutating func advance(_ count: Int) {
    if count <= end - position { position += count } else { fail("a fixed field is cut off") }
  }

  @inline(__always)
  private func waits(_ number: Int, _ type: WireType) -> Bool { pending == tag(number, type) }

  // MARK: Values

  private mutating func text(_ name: StaticString, max: Int) -> String {
    let range = span(name, max: max)
    guard !range.isEmpty else { return "" }
    let source = UnsafeRawBufferPointer(rebasing: bytes[range])
    var text = String(decoding: source, as: UTF8.self)
    // What was not UTF-8 has been repaired, so it differs from what came. (Several times faster than a validating init.)
    let isIntact = text.withUTF8 { bytes in
      guard let ours = bytes.baseAddress, let theirs = source.baseAddress, bytes.count == source.count else { return false }
      return memcmp(ours, theirs, source.count) == 0
    }
    guard isIntact else {
      fail(name, "it is not valid UTF-8")
      return ""
    }
    return text
  }

  private mutating func uint32(_ name: StaticString) -> UInt32 {
    let value = varint()
    guard let exact = UInt32(exactly: value) else {
      fail(name, "\(value) does not fit in 32 bits")
      return 0
    }
    return exact
  }

  private mutating func bool(_ name: StaticString) -> Bool {
    let value = varint()
    if value > 1 { fail(name, "\(value) is not a boolean") }
    return value == 1
  }

  private mutating func double(_ name: StaticString) -> Double {
    guard end - position >= 8 else {
      fail(name, "it is cut off")
      return 0
    }
    defer { position += 8 }
    return Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)))
  }

  private mutating func nested<M: WireMessage>(_ name: StaticString, into value: inout M) {
    let range = span(name, max: .max)
    guard error == nil else { return }
    guard depth < Limits.maxMessageDepth else { return fail(name, "messages are nested too deeply") }
    let outerEnd = end
    position = range.lowerBound
    end = range.upperBound
    depth += 1
    message(&value)
    depth -= 1
    end = outerEnd
    if error == nil { position = range.upperBound } else { position = end }
  }

  // MARK: Fields

  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    while waits(number, .lengthDelimited) {
      value = text(name, max: max)
      nextTag()
    }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout String?, max: Int) {
    while waits(number, .lengthDelimited) {
      value = text(name, max: max)
      nextTag()
    }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt8], max: Int) {
    while waits(number, .lengthDelimited) {
      value = [UInt8](bytes[span(name, max: max)])
      nextTag()
    }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool) {
    while waits(number, .varint) {
      value = bool(name)
      nextTag()
    }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool?) {
    while waits(number, .varint) {
      value = bool(name)
      nextTag()
    }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32) {
    while waits(number, .varint) {
      value = uint32(name)
      nextTag()
    }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32?) {
    while waits(number, .varint) {
      value = uint32(name)
      nextTag()
    }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64) {
    while waits(number, .varint) {
      value = varint()
      nextTag()
    }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64?) {
    while waits(number, .varint) {
      value = varint()
      nextTag()
    }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64) {
    while waits(number, .varint) {
      value = Int64(bitPattern: varint())
      nextTag()
    }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64?) {
    while waits(number, .varint) {
      value = Int64(bitPattern: varint())
      nextTag()
    }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double) {
    while waits(number, .fixed64) {
      value = double(name)
      nextTag()
    }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double?) {
    while waits(number, .fixed64) {
      value = double(name)
      nextTag()
    }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Timestamp) {
    field(number, name, &value.microseconds)
  }
  public mutating func field<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E) {
    while waits(number, .varint) {
      value = UInt32(exactly: varint()).flatMap(E.init(rawValue:)) ?? .unspecified
      nextTag()
    }
  }
  public mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout M?) {
    while waits(number, .lengthDelimited) {
      var message = value ?? M()
      nested(name, into: &message)
      value = message
      if error == nil { nextTag() }
    }
  }
  public mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout [M], max: Int) {
    while waits(number, .lengthDelimited) {
      guard value.count < max else { return fail(name, "more than \(max) elements") }
      var element = M()
      nested(name, into: &element)
      value.append(element)
      if error == nil { nextTag() }
    }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout [String], max: Int, maxEach: Int) {
    while waits(number, .lengthDelimited) {
      guard value.count < max else { return fail(name, "more than \(max) elements") }
      value.append(text(name, max: maxEach))
      nextTag()
    }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt64], max: Int) {
    while true {
      if waits(number, .lengthDelimited) {
        let range = span(name, max: .max)
        let outerEnd = end
        position = range.lowerBound
        end = range.upperBound
        while position < end, error == nil {
          guard value.count < max else { return fail(name, "more than \(max) elements") }
          value.append(varint())
        }
        end = outerEnd
        guard error == nil else { return }
      } else if waits(number, .varint) {
        guard value.count < max else { return fail(name, "more than \(max) elements") }
        value.append(varint())
      } else {
        return
      }
      nextTag()
    }
  }
  public mutating func json(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    field(number, name, &value, max: max)
  }
  public mutating func secret(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    field(number, name, &value, max: max)
  }
}
