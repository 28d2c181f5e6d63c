extension Character {
  /// Columns on a terminal: 0 for marks that stand alone, 2 for wide East Asian characters and emoji, else 1.
  ///
  /// An approximation of `wcwidth` by grapheme: a cluster is as wide as its widest scalar, so a family joined by
  /// zero-width joiners counts once.
  var displayWidth: Int {
    var width = 0
    for scalar in unicodeScalars {
      // Variation selector 16 asks for the emoji picture, which is wide.
      if scalar.value == 0xfe0f, width == 1 { return 2 }
      width = max(width, scalar.displayWidth)
    }
    return width
  }
}

extension StringProtocol {
  /// Columns on a terminal.
  var displayWidth: Int { reduce(0) { $0 + $1.displayWidth } }

  /// The longest beginning that fits into `width` columns, with `…` in place of what was cut.
  func truncated(toWidth width: Int) -> String {
    guard displayWidth > width else { return String(self) }
    guard width > 0 else { return "" }
    var used = 0
    var out = ""
    for character in self {
      let next = character.displayWidth
      if used + next > width - 1 { break }
      used += next
      out.append(character)
    }
    return out + "…"
  }
}

extension Unicode.Scalar {
  fileprivate var displayWidth: Int {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return 0
    default: break
    }
    if value < 0x1100 { return 1 }
    if properties.isEmojiPresentation { return 2 }
    return Self.wide.contains { $0.contains(value) } ? 2 : 1
  }

  /// The blocks that Unicode's EastAsianWidth.txt gives as wide or fullwidth.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xa000...0xa4cf,
    0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6,
    0x17000...0x18cff, 0x1b000...0x1b2ff, 0x1f1e6...0x1f1ff, 0x20000...0x3fffd,
  ]
}
