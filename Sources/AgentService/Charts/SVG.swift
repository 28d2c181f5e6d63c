import Glibc

/// Writes the few SVG elements that charts need; every text is escaped here and nowhere else.
struct SVG {
  private(set) var text = ""

  enum Anchor: String { case start, middle, end }

  /// Begins a drawing of this size with a white ground.
  init(width: Double, height: Double, title: String) {
    let (w, h) = (Self.number(width), Self.number(height))
    text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(w)" height="\(h)" viewBox="0 0 \(w) \(h)" role="img" \
      font-family="'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif">
      <title>\(Self.escaped(title))</title>
      <rect width="\(w)" height="\(h)" fill="#ffffff"/>

      """
  }

  /// The whole document.
  var document: String { text + "</svg>\n" }

  mutating func label(
    _ content: String, x: Double, y: Double, size: Double, fill: String, anchor: Anchor = .start, bold: Bool = false,
    turned degrees: Double = 0
  ) {
    let turn = degrees == 0 ? "" : " transform=\"rotate(\(Self.number(degrees)) \(Self.number(x)) \(Self.number(y)))\""
    let weight = bold ? " font-weight=\"600\"" : ""
    text +=
      "<text x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" font-size=\"\(Self.number(size))\" fill=\"\(fill)\""
      + " text-anchor=\"\(anchor.rawValue)\"\(weight)\(turn)>\(Self.escaped(content))</text>\n"
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, stroke: String) {
    text +=
      "<line x1=\"\(Self.number(x1))\" y1=\"\(Self.number(y1))\" x2=\"\(Self.number(x2))\""
      + " y2=\"\(Self.number(y2))\" stroke=\"\(stroke)\"/>\n"
  }

  /// A filled rectangle; with a tooltip it is one of the chart's marks.
  mutating func rect(x: Double, y: Double, width: Double, height: Double, fill: String, tooltip: String? = nil) {
    let shape =
      "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(max(0, width)))\""
      + " height=\"\(Self.number(max(0, height)))\" fill=\"\(fill)\""
    close(shape, "rect", tooltip)
  }

  mutating func circle(x: Double, y: Double, radius: Double, fill: String, opacity: Double = 1, tooltip: String? = nil) {
    let shape =
      "<circle cx=\"\(Self.number(x))\" cy=\"\(Self.number(y))\" r=\"\(Self.number(radius))\" fill=\"\(fill)\""
      + (opacity == 1 ? "" : " fill-opacity=\"\(Self.number(opacity))\"")
    close(shape, "circle", tooltip)
  }

  /// A line through points.
  mutating func path(_ points: [(x: Double, y: Double)], stroke: String) {
    text +=
      "<path class=\"mark\" d=\"\(Self.commands(points))\" fill=\"none\" stroke=\"\(stroke)\" stroke-width=\"2\""
      + " stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n"
  }

  /// The ground between points and a base line.
  mutating func area(_ points: [(x: Double, y: Double)], base: Double, fill: String) {
    guard let first = points.first, let last = points.last else { return }
    let outline = points + [(last.x, base), (first.x, base)]
    text += "<path d=\"\(Self.commands(outline))Z\" fill=\"\(fill)\" fill-opacity=\"0.25\"/>\n"
  }

  /// A piece of a disc between two angles, clockwise from the right, in radians.
  mutating func slice(x: Double, y: Double, radius: Double, from: Double, to: Double, fill: String, tooltip: String) {
    // A whole disc has no corners; an arc cannot draw it.
    guard to - from < 2 * .pi - 1e-6 else { return circle(x: x, y: y, radius: radius, fill: fill, tooltip: tooltip) }
    let (x1, y1, x2, y2) = (x + radius * cos(from), y + radius * sin(from), x + radius * cos(to), y + radius * sin(to))
    let isLarge = to - from > .pi ? 1 : 0
    let commands =
      "M\(Self.number(x)) \(Self.number(y))L\(Self.number(x1)) \(Self.number(y1))A\(Self.number(radius)) \(Self.number(radius)) 0 "
      + "\(isLarge) 1 \(Self.number(x2)) \(Self.number(y2))Z"
    close("<path d=\"\(commands)\" fill=\"\(fill)\" stroke=\"#ffffff\" stroke-width=\"1.5\"", "path", tooltip)
  }

  private mutating func close(_ shape: String, _ name: String, _ tooltip: String?) {
    guard let tooltip else {
      text += shape + "/>\n"
      return
    }
    text += "\(shape) class=\"mark\"><title>\(Self.escaped(tooltip))</title></\(name)>\n"
  }

  private static func commands(_ points: [(x: Double, y: Double)]) -> String {
    points.enumerated().map { ($0 == 0 ? "M" : "L") + "\(number($1.x)) \(number($1.y))" }.joined()
  }

  /// A coordinate with at most two decimals.
  static func number(_ value: Double) -> String {
    guard let hundredths = Int64(exactly: (value * 100).rounded()) else { return "0" }
    let size = hundredths.magnitude
    let sign = hundredths < 0 ? "-" : ""
    if size % 100 == 0 { return "\(sign)\(size / 100)" }
    if size % 10 == 0 { return "\(sign)\(size / 100).\(size % 100 / 10)" }
    return "\(sign)\(size / 100).\(size % 100 < 10 ? "0" : "")\(size % 100)"
  }

  /// Text for element content and attributes; what XML 1.0 cannot hold at all becomes U+FFFD.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "\t", "\n", "\r": out += " "
      case "\u{0}"..<" ", "\u{fffe}", "\u{ffff}": out += "\u{fffd}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
