import Glibc

/// How the names of categories are written below an axis: level if they fit, turned if not, thinned if even that is too tight.
struct CategoryLabels {
  private static let turn = 40.0
  private static let maxTurnedWidth = 130.0

  private let names: [String]
  private let isTurned: Bool
  /// Every how many names one is written.
  private let every: Int
  /// How far they reach below the axis.
  let depth: Double

  /// - Parameter step: the room of one category, in pixels.
  init(_ all: [String], step: Double) {
    let size = ChartStyle.tickSize
    let widest = all.map { ChartStyle.textWidth($0, size: size) }.max() ?? 0
    if widest + 6 <= step || widest <= 44 {
      names = all
      isTurned = false
      every = max(1, Int(((widest + 6) / max(0.01, step)).rounded(.up)))
      depth = size + 10
    } else {
      names = ChartStyle.fitted(all, size: size, width: Self.maxTurnedWidth)
      isTurned = true
      every = max(1, Int((18 / max(0.01, step)).rounded(.up)))
      depth = min(widest, Self.maxTurnedWidth) * sin(Self.turn * .pi / 180) + size + 10
    }
  }

  func draw(in frame: inout ChartFrame, _ bands: BandScale) {
    let bottom = frame.room.bottom
    for index in names.indices where index % every == 0 {
      let x = bands.center(index)
      guard isTurned else {
        frame.drawTickBelow(names[index], at: x)
        continue
      }
      // The first names must not begin outside the picture.
      let room = (x - 4) / cos(Self.turn * .pi / 180)
      let (name, turn) = (ChartStyle.fitted(names[index], size: ChartStyle.tickSize, width: room), -Self.turn)
      frame.draw { svg in
        svg.line(x, bottom, x, bottom + 4, stroke: ChartStyle.axis)
        svg.label(
          name, x: x + 4, y: bottom + 6 + ChartStyle.tickSize * 0.7, size: ChartStyle.tickSize, fill: ChartStyle.quiet,
          anchor: .end, turned: turn)
      }
    }
  }
}
