/// A key as a file keeps it: one line `KEYID:SECRET`, the secret as 64 hex digits.
public struct KeyFile: Sendable, Equatable {
  public let keyId: String
  /// 32 bytes.
  public let secret: [UInt8]

  public init(keyId: String, secret: [UInt8]) {
    self.keyId = keyId
    self.secret = secret
  }

  /// Reads the file's text; white space around the line is ignored.
  /// - Throws: `unauthenticated`, which never repeats the secret.
  public init(parsing text: String) throws(WireError) {
    let line = text.split(whereSeparator: \.isWhitespace)
    guard line.count == 1, let colon = line[0].firstIndex(of: ":") else {
      throw Self.malformed("it must hold one line KEYID:SECRET")
    }
    let id = String(line[0][..<colon])
    let digits = line[0][line[0].index(after: colon)...].utf8.map { Self.value(ofDigit: $0) }
    guard !id.isEmpty, id.utf8.count <= Limits.idBytes else {
      throw Self.malformed("the key id must have 1 to \(Limits.idBytes) bytes")
    }
    guard digits.count == 2 * KeyDerivation.secretBytes else {
      throw Self.malformed("the secret must have \(2 * KeyDerivation.secretBytes) hex digits, not \(digits.count)")
    }
    var secret: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[index], let low = digits[index + 1] else {
        throw Self.malformed("the secret has a character that is no hex digit")
      }
      secret.append(high << 4 | low)
    }
    self.init(keyId: id, secret: secret)
  }

  /// The line of the file, without the line break.
  public var text: String {
    keyId + ":" + secret.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }

  private static func malformed(_ reason: String) -> WireError {
    WireError(.unauthenticated, "the key file is not valid: \(reason)")
  }

  private static func value(ofDigit digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
