/// The eight bytes that each side sends first. They choose the version of everything after them, and never change.
package enum Preface {
  package static let byteCount = 8
  /// "KAIW"
  static let magic: UInt32 = 0x4b41_4957
  /// The versions this library speaks.
  static let versions: ClosedRange<UInt8> = 1...1

  /// `"KAIW" | u8 min | u8 max | u16 0`
  static func client(_ versions: ClosedRange<UInt8> = versions) -> [UInt8] {
    bytes(versions.lowerBound, versions.upperBound)
  }

  /// `"KAIW" | u8 chosen | u8 server max | u16 0`; chosen 0 means that there is no common version.
  static func server(chosen: UInt8) -> [UInt8] {
    bytes(chosen, versions.upperBound)
  }

  /// The highest version that both sides speak, or 0.
  /// - Throws: `bad_preface`.
  static func choose(clientPreface bytes: [UInt8]) throws(WireError) -> UInt8 {
    let (low, high) = try parse(bytes)
    guard low > 0, low <= high else {
      throw WireError(.badPreface, "the client's preface offers versions \(low) to \(high), which is no range")
    }
    let lowest = max(low, versions.lowerBound)
    let highest = min(high, versions.upperBound)
    return lowest <= highest ? highest : 0
  }

  /// Accepts the server's choice.
  /// - Throws: `bad_preface` or `no_common_version`.
  static func accept(serverPreface bytes: [UInt8]) throws(WireError) {
    let (chosen, newest) = try parse(bytes)
    guard chosen != 0 else {
      throw WireError(
        .noCommonVersion,
        "the server speaks protocol versions up to \(newest), this client \(versions.lowerBound) to \(versions.upperBound)")
    }
    guard versions.contains(chosen) else {
      throw WireError(.badPreface, "the server chose version \(chosen), which was not offered")
    }
  }

  private static func parse(_ bytes: [UInt8]) throws(WireError) -> (UInt8, UInt8) {
    guard bytes.count == byteCount, Array(bytes[..<4]) == magicBytes, bytes[6] == 0, bytes[7] == 0 else {
      throw WireError(.badPreface, "the first eight bytes are not a preface of this protocol")
    }
    return (bytes[4], bytes[5])
  }

  private static let magicBytes = withUnsafeBytes(of: magic.bigEndian) { [UInt8]($0) }

  private static func bytes(_ first: UInt8, _ second: UInt8) -> [UInt8] {
    magicBytes + [first, second, 0, 0]
  }
}
