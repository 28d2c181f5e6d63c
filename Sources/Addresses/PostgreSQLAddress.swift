/// Where a PostgreSQL database is and who asks there: `postgresql://user:password@host:port/database?parameters`.
///
/// It is a list of what is allowed. A user must be named, since libpq would else take the system's; a parameter that lets the
/// client read files, environment or services of the machine it runs on does not exist here.
public struct PostgreSQLAddress: Sendable, Equatable {
  public enum Host: Sendable, Equatable {
    /// A name or an address, without brackets.
    case network(String)
    /// The folder of a Unix socket.
    case socket(folder: String)
  }

  public let host: Host
  public let port: UInt16
  public let database: String
  public let user: String
  /// Nil when there is none.
  public let password: String?
  /// Names and values, in the order of the URI; each name once.
  public let parameters: [(name: String, value: String)]

  public static func == (left: Self, right: Self) -> Bool {
    left.host == right.host && left.port == right.port && left.database == right.database && left.user == right.user
      && left.password == right.password && left.parameters.elementsEqual(right.parameters, by: ==)
  }

  /// - Parameter rest: what stands behind `postgresql://`.
  init(_ rest: Substring) throws(AddressFault) {
    guard rest.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7f }) else {
      throw AddressFault("holds a space or a character that a URI cannot hold: write it as %XX")
    }
    // Before anything is read: of an "@" or "/" that was not encoded nobody knows where the password ends.
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let login = authority.lastIndex(of: "@").map { authority[..<$0] }
    guard !rest[authority.endIndex...].contains("@"), login?.contains("@") != true else { throw Self.notEncoded }
    guard !rest.contains("#") else { throw AddressFault("has a '#': write %23 if a name or the password has one") }
    guard let login, !login.isEmpty, login.first != ":" else {
      throw AddressFault("names no user: a role of the database must be named")
    }
    let parts = login.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2 else { throw Self.notEncoded }
    guard let user = PercentText.decoded(parts[0]), let password = PercentText.decoded(parts.count > 1 ? parts[1] : "") else {
      throw Self.notEncoded
    }
    self.user = user
    self.password = password.isEmpty ? nil : password

    let place = rest[authority.endIndex...]
    let mark = place.firstIndex(of: "?")
    let named = try Parameters(mark.map { place[place.index(after: $0)...] } ?? "")
    (host, port) = try Self.host(authority[authority.index(after: login.endIndex)...], folder: named.folder)
    guard let database = PercentText.decoded(place[..<(mark ?? place.endIndex)].dropFirst()), !database.isEmpty else {
      throw AddressFault("names no database behind the host")
    }
    self.database = database
    parameters = named.others
  }

  private static let notEncoded = AddressFault(
    "has a user or a password with a character that must be encoded",
    hint: "Encode @ as %40, / as %2F, : as %3A, ? as %3F, # as %23 and % as %25 in the user and the password.")

  private static func host(_ text: Substring, folder: String?) throws(AddressFault) -> (Host, UInt16) {
    var name = text
    var digits: Substring = ""
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]"), let address = IPAddress(String(text[text.index(after: text.startIndex)..<end])),
        address.isIPv6
      else { throw AddressFault("has an address in brackets that is none of IPv6") }
      name = text[text.index(after: text.startIndex)..<end]
      digits = text[text.index(after: end)...]
    } else if let colon = text.firstIndex(of: ":") {
      (name, digits) = (text[..<colon], text[colon...])
    }
    guard digits.isEmpty || digits.first == ":", let port = digits.count < 2 ? 5_432 : UInt16(digits.dropFirst()), port > 0 else {
      throw AddressFault("has a port that is no number from 1 to 65535")
    }
    if let folder {
      guard name.isEmpty else { throw AddressFault("names two hosts: one before the database, and one as a parameter") }
      return (.socket(folder: folder), port)
    }
    guard !name.isEmpty else { throw AddressFault("names no host") }
    guard name.utf8.count <= 253, text.first == "[" || name.utf8.allSatisfy(isOfAName) else {
      throw AddressFault("has a host that is no name and no address; there may be one alone")
    }
    return (.network(String(name)), port)
  }

  private static func isOfAName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

/// What stands behind the '?' of a PostgreSQL URI.
private struct Parameters {
  var folder: String?
  var others: [(name: String, value: String)] = []

  /// Parameters with a closed set of values.
  private static let choices: [String: Set<String>] = [
    "sslmode": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
    "target_session_attrs": ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"],
    "channel_binding": ["disable", "prefer", "require"],
  ]
  private static let allowed = "sslmode, channel_binding, target_session_attrs, connect_timeout and application_name"

  init(_ text: Substring) throws(AddressFault) {
    guard !text.isEmpty else { return }
    for pair in text.split(separator: "&", omittingEmptySubsequences: false) {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let value = PercentText.decoded(parts[1]) else {
        throw AddressFault("has a parameter that is not NAME=VALUE")
      }
      try add(String(parts[0]), value)
    }
  }

  private mutating func add(_ name: String, _ value: String) throws(AddressFault) {
    guard !others.contains(where: { $0.name == name }), name != "host" || folder == nil else {
      throw AddressFault("has a parameter twice")
    }
    if name == "host" {
      guard value.first == "/", value.utf8.count <= 107 else {
        throw AddressFault("has a parameter 'host' that is no folder of a socket: a host stands before the database's name")
      }
      folder = value
      return
    }
    guard isGood(name, value) else {
      let isKnown = Self.choices[name] != nil || ["connect_timeout", "application_name"].contains(name)
      throw isKnown
        ? AddressFault("has a parameter with a value that it cannot have")
        : AddressFault("has a parameter that may not be used", hint: "There may be \(Self.allowed), and no others.")
    }
    others.append((name, value))
  }

  private func isGood(_ name: String, _ value: String) -> Bool {
    if let choices = Self.choices[name] { return choices.contains(value) }
    switch name {
    case "connect_timeout": return Int(value).map { (2...60).contains($0) } == true
    case "application_name":
      return (1...63).contains(value.utf8.count) && value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }
    default: return false
    }
  }
}
