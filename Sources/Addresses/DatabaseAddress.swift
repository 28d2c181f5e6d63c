/// Where a user's database is, read strictly from the URI of a connection.
///
/// kai-session refuses with it what a connection may not be, and a node reads with it what it was given: neither trusts the
/// other, and nothing of a URI reaches a driver that is not a field here.
public enum DatabaseAddress: Sendable, Equatable {
  /// An absolute path.
  case sqlite(path: String)
  case postgreSQL(PostgreSQLAddress)

  /// - Throws: ``AddressFault``
  public init(uri: String) throws(AddressFault) {
    guard let mark = uri.firstRange(of: "://") else { throw AddressFault("is of no kind that can be used") }
    let rest = uri[mark.upperBound...]
    switch uri[..<mark.lowerBound].lowercased() {
    case "sqlite": self = .sqlite(path: try Self.path(rest))
    case "postgresql", "postgres": self = .postgreSQL(try PostgreSQLAddress(rest))
    // The scheme is not repeated: a password may stand there by mistake.
    default: throw AddressFault("is of no kind that can be used")
    }
  }

  private static func path(_ rest: Substring) throws(AddressFault) -> String {
    guard rest.first == "/" else {
      throw AddressFault("must have three slashes and an absolute path, as in sqlite:///data/sales.db")
    }
    guard !rest.contains("?"), !rest.contains("#") else {
      throw AddressFault("has a '?' or '#': options are not supported; write %3F or %23 if the file's name has one")
    }
    guard let path = PercentText.decoded(rest) else {
      throw AddressFault("has a path that is not plain UTF-8 text, or a '%' that two hex digits do not follow")
    }
    guard path.last != "/" else { throw AddressFault("names no database file") }
    return path
  }
}
