import JSON
import Wire

/// A part of a long text that fits into a tool's output, and where the next one begins.
struct TextPiece {
  /// Leaves room for JSON's escapes: each byte of text takes six at most.
  private static let maxBytes = ContentLimits.contentBytes - 4_096

  private let text: Substring
  private let offset: Int
  private let total: Int

  /// - Parameter offset: in bytes.
  /// - Throws: `tool_arguments` when no character begins there.
  init(of whole: String, from offset: Int) throws(WireError) {
    total = whole.utf8.count
    self.offset = offset
    guard let start = whole.utf8.index(whole.startIndex, offsetBy: offset, limitedBy: whole.endIndex),
      let begin = String.Index(start, within: whole)
    else {
      throw WireError(.toolArguments, "The argument 'offset' must be where a character begins, up to \(total).")
    }
    text = Self.piece(of: whole[begin...])
  }

  /// `{…, "bytes":123,"offset":0,"text":"…","next_offset":n?}` with `first` in front; `next_offset` is there when the text goes
  /// on.
  func content(_ first: [JSONValue.Member]) -> String {
    var members = first
    members += [
      .init("bytes", .integer(Int64(total))), .init("offset", .integer(Int64(offset))), .init("text", .string(String(text))),
    ]
    let next = offset + text.utf8.count
    if next < total { members.append(.init("next_offset", .integer(Int64(next)))) }
    return JSONValue.object(members).text()
  }

  /// As much of `text` as fits once it is quoted; whole characters, at least one.
  private static func piece(of text: Substring) -> Substring {
    var size = 0
    var end = text.startIndex
    for index in text.indices {
      var quoted = ""
      JSONValue.quote(String(text[index]), to: &quoted)
      size += quoted.utf8.count - 2
      if size > maxBytes, end > text.startIndex { return text[..<end] }
      end = text.index(after: index)
    }
    return text
  }
}
