/// Just enough of proto3 to speak with: fields that are numbers or bytes.
struct HandProto {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ field: UInt64, number: UInt64) {
    varint(field << 3)
    varint(number)
  }

  mutating func add(_ field: UInt64, bytes value: [UInt8]) {
    varint(field << 3 | 2)
    varint(UInt64(value.count))
    bytes += value
  }

  mutating func add(_ field: UInt64, text: String) { add(field, bytes: [UInt8](text.utf8)) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest > 0x7f {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// A message as it came, field by field; of a repeated field, the last.
struct HandMessage {
  private(set) var numbers: [UInt64: UInt64] = [:]
  private(set) var blobs: [UInt64: [UInt8]] = [:]

  struct Malformed: Error {}

  init(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let tag = try Self.varint(&rest)
      switch tag & 7 {
      case 0: numbers[tag >> 3] = try Self.varint(&rest)
      case 2:
        let count = try Self.varint(&rest)
        guard count <= rest.count else { throw Malformed() }
        blobs[tag >> 3] = Array(rest.prefix(Int(count)))
        rest = rest.dropFirst(Int(count))
      default: throw Malformed()
      }
    }
  }

  func number(_ field: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: numbers[field] ?? 0) }
  func text(_ field: UInt64) -> String { String(decoding: blobs[field] ?? [], as: UTF8.self) }

  private static func varint(_ rest: inout ArraySlice<UInt8>) throws -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { throw Malformed() }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    throw Malformed()
  }
}
