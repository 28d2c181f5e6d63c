/// Bars, one group for each category: upright, or lying when the names are long.
struct BarChart {
  private static let barRow = 24.0
  private static let maxNameWidth = 220.0

  let chart: Chart
  let names: [String]

  /// Whether the names read better beside lying bars.
  private var isLying: Bool {
    guard chart.kind == .bar, names.count <= 40 else { return false }
    let widest = names.map { ChartStyle.textWidth($0, size: ChartStyle.tickSize) }.max() ?? 0
    let room = (ChartStyle.width - 120) / Double(max(1, names.count))
    // Dates keep their order along the usual axis.
    return widest > 60 && widest > 1.2 * room && !names.allSatisfy { ChartTime.parse($0) != nil }
  }

  private var isStacked: Bool { chart.kind == .stackedBar }

  private var ticks: NiceTicks {
    let values = isStacked ? stackEnds : chart.series.flatMap { $0.values.compactMap { $0 } }
    return NiceTicks(covering: min(0, values.min() ?? 0), max(0, values.max() ?? 0))
  }

  func document() -> String { isLying ? lying() : upright() }

  private func upright() -> String {
    ChartFrame.upright(chart, categories: names, ticks: ticks) { scale, bands, svg in
      eachBar(bands) { start, size, from, value, colour, tooltip in
        let (a, b) = (scale(from), scale(value))
        svg.rect(x: start, y: min(a, b), width: size, height: abs(a - b), fill: colour, tooltip: tooltip)
      }
    }
  }

  private func lying() -> String {
    var frame = ChartFrame(chart, height: max(ChartStyle.height * 0.6, Double(names.count) * Self.barRow + 130))
    let ticks = ticks
    let shown = ChartStyle.fitted(names, size: ChartStyle.tickSize, width: Self.maxNameWidth)
    let widest = shown.map { ChartStyle.textWidth($0, size: ChartStyle.tickSize) }.max() ?? 0
    let axisRoom = chart.xLabel.isEmpty ? 0 : ChartStyle.labelSize + 10
    frame.reserve(
      left: widest + 10 + axisRoom, bottom: ChartStyle.tickSize + 12 + AxisRoom.below(label: chart.yLabel), right: 12)
    let scale = LinearScale(lower: ticks.lower, upper: ticks.upper, from: frame.room.left, to: frame.room.right)
    let bands = BandScale(count: names.count, from: frame.room.top, to: frame.room.bottom)
    frame.drawHorizontalTicks(ticks, scale)
    frame.labelBelow(chart.yLabel)
    frame.labelLeft(chart.xLabel)
    let left = frame.room.left
    frame.draw { svg in
      for (index, name) in shown.enumerated() {
        svg.label(
          name, x: left - 8, y: bands.center(index) + ChartStyle.tickSize * 0.35, size: ChartStyle.tickSize,
          fill: ChartStyle.ink, anchor: .end)
      }
      eachBar(bands) { start, size, from, value, colour, tooltip in
        let (a, b) = (scale(from), scale(value))
        svg.rect(x: min(a, b), y: start, width: abs(a - b), height: size, fill: colour, tooltip: tooltip)
      }
    }
    return frame.document
  }

  /// How far the stacks of each category reach, up and down.
  private var stackEnds: [Double] {
    names.indices.flatMap { index in
      let values = chart.series.compactMap { $0.values[index] }
      return [values.filter { $0 > 0 }.reduce(0, +), values.filter { $0 < 0 }.reduce(0, +)]
    }
  }

  /// Every bar that has a value: where it begins along the categories, how thick it is, from which value to which it reaches, and
  /// what it says.
  private func eachBar(
    _ bands: BandScale,
    _ body: (_ start: Double, _ size: Double, _ from: Double, _ to: Double, String, _ tooltip: String) -> Void
  ) {
    if isStacked { return eachPart(bands, body) }
    let group = min(bands.step * 0.76, 90 * Double(chart.series.count))
    let size = group / Double(max(1, chart.series.count))
    let gap = chart.series.count > 1 && size > 4 ? 1.0 : 0
    for (number, series) in chart.series.enumerated() {
      for (index, value) in series.values.enumerated() {
        guard let value else { continue }
        let start = bands.center(index) - group / 2 + Double(number) * size
        let label = chart.series.count > 1 ? "\(names[index]), \(series.name)" : names[index]
        body(start, max(0.5, size - gap), 0, value, ChartStyle.colour(number), "\(label): \(ChartNumber.plain(value))")
      }
    }
  }
}

extension BarChart {
  /// The parts of stacked bars: what is above zero upwards, what is below it downwards.
  private func eachPart(
    _ bands: BandScale,
    _ body: (_ start: Double, _ size: Double, _ from: Double, _ to: Double, String, _ tooltip: String) -> Void
  ) {
    let size = min(bands.step * 0.76, 90)
    for index in names.indices {
      var (up, down) = (0.0, 0.0)
      for (number, series) in chart.series.enumerated() {
        guard let value = series.values[index] else { continue }
        let from = value < 0 ? down : up
        if value < 0 { down += value } else { up += value }
        let tooltip = "\(names[index]), \(series.name): \(ChartNumber.plain(value))"
        body(bands.center(index) - size / 2, size, from, from + value, ChartStyle.colour(number), tooltip)
      }
    }
  }
}

/// The room that axes need, in pixels.
enum AxisRoom {
  /// To the left of a vertical number axis.
  static func left(of ticks: NiceTicks, label: String) -> Double {
    let widths = ticks.values.map {
      ChartStyle.textWidth(ChartNumber.tick($0, step: ticks.step), size: ChartStyle.tickSize)
    }
    return (widths.max() ?? 0) + 10 + (label.isEmpty ? 0 : ChartStyle.labelSize + 8)
  }

  /// Below the labels of a horizontal axis.
  static func below(label: String) -> Double { label.isEmpty ? 0 : ChartStyle.labelSize + 8 }
}
