import NIOCore

extension SocketAddress {
  /// 127.0.0.0/8, ::1, or a Unix domain socket.
  var isLoopback: Bool {
    switch self {
    case .v4: ipAddress?.hasPrefix("127.") == true
    case .v6: ipAddress == "::1" || ipAddress?.hasPrefix("::ffff:127.") == true
    case .unixDomainSocket: true
    }
  }

  /// What counts as one peer: an IPv4 address, or the 64 bits of an IPv6 address that name its network, since whoever has one of its
  /// addresses has all of them.
  var neighbourhood: String {
    guard case .v6(let address) = self, let text = ipAddress, !text.hasPrefix("::ffff:") else { return ipAddress ?? "?" }
    // The address follows family, port and flow label, as POSIX has it.
    let network = withUnsafeBytes(of: address.address) { Array($0.dropFirst(8).prefix(8)) }
    return network.map { String($0, radix: 16) }.joined(separator: ":") + "/64"
  }
}
