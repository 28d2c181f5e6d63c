import Addresses
import Glibc

/// Finds the addresses of a host. It blocks, for as long as the system's resolver takes.
enum HostLookup {
  /// Each address once, in the system's order; none when the host is not known.
  static func addresses(of host: String) -> [IPAddress] {
    if let address = IPAddress(host) { return [address] }
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var first: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
    defer { freeaddrinfo(first) }
    var addresses: [IPAddress] = []
    var next = first
    while let entry = next?.pointee {
      if let address = address(entry), !addresses.contains(address) { addresses.append(address) }
      next = entry.ai_next
    }
    return addresses
  }

  private static func address(_ entry: addrinfo) -> IPAddress? {
    guard let place = UnsafeRawPointer(entry.ai_addr) else { return nil }
    return switch entry.ai_family {
    case AF_INET: withUnsafeBytes(of: place.loadUnaligned(as: sockaddr_in.self).sin_addr) { IPAddress(bytes: Array($0)) }
    case AF_INET6: withUnsafeBytes(of: place.loadUnaligned(as: sockaddr_in6.self).sin6_addr) { IPAddress(bytes: Array($0)) }
    default: nil
    }
  }
}
