/// Reads a tar archive of regular files (POSIX ustar) that a stranger wrote.
enum TarArchive {
  private static let block = 512

  struct Member: Equatable {
    var path: String
    var content: ArraySlice<UInt8>
  }

  /// The regular files in it, to the first thing that cannot be read.
  static func members(of bytes: ArraySlice<UInt8>) -> [Member] {
    var members: [Member] = []
    var rest = bytes
    while rest.count >= block {
      let header = Array(rest.prefix(block))
      guard header.contains(where: { $0 != 0 }), let size = octal(header[124..<136]) else { break }
      let prefix = text(header[345..<500])
      let name = text(header[0..<100])
      let padded = (size + block - 1) / block * block
      guard rest.count - block >= padded else { break }
      // '0' and NUL are regular files.
      if header[156] == UInt8(ascii: "0") || header[156] == 0, let name, let prefix {
        let start = rest.startIndex + block
        members.append(Member(path: prefix.isEmpty ? name : prefix + "/" + name, content: rest[start..<(start + size)]))
      }
      rest = rest.dropFirst(block + padded)
    }
    return members
  }

  private static func text(_ field: ArraySlice<UInt8>) -> String? { String(validating: field.prefix { $0 != 0 }, as: UTF8.self) }

  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    let digits = field.drop { $0 == 32 }.prefix { (48...55).contains($0) }
    guard !digits.isEmpty else { return nil }
    return Int(String(decoding: digits, as: UTF8.self), radix: 8)
  }
}
