/// What may follow a statement.
enum SQLTail {
  /// Whether the text has nothing in it but white space, semicolons and comments.
  static func isEmpty(_ bytes: some Collection<UInt8>) -> Bool {
    let bytes = Array(bytes)
    var index = 0
    while index < bytes.count {
      switch bytes[index] {
      case 0x09...0x0d, 0x20, UInt8(ascii: ";"):
        index += 1
      case UInt8(ascii: "-") where bytes[index...].starts(with: "--".utf8):
        index = bytes[index...].firstIndex(of: 0x0a) ?? bytes.count
      case UInt8(ascii: "/") where bytes[index...].starts(with: "/*".utf8):
        // As in SQLite, a comment that is not closed ends with the text.
        index = endOfComment(bytes, from: index + 2)
      default:
        return false
      }
    }
    return true
  }

  private static func endOfComment(_ bytes: [UInt8], from start: Int) -> Int {
    var index = start
    while index + 1 < bytes.count {
      if bytes[index] == UInt8(ascii: "*"), bytes[index + 1] == UInt8(ascii: "/") { return index + 2 }
      index += 1
    }
    return bytes.count
  }
}
