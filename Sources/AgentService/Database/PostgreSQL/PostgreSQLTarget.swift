import Addresses
import PostgreSQL
import Wire

/// What libpq is told of an address that this node may go to.
enum PostgreSQLTarget {
  private static let connectTimeoutSeconds = 10

  /// The settings of a connection: those of the URI, and the addresses that the operator allows and the system knows its host by,
  /// so that libpq asks no resolver again, which might say something else then.
  /// - Returns: nil when the host is not known, or this node may not go there; the operator is told which.
  static func settings(of address: PostgreSQLAddress, _ access: DatabaseAccess) -> [PostgreSQLConnection.Setting]? {
    var settings: [PostgreSQLConnection.Setting] = [("user", address.user), ("dbname", address.database)]
    if let password = address.password { settings.append(("password", password)) }
    switch address.host {
    case .socket(let folder):
      guard access.hosts.allowSockets else {
        access.note("--databases-hosts has no 'unix', and a connection names a socket")
        return nil
      }
      settings += [("host", folder), ("port", "\(address.port)")]
    case .network(let host):
      let known = HostLookup.addresses(of: host)
      let allowed = known.filter { access.hosts.allow($0, of: host) }
      guard !allowed.isEmpty else {
        access.note(known.isEmpty ? "the host '\(host)' is not known" : "--databases-hosts does not allow '\(host)'")
        return nil
      }
      settings += [
        ("host", allowed.map { _ in host }.joined(separator: ",")),
        ("hostaddr", allowed.map(\.description).joined(separator: ",")), ("port", "\(address.port)"),
      ]
    }
    // A server that has vanished is noticed within a minute.
    settings += [
      ("keepalives_idle", "20"), ("keepalives_interval", "10"), ("keepalives_count", "3"), ("tcp_user_timeout", "50000"),
    ]
    settings += address.parameters
    if address.parameters.contains(where: { $0.name == "sslmode" && $0.value.hasPrefix("verify") }) {
      settings.append(("sslrootcert", access.caFile))
    }
    if !address.parameters.contains(where: { $0.name == "connect_timeout" }) {
      settings.append(("connect_timeout", "\(connectTimeoutSeconds)"))
    }
    if !address.parameters.contains(where: { $0.name == "application_name" }) {
      settings.append(("application_name", "kai-agent"))
    }
    return settings
  }
}
