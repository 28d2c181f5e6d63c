/// The words of a PostgreSQL statement, without its comments, texts and numbers (PostgreSQL manual, "Lexical Structure").
enum PostgreSQLText {
  enum Word: Equatable {
    /// In lowercase unless it was quoted.
    case name(String)
    case semicolon
  }

  static func words(_ sql: String) -> [Word] {
    var scanner = Scanner(bytes: Array(sql.utf8))
    var words: [Word] = []
    while let word = scanner.next() { words.append(word) }
    return words
  }

  private struct Scanner {
    let bytes: [UInt8]
    var index = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private func at(_ offset: Int) -> UInt8 { index + offset < bytes.count ? bytes[index + offset] : 0 }

    mutating func next() -> Word? {
      while index < bytes.count {
        switch bytes[index] {
        case UInt8(ascii: ";"):
          index += 1
          return .semicolon
        case UInt8(ascii: "-") where at(1) == UInt8(ascii: "-"):
          while index < bytes.count, bytes[index] != 0x0a { index += 1 }
        case UInt8(ascii: "/") where at(1) == UInt8(ascii: "*"): skipComment()
        case UInt8(ascii: "'"): skipText(escapes: false)
        case UInt8(ascii: "\""): return .name(quotedName())
        case UInt8(ascii: "$"): skipDollarText()
        case let byte where Self.beginsName(byte):
          let name = plainName()
          // E'…' has backslashes; B, X, N and U& texts have none that matter here.
          if at(0) == UInt8(ascii: "'") {
            skipText(escapes: name == "e")
          } else {
            return .name(name)
          }
        case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
          while index < bytes.count, Self.continuesName(bytes[index]) { index += 1 }
        default: index += 1
        }
      }
      return nil
    }

    private static func beginsName(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_") || byte >= 0x80
    }

    private static func continuesName(_ byte: UInt8) -> Bool {
      beginsName(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "$")
    }

    private mutating func plainName() -> String {
      let start = index
      while index < bytes.count, Self.continuesName(bytes[index]) { index += 1 }
      return String(decoding: bytes[start..<index], as: UTF8.self).lowercased()
    }

    private mutating func quotedName() -> String {
      index += 1
      var name: [UInt8] = []
      while index < bytes.count {
        if bytes[index] == UInt8(ascii: "\"") {
          guard at(1) == UInt8(ascii: "\"") else { break }
          index += 1
        }
        name.append(bytes[index])
        index += 1
      }
      index += 1
      return String(decoding: name, as: UTF8.self)
    }

    private mutating func skipText(escapes: Bool) {
      index += 1
      while index < bytes.count {
        if escapes, bytes[index] == UInt8(ascii: "\\") {
          index += 2
        } else if bytes[index] == UInt8(ascii: "'") {
          index += 1
          // Doubled, it is one of the text's own.
          guard at(0) == UInt8(ascii: "'") else { return }
          index += 1
        } else {
          index += 1
        }
      }
    }

    /// `$tag$ … $tag$`, or a parameter such as `$1`.
    private mutating func skipDollarText() {
      var end = index + 1
      while end < bytes.count, Self.continuesName(bytes[end]), bytes[end] != UInt8(ascii: "$") { end += 1 }
      let isParameter = index + 1 < bytes.count && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index + 1])
      guard end < bytes.count, bytes[end] == UInt8(ascii: "$"), !isParameter else {
        index = max(end, index + 1)
        return
      }
      let tag = bytes[index...end]
      index = end + 1
      while index < bytes.count {
        if bytes[index] == UInt8(ascii: "$"), bytes[index...].starts(with: tag) {
          index += tag.count
          return
        }
        index += 1
      }
    }

    /// Comments nest.
    private mutating func skipComment() {
      var depth = 0
      repeat {
        if at(0) == UInt8(ascii: "/"), at(1) == UInt8(ascii: "*") {
          depth += 1
          index += 2
        } else if at(0) == UInt8(ascii: "*"), at(1) == UInt8(ascii: "/") {
          depth -= 1
          index += 2
        } else {
          index += 1
        }
      } while depth > 0 && index < bytes.count
    }
  }
}
