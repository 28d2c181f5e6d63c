import Wire

/// What the store takes from the world: the time and chance. A simulator brings its own.
struct Surroundings: Sendable {
  let now: @Sendable () -> Timestamp
  /// That many random bytes, fit for keys.
  let randomBytes: @Sendable (Int) -> [UInt8]

  /// A new id: the prefix and 12 random lowercase hex digits.
  func makeId(_ prefix: String) -> String {
    prefix + hex(randomBytes(6))
  }
}

/// Two lowercase hex digits a byte.
func hex(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var out: [UInt8] = []
  for byte in bytes {
    out.append(digits[Int(byte >> 4)])
    out.append(digits[Int(byte & 15)])
  }
  return String(decoding: out, as: UTF8.self)
}
