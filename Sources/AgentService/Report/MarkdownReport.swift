/// A report as Markdown.
enum MarkdownReport {
  static func text(_ blocks: [ReportBlock]) -> String {
    blocks.map(text).joined(separator: "\n\n") + "\n"
  }

  private static func text(_ block: ReportBlock) -> String {
    switch block {
    case .title(let text): "# \(escaped(text))"
    case .heading(let text): "## \(escaped(text))"
    case .paragraph(let text): escaped(text)
    case .list(let items): items.map { "- \(escaped($0))" }.joined(separator: "\n")
    case .chart(let chart): "![\(escaped(chart.title))](\(chart.path))"
    case .table(let columns, let rows, let numeric):
      ([line(columns), line(columns.indices.map { numeric.contains($0) ? "---:" : "---" }, isRule: true)]
        + rows.map { line($0) }).joined(separator: "\n")
    }
  }

  private static func line(_ cells: [String], isRule: Bool = false) -> String {
    "| " + cells.map { isRule ? $0 : escaped($0) }.joined(separator: " | ") + " |"
  }

  /// Data that looks like markup stays data.
  static func escaped(_ text: String) -> String {
    text.map { character in
      if character.isNewline { return " " }
      return "|\\`*_[]<>#".contains(character) ? "\\\(character)" : String(character)
    }.joined()
  }
}
