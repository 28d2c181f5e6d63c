import Glibc

/// An address of a machine, IPv4 or IPv6.
public struct IPAddress: Sendable, Equatable, Hashable, CustomStringConvertible {
  /// 16 bytes; of IPv4 the form `::ffff:a.b.c.d`, in which each address has one form alone.
  let bytes: [UInt8]

  private static let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
  /// Behind these an IPv4 address stands in an IPv6 one: of translators (RFC 6052), and the form that nobody uses any more.
  private static let embedding: [[UInt8]] = [
    [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ]

  /// - Parameter bytes: 4 or 16 of them, as the network has them.
  public init?(bytes: [UInt8]) {
    switch bytes.count {
    case 4: self.bytes = Self.mapped + bytes
    // "::" and "::1" are addresses of their own.
    case 16 where Self.embedding.contains(Array(bytes.prefix(12))) && bytes[12] != 0: self.bytes = Self.mapped + bytes[12...]
    case 16: self.bytes = bytes
    default: return nil
    }
  }

  /// Reads `192.0.2.1` or `2001:db8::1`; no zone, no brackets, no shortened IPv4.
  public init?(_ text: String) {
    var four = in_addr()
    var six = in6_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      self.init(bytes: withUnsafeBytes(of: four) { Array($0) })
    } else if inet_pton(AF_INET6, text, &six) == 1 {
      self.init(bytes: withUnsafeBytes(of: six) { Array($0) })
    } else {
      return nil
    }
  }

  public var isIPv6: Bool { !bytes.starts(with: Self.mapped) }

  public var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let raw = isIPv6 ? bytes : Array(bytes.suffix(4))
    inet_ntop(isIPv6 ? AF_INET6 : AF_INET, raw, &text, socklen_t(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Of this machine itself.
  public var isLoopback: Bool { Self.loopback.contains { $0.contains(self) } }

  /// No server of a user's can be there: the link's own addresses, where clouds keep the credentials of their machines, those
  /// of many machines at once, and "this network", which Linux takes for the machine itself.
  public var isForbidden: Bool { Self.forbidden.contains { $0.contains(self) } }

  private static let loopback = ["127.0.0.0/8", "::1/128"].compactMap(AddressBlock.init)
  private static let forbidden = [
    "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32",
    "::/128", "fe80::/10", "ff00::/8", "fd00:ec2::/32", "fd20:ce::254/128",
  ].compactMap(AddressBlock.init)
}

/// A range of addresses, such as `10.0.0.0/8`.
public struct AddressBlock: Sendable, Equatable {
  private let start: IPAddress
  /// Of 128.
  private let bits: Int

  /// Reads `ADDRESS/BITS`, or an address alone.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let start = IPAddress(String(parts[0])) else { return nil }
    let width = start.isIPv6 ? 128 : 32
    guard let bits = parts.count == 2 ? Int(parts[1]) : width, (0...width).contains(bits) else { return nil }
    self.start = start
    self.bits = bits + 128 - width
  }

  public func contains(_ address: IPAddress) -> Bool {
    guard start.isIPv6 == address.isIPv6 else { return false }
    return (0..<16).allSatisfy { index in
      let kept = min(8, max(0, bits - 8 * index))
      let mask = UInt8(truncatingIfNeeded: 0xff00 >> kept)
      return start.bytes[index] & mask == address.bytes[index] & mask
    }
  }
}
