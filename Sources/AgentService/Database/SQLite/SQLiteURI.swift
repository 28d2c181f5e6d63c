import Wire

/// The URI of a SQLite file: `sqlite:///absolute/path.db`, with `%XX` for what a URI cannot hold.
enum SQLiteURI {
  private static let prefix = "sqlite://"

  /// The absolute path that a URI names.
  /// - Throws: `database_unavailable`, with what is wrong.
  static func path(of uri: String) throws(WireError) -> String {
    guard uri.prefix(prefix.count).lowercased() == prefix else {
      throw refused("must begin with sqlite:///")
    }
    let encoded = Array(uri.utf8.dropFirst(prefix.utf8.count))
    guard encoded.first == UInt8(ascii: "/") else {
      throw refused("must have three slashes and an absolute path, as in sqlite:///data/sales.db")
    }
    let path = try decode(encoded)
    guard path.last != "/" else { throw refused("names a folder, not a file") }
    return path
  }

  private static func decode(_ encoded: [UInt8]) throws(WireError) -> String {
    var bytes: [UInt8] = []
    var index = 0
    while index < encoded.count {
      switch encoded[index] {
      case UInt8(ascii: "%"):
        guard index + 2 < encoded.count, let high = hexDigit(encoded[index + 1]), let low = hexDigit(encoded[index + 2])
        else { throw refused("has a '%' that two hex digits do not follow") }
        bytes.append(high << 4 | low)
        index += 3
      case UInt8(ascii: "?"), UInt8(ascii: "#"):
        throw refused("has a '?' or '#': options are not supported; write %3F or %23 if the file's name has one")
      case let byte:
        bytes.append(byte)
        index += 1
      }
    }
    guard let path = String(validating: bytes, as: UTF8.self), bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
      throw refused("has a path that is not plain UTF-8 text")
    }
    return path
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8(truncatingIfNeeded: $0) }
  }

  private static func refused(_ fault: String) -> WireError {
    WireError(.databaseUnavailable, "The SQLite URI \(fault).")
  }
}
