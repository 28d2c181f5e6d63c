import Addresses
import Wire

/// The address of a user's database: `sqlite:///absolute/path` or `postgresql://…`, of which only what ``DatabaseAddress`` lists
/// may be said.
struct DatabaseURI: Sendable, Equatable {
  let dialect: Dialect
  /// As given; secret.
  let text: String

  /// - Throws: `invalid_argument` that says what is wrong, and repeats nothing of the URI.
  init(_ text: String) throws(WireError) {
    guard text.utf8.count <= Limits.uriBytes else {
      throw WireError(.invalidArgument, "the URI has \(text.utf8.count) bytes, but may have at most \(Limits.uriBytes)")
    }
    guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
      throw WireError(.invalidArgument, "the URI holds a control character")
    }
    do throws(AddressFault) {
      switch try DatabaseAddress(uri: text) {
      case .sqlite: dialect = .sqlite
      case .postgreSQL: dialect = .postgresql
      }
    } catch {
      throw WireError(.invalidArgument, "the URI \(error.sentence)", hint: error.hint)
    }
    self.text = text
  }

  /// For people: without the password. No parameter that is allowed is a secret.
  var masked: String {
    guard dialect == .postgresql, let mark = text.firstRange(of: "://"), let at = text.lastIndex(of: "@") else { return text }
    guard let colon = text[mark.upperBound..<at].firstIndex(of: ":") else { return text }
    return String(text[...colon]) + "***" + String(text[at...])
  }
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
