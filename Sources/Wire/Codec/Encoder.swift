/// Writes a message's proto3 bytes into memory that a ``Sizer`` has measured.
public struct Encoder: FieldVisitor {
  private let target: UnsafeMutableRawBufferPointer
  /// How many bytes are written.
  private(set) var position = 0

  /// - Parameter target: exactly as large as the ``Sizer`` said; writing past it traps, because the sizer is ours.
  init(_ target: UnsafeMutableRawBufferPointer) {
    self.target = target
  }

  @inline(__always)
  private mutating func varint(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      target[position] = UInt8(truncatingIfNeeded: value) | 0x80
      position += 1
      value >>= 7
    }
    target[position] = UInt8(truncatingIfNeeded: value)
    position += 1
  }

  @inline(__always)
  private mutating func put(_ number: Int, varint value: UInt64) {
    varint(tag(number, .varint))
    varint(value)
  }

  @inline(__always)
  private mutating func put(_ number: Int, text: String) {
    var text = text
    text.withUTF8 { put(number, bytes: UnsafeRawBufferPointer($0)) }
  }

  @inline(__always)
  private mutating func put(_ number: Int, bytes: UnsafeRawBufferPointer) {
    varint(tag(number, .lengthDelimited))
    varint(UInt64(bytes.count))
    UnsafeMutableRawBufferPointer(rebasing: target[position..<position + bytes.count]).copyMemory(from: bytes)
    position += bytes.count
  }

  @inline(__always)
  private mutating func put(_ number: Int, double: Double) {
    varint(tag(number, .fixed64))
    target.storeBytes(of: double.bitPattern.littleEndian, toByteOffset: position, as: UInt64.self)
    position += 8
  }

  private mutating func put<M: WireMessage>(_ number: Int, message: M) {
    varint(tag(number, .lengthDelimited))
    varint(UInt64(message.encodedSize))
    message.write(to: &self)
  }

  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    if !value.isEmpty { put(number, text: value) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout String?, max: Int) {
    if let text = value { put(number, text: text) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt8], max: Int) {
    if !value.isEmpty { value.withUnsafeBytes { put(number, bytes: $0) } }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool) {
    if value { put(number, varint: 1) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool?) {
    if let value { put(number, varint: value ? 1 : 0) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32) {
    if value != 0 { put(number, varint: UInt64(value)) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32?) {
    if let value { put(number, varint: UInt64(value)) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64) {
    if value != 0 { put(number, varint: value) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64?) {
    if let value { put(number, varint: value) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64) {
    if value != 0 { put(number, varint: UInt64(bitPattern: value)) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64?) {
    if let value { put(number, varint: UInt64(bitPattern: value)) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double) {
    if value.bitPattern != 0 { put(number, double: value) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double?) {
    if let value { put(number, double: value) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Timestamp) {
    if value.microseconds != 0 { put(number, varint: UInt64(bitPattern: value.microseconds)) }
  }
  public mutating func field<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E) {
    if value.rawValue != 0 { put(number, varint: UInt64(value.rawValue)) }
  }
  public mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout M?) {
    if let value { put(number, message: value) }
  }
  public mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout [M], max: Int) {
    for element in value { put(number, message: element) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout [String], max: Int, maxEach: Int) {
    for element in value { put(number, text: element) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt64], max: Int) {
    guard !value.isEmpty else { return }
    varint(tag(number, .lengthDelimited))
    varint(UInt64(value.reduce(0) { $0 + varintSize($1) }))
    for element in value { varint(element) }
  }
  public mutating func json(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    field(number, name, &value, max: max)
  }
  public mutating func secret(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    field(number, name, &value, max: max)
  }
}
