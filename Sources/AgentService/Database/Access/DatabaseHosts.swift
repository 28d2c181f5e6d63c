import Addresses
import Wire

/// Which hosts users' databases may be on, as the operator of this node says: `--databases-hosts`.
///
/// Whoever may make a connection chooses an address that this machine then goes to. So by default it goes to itself as little as
/// to its own sockets, and to no address of the link, where clouds keep the credentials of their machines, whatever is listed.
struct DatabaseHosts: Sendable, Equatable {
  private enum Rule: Sendable, Equatable {
    /// Every host but this machine itself.
    case any
    /// This machine, over TCP.
    case loopback
    /// This machine, over Unix sockets, where servers often trust the system's users.
    case unix
    case name(String)
    /// Names that end so, with the point in front.
    case suffix(String)
    case block(AddressBlock)
  }

  static let standard = DatabaseHosts(rules: [.any])
  /// Everything that can be allowed.
  static let everything = DatabaseHosts(rules: [.any, .loopback, .unix])

  private let rules: [Rule]

  private init(rules: [Rule]) { self.rules = rules }

  /// Reads `any`, `loopback`, `unix`, names, `*.domain`, addresses and blocks, with commas between them.
  /// - Throws: `usage`.
  init(parsing text: String) throws(WireError) {
    rules = try text.split(separator: ",").map { (part) throws(WireError) in
      if let block = AddressBlock(part.lowercased()) { return .block(block) }
      switch part.lowercased() {
      case "any": return .any
      case "loopback": return .loopback
      case "unix": return .unix
      case let part where part.hasPrefix("*.") && Self.isName(part.dropFirst(2)): return .suffix(String(part.dropFirst()))
      case let part where Self.isName(part[...]): return .name(part)
      default:
        throw WireError(
          .usage, "--databases-hosts has '\(part.prefix(80))', which is no host",
          hint: "Give any, loopback, unix, names, *.domain, addresses or blocks such as 10.0.0.0/8, with commas between them.")
      }
    }
    guard !rules.isEmpty else { throw WireError(.usage, "--databases-hosts names no host") }
  }

  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty && text.contains { $0.isLetter }
      && text.utf8.allSatisfy { byte in
        Character(Unicode.Scalar(byte)).isASCII
          && (Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
            || [45, 46, 95].contains(byte))
      }
  }

  var allowSockets: Bool { rules.contains(.unix) }

  /// Whether this node may go to an address that a host has.
  func allow(_ address: IPAddress, of host: String) -> Bool {
    guard !address.isForbidden else { return false }
    let host = host.lowercased()
    return rules.contains { rule in
      switch rule {
      case .any: !address.isLoopback
      case .loopback: address.isLoopback
      case .unix: false
      case .name(let name): host == name
      case .suffix(let end): host.hasSuffix(end)
      case .block(let block): block.contains(address)
      }
    }
  }
}
