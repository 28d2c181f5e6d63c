/// How charts look: the sizes in pixels, the colours on white.
enum ChartStyle {
  static let width = 800.0
  static let height = 480.0
  static let titleSize = 17.0
  static let labelSize = 12.0
  static let tickSize = 11.0
  static let ink = "#1f2933"
  static let quiet = "#52606d"
  static let grid = "#e4e7eb"
  static let axis = "#7b8794"
  /// Told apart also without red or green; each has a contrast of at least 3:1 on white.
  static let palette = ["#2f6db5", "#c65a1e", "#2b8a5e", "#8a56ac", "#b8374f", "#17808f", "#8c6a1c", "#b84a93"]

  /// The ground of a box.
  static let pale = "#c9dcf2"

  /// A shade for 0...1: from nearly white to a deep blue, rising in darkness all the way, so that it reads in grey too.
  static func shade(_ part: Double) -> String {
    let (light, dark) = ([239.0, 246, 252], [12.0, 61, 120])
    let place = min(1, max(0, part))
    let channels = zip(light, dark).map { from, to in Int((from + (to - from) * place).rounded()) }
    return "#" + channels.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  static func colour(_ index: Int) -> String { palette[index % palette.count] }

  /// About how wide a text is; on the generous side, so that nothing overlaps in a wider font.
  static func textWidth(_ text: String, size: Double) -> Double {
    text.unicodeScalars.reduce(0) { sum, scalar in
      switch scalar {
      case "i", "j", "l", "I", ".", ",", ":", ";", "'", "|", "!", " ", "(", ")", "[", "]", "t", "f", "r", "-", "/":
        sum + 0.4 * size
      case "m", "w", "M", "W", "@", "%": sum + 0.95 * size
      case "A"..."Z": sum + 0.7 * size
      case "\u{0}"..."\u{2fff}": sum + 0.62 * size
      default: sum + size
      }
    }
  }

  /// Texts that stand beside each other, each with `…` for what does not fit into `width`: at its end, or in its middle where texts
  /// with the same beginning would look the same.
  static func fitted(_ texts: [String], size: Double, width: Double) -> [String] {
    let short = texts.map { fitted($0, size: size, width: width) }
    let counts = Dictionary(short.map { ($0, 1) }, uniquingKeysWith: +)
    return zip(texts, short).map { text, short in
      guard short != text, counts[short] ?? 0 > 1 else { return short }
      var (head, tail) = (text.prefix(text.count / 2), text.suffix(text.count - text.count / 2))
      while !head.isEmpty, textWidth("\(head)…\(tail)", size: size) > width {
        if head.count > tail.count / 2 { head.removeLast() } else { tail.removeFirst() }
      }
      return "\(head)…\(tail)"
    }
  }

  /// The text, with `…` for what does not fit into `width`.
  static func fitted(_ text: String, size: Double, width: Double) -> String {
    guard textWidth(text, size: size) > width else { return text }
    var short = text
    while !short.isEmpty, textWidth(short + "…", size: size) > width { short.removeLast() }
    return short + "…"
  }
}
