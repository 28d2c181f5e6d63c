import Wire

/// The address of a user's database: `sqlite:///absolute/path` or `postgresql://…`.
struct DatabaseURI: Sendable, Equatable {
  let dialect: Dialect
  /// As given; secret.
  let text: String

  /// - Throws: `invalid_argument` that names the two forms.
  init(_ text: String) throws(WireError) {
    guard text.utf8.count <= Limits.uriBytes else {
      throw WireError(.invalidArgument, "the URI has \(text.utf8.count) bytes, but may have at most \(Limits.uriBytes)")
    }
    guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
      throw WireError(.invalidArgument, "the URI holds a control character")
    }
    if text.hasPrefix("sqlite:///") {
      guard text.utf8.count > "sqlite:///".utf8.count, !text.hasSuffix("/") else {
        throw WireError(.invalidArgument, "the URI names no database file", hint: Self.forms)
      }
      dialect = .sqlite
    } else if text.hasPrefix("postgresql://"), text.utf8.count > "postgresql://".utf8.count {
      dialect = .postgresql
    } else {
      // The text is not repeated: it may hold a password.
      throw WireError(.invalidArgument, "the URI is of no kind that can be used", hint: Self.forms)
    }
    self.text = text
  }

  private static let forms = "Use sqlite:///absolute/path/file.db or postgresql://user:password@host:5432/database."

  /// For people: without the password, and without values of parameters that are not known to be harmless.
  var masked: String {
    guard dialect == .postgresql else { return text }
    let scheme = "postgresql://"
    var rest = text.dropFirst(scheme.count)
    var user = ""
    // The last "@": a password that was not percent-encoded may hold "/", "?" and "@" itself.
    if let at = rest.lastIndex(of: "@") {
      let info = rest[..<at]
      user = info.firstIndex(of: ":").map { info[..<$0] + ":***@" } ?? info + "@"
      rest = rest[rest.index(after: at)...]
    }
    guard let mark = rest.firstIndex(of: "?") else { return scheme + user + rest }
    let parameters = rest[rest.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false)
      .map { parameter -> Substring in
        guard let sign = parameter.firstIndex(of: "=") else { return parameter }
        return Self.harmless.contains(String(parameter[..<sign])) ? parameter : parameter[...sign] + "***"
      }
    return scheme + user + rest[...mark] + parameters.joined(separator: "&")
  }

  private static let harmless: Set<String> = ["sslmode", "application_name", "connect_timeout", "target_session_attrs"]
}

/// The id of a connection, which people choose.
enum ConnectionAlias {
  /// - Throws: `invalid_argument`
  static func require(_ alias: String) throws(WireError) {
    let bytes = alias.utf8
    guard (1...Limits.idBytes).contains(bytes.count), let first = bytes.first, isLetterOrDigit(first),
      bytes.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") })
    else {
      throw WireError(
        .invalidArgument,
        "\(quoted(alias)) is not the id of a connection: it must be 1 to 64 of a-z, 0-9, '_' and '-', "
          + "and begin with a letter or digit")
    }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
