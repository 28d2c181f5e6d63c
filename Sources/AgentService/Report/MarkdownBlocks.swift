/// Reads the Markdown that a model writes into a report's blocks: paragraphs, lists, headings. Everything else stays text.
enum MarkdownBlocks {
  static func read(_ text: String) -> [ReportBlock] {
    var blocks: [ReportBlock] = []
    var lines: [String] = []
    var items: [String] = []
    func flush() {
      if !lines.isEmpty { blocks.append(.paragraph(lines.joined(separator: " "))) }
      if !items.isEmpty { blocks.append(.list(items)) }
      (lines, items) = ([], [])
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let trimmed = String(line.drop { $0.isWhitespace })
      if trimmed.isEmpty {
        flush()
      } else if trimmed.hasPrefix("#") {
        flush()
        blocks.append(.heading(plain(String(trimmed.drop { $0 == "#" || $0 == " " }))))
      } else if let item = ["- ", "* ", "+ "].first(where: trimmed.hasPrefix) {
        if !lines.isEmpty { flush() }
        items.append(plain(String(trimmed.dropFirst(item.count))))
      } else if !items.isEmpty {
        items[items.count - 1] += " " + plain(trimmed)
      } else {
        lines.append(plain(trimmed))
      }
    }
    flush()
    return blocks
  }

  /// Without the marks of emphasis.
  private static func plain(_ text: String) -> String { text.replacing("**", with: "").replacing("__", with: "") }
}
