import Glibc
import Logging
import Wire

/// What the operator of a node allows of users' databases.
struct DatabaseAccess: Sendable {
  static let standard = DatabaseAccess()

  var hosts = DatabaseHosts.standard
  var folders = DatabaseFolders.standard
  /// The authorities, in PEM, that servers are known by where a URI says `sslmode=verify-ca` or `verify-full`.
  var caFile = "/etc/ssl/certs/ca-certificates.crt"
  /// Gets what users are not told of a database that cannot be opened.
  var log: Logger?

  /// Tells the operator why, in one line; users get the same sentence for all reasons, or they could look around with it.
  func note(_ reason: String) {
    log?.notice("a database cannot be opened", metadata: ["reason": "\(OneLine.text(reason))"])
  }
}
