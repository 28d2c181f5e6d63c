/// Rows of text under titles, aligned by display width.
struct Table {
  enum Alignment {
    case left, right
  }

  struct Column {
    var title: String
    var alignment = Alignment.left
    /// May be cut when the screen is too narrow.
    var shrinks = false
  }

  var columns: [Column]
  /// Raw text; it is escaped here.
  var rows: [[String]]

  private static let gap = "  "
  private static let narrowest = 8

  /// The lines of the table.
  /// - Parameters:
  ///   - width: columns of the screen, or nil when nothing is to be cut.
  ///   - style: what makes the titles stand out.
  func lines(width: Int?, style: (String) -> String = { $0 }) -> [String] {
    let titles = columns.map { Escaping.line($0.title) }
    let cells = rows.map { row in columns.indices.map { $0 < row.count ? Escaping.line(row[$0]) : "" } }
    var widths = columns.indices.map { index in
      cells.reduce(titles[index].displayWidth) { max($0, $1[index].displayWidth) }
    }
    if let width { shrink(&widths, to: width) }
    return [style(line(titles, widths))] + cells.map { line($0, widths) }
  }

  /// Takes columns from the widest of those that may shrink until all fit or none can give more.
  private func shrink(_ widths: inout [Int], to width: Int) {
    var excess = widths.reduce(0, +) + Self.gap.count * (columns.count - 1) - width
    while excess > 0 {
      let candidates = columns.indices.filter { columns[$0].shrinks && widths[$0] > Self.narrowest }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
      widths[widest] -= 1
      excess -= 1
    }
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var out = ""
    for (index, cell) in cells.enumerated() {
      if index > 0 { out += Self.gap }
      let text = cell.truncated(toWidth: widths[index])
      let padding = String(repeating: " ", count: max(0, widths[index] - text.displayWidth))
      switch columns[index].alignment {
      case .right: out += padding + text
      case .left: out += text + padding
      }
    }
    // No spaces at the end of a line.
    return String(out.reversed().drop { $0 == " " }.reversed())
  }
}
