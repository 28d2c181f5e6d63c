/// What a message's `fields` function talks to: one call per field, with its number, its proto name and its limit.
///
/// `max` is in bytes for strings and byte fields, in elements for repeated ones. A decoder refuses more.
public protocol FieldVisitor {
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout String, max: Int)
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout String?, max: Int)
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt8], max: Int)
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool)
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool?)
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32)
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt32?)
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64)
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64?)
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64)
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64?)
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double)
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Double?)
  /// An int64 of microseconds since 1970; zero (absent) means "not set".
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout Timestamp)
  mutating func field<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E)
  mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout M?)
  mutating func field<M: WireMessage>(_ number: Int, _ name: StaticString, _ value: inout [M], max: Int)
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout [String], max: Int, maxEach: Int)
  mutating func field(_ number: Int, _ name: StaticString, _ value: inout [UInt64], max: Int)
  /// A string that holds JSON text; printed as JSON, not as a string. Empty means none.
  mutating func json(_ number: Int, _ name: StaticString, _ value: inout String, max: Int)
  /// A string that must never be printed or logged.
  mutating func secret(_ number: Int, _ name: StaticString, _ value: inout String, max: Int)
}

/// The wire types of proto3 that we write.
enum WireType: UInt64 {
  case varint = 0
  case fixed64 = 1
  case lengthDelimited = 2
  case fixed32 = 5
}

@inline(__always)
func tag(_ number: Int, _ type: WireType) -> UInt64 {
  UInt64(truncatingIfNeeded: number) << 3 | type.rawValue
}

/// The bytes a varint takes: 1...10.
@inline(__always)
func varintSize(_ value: UInt64) -> Int {
  (70 - (value | 1).leadingZeroBitCount) / 7
}
