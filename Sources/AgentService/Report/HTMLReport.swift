/// A report as one HTML page that needs no other file, except for charts that could not be read.
enum HTMLReport {
  static func text(_ blocks: [ReportBlock], title: String) -> String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escaped(title))</title>
    <style>
    \(style)
    </style>
    </head>
    <body>
    <main>
    \(blocks.map(text).joined(separator: "\n"))
    </main>
    </body>
    </html>

    """
  }

  private static let style = """
    body { margin: 0; background: #f6f7f9; color: #1d2430; font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
    main { max-width: 72rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
    h1 { font-size: 1.9rem; margin: 0 0 .5rem; }
    h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; }
    .wide { overflow-x: auto; background: #fff; border: 1px solid #e2e6ec; border-radius: 8px; margin: 1rem 0; }
    table { border-collapse: collapse; width: 100%; font-size: .9rem; }
    th, td { padding: .45rem .75rem; text-align: left; border-bottom: 1px solid #edf0f4; vertical-align: top; }
    th { background: #f1f3f7; font-weight: 600; white-space: nowrap; }
    tr:last-child td { border-bottom: 0; }
    .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
    figure { background: #fff; border: 1px solid #e2e6ec; border-radius: 8px; margin: 1rem 0; padding: 1rem; }
    figure svg, figure img { max-width: 100%; height: auto; }
    figcaption { color: #5a6578; font-size: .85rem; }
    """

  private static func text(_ block: ReportBlock) -> String {
    switch block {
    case .title(let text): "<h1>\(escaped(text))</h1>"
    case .heading(let text): "<h2>\(escaped(text))</h2>"
    case .paragraph(let text): "<p>\(escaped(text))</p>"
    case .list(let items): "<ul>\n" + items.map { "<li>\(escaped($0))</li>" }.joined(separator: "\n") + "\n</ul>"
    case .chart(let chart): "<figure>\(image(chart))<figcaption>\(escaped(chart.title))</figcaption></figure>"
    case .table(let columns, let rows, let numeric):
      "<div class=\"wide\"><table>\n<thead>\(row(columns, "th", numeric))</thead>\n<tbody>\n"
        + rows.map { row($0, "td", numeric) }.joined(separator: "\n") + "\n</tbody>\n</table></div>"
    }
  }

  private static func row(_ cells: [String], _ tag: String, _ numeric: Set<Int>) -> String {
    let cells = cells.enumerated().map { index, cell in
      "<\(tag)\(numeric.contains(index) ? " class=\"number\"" : "")>\(escaped(cell))</\(tag)>"
    }
    return "<tr>" + cells.joined() + "</tr>"
  }

  /// The picture itself where it could be read, without an XML declaration, which HTML does not know.
  private static func image(_ chart: ReportChart) -> String {
    guard let svg = chart.svg, SafeSVG.isHarmless(svg), let start = svg.firstRange(of: "<svg") else {
      return "<img src=\"\(escaped(chart.dataURI ?? chart.path))\" alt=\"\(escaped(chart.title))\">"
    }
    return String(svg[start.lowerBound...])
  }

  static func escaped(_ text: String) -> String {
    var out = ""
    for character in text {
      switch character {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      default: out.append(character)
      }
    }
    return out
  }
}
