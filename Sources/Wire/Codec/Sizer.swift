/// Adds up the encoded size of a message, in bytes.
public struct Sizer: FieldVisitor {
  public private(set) var size = 0

  public init() {}

  @inline(__always)
  private mutating func add(_ number: Int, payload: Int) {
    size += varintSize(tag(number, .varint)) + payload
  }

  @inline(__always)
  private mutating func addVarint(_ number: Int, _ value: UInt64) {
    add(number, payload: varintSize(value))
  }

  @inline(__always)
  private mutating func addBytes(_ number: Int, count: Int) {
    add(number, payload: varintSize(UInt64(count)) + count)
  }

  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    let count = value.utf8.count
    if count > 0 { addBytes(number, count: count) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout String?, max: Int) {
    if let text = value { addBytes(number, count: text.utf8.count) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt8], max: Int) {
    if !value.isEmpty { addBytes(number, count: value.count) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool) {
    if value { add(number, payload: 1) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool?) {
    if value != nil { add(number, payload: 1) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32) {
    if value != 0 { addVarint(number, UInt64(value)) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32?) {
    if let value { addVarint(number, UInt64(value)) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64) {
    if value != 0 { addVarint(number, value) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64?) {
    if let value { addVarint(number, value) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64) {
    if value != 0 { addVarint(number, UInt64(bitPattern: value)) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64?) {
    if let value { addVarint(number, UInt64(bitPattern: value)) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double) {
    if value.bitPattern != 0 { add(number, payload: 8) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double?) {
    if value != nil { add(number, payload: 8) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout Timestamp) {
    if value.microseconds != 0 { addVarint(number, UInt64(bitPattern: value.microseconds)) }
  }
  public mutating func field<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E) {
    if value.rawValue != 0 { addVarint(number, UInt64(value.rawValue)) }
  }
  public mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout M?) {
    if let value { addBytes(number, count: value.encodedSize) }
  }
  public mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout [M], max: Int) {
    for element in value { addBytes(number, count: element.encodedSize) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout [String], max: Int, maxEach: Int) {
    for element in value { addBytes(number, count: element.utf8.count) }
  }
  public mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt64], max: Int) {
    if !value.isEmpty { addBytes(number, count: value.reduce(0) { $0 + varintSize($1) }) }
  }
  public mutating func json(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    field(number, name, &value, max: max)
  }
  public mutating func secret(_ number: Int, _ name: StaticString, _ value: inout String, max: Int) {
    field(number, name, &value, max: max)
  }
}
