import CPostgreSQL
import Glibc

/// The variables that libpq reads: `PGPASSWORD`, `PGSERVICE` and some thirty others.
public enum PostgreSQLEnvironment {
  /// Takes them away from this process. A program calls it before it has threads; each connection does so again, since libpq has no
  /// other way to be told of no service and no password.
  public static func clear() {
    var names: [String] = []
    var entry = kai_pq_environment()
    while let place = entry, let text = place.pointee {
      let pair = String(cString: text)
      if pair.hasPrefix("PG"), let sign = pair.firstIndex(of: "=") { names.append(String(pair[..<sign])) }
      entry = place + 1
    }
    for name in names { unsetenv(name) }
  }
}
