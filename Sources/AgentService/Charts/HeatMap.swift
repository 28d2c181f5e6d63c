/// Numbers of two categories as shades: darker is more. A scale beside it says what the shades mean.
struct HeatMap {
  private static let scaleWidth = 14.0
  private static let steps = 24
  private static let maxNameWidth = 160.0

  /// One series for each row; its values stand in the columns of `names`.
  let chart: Chart
  let names: [String]

  func document() -> String {
    let values = chart.series.flatMap { $0.values.compactMap { $0 } }
    let (lower, upper) = (values.min() ?? 0, values.max() ?? 0)
    let ticks = NiceTicks(covering: lower, upper)
    let rows = ChartStyle.fitted(chart.series.map(\.name), size: ChartStyle.tickSize, width: Self.maxNameWidth)
    let height = max(ChartStyle.height * 0.6, min(1_200, Double(rows.count) * 30 + 150))
    var frame = ChartFrame(chart, height: height)
    let widest = rows.map { ChartStyle.textWidth($0, size: ChartStyle.tickSize) }.max() ?? 0
    let scaleText = ticks.values.map { ChartStyle.textWidth(ChartNumber.tick($0, step: ticks.step), size: ChartStyle.tickSize) }
    frame.reserve(
      left: widest + 10 + (chart.yLabel.isEmpty ? 0 : ChartStyle.labelSize + 8),
      right: Self.scaleWidth + 24 + (scaleText.max() ?? 0))
    let labels = CategoryLabels(names, step: frame.room.width / Double(max(1, names.count)))
    frame.reserve(bottom: labels.depth + AxisRoom.below(label: chart.xLabel))
    let columns = BandScale(count: names.count, from: frame.room.left, to: frame.room.right)
    let bands = BandScale(count: rows.count, from: frame.room.top, to: frame.room.bottom)
    labels.draw(in: &frame, columns)
    frame.labelBelow(chart.xLabel)
    frame.labelLeft(chart.yLabel)
    let room = frame.room
    let shade = { (value: Double) in ChartStyle.shade(upper > lower ? (value - lower) / (upper - lower) : 0.5) }
    let fitsNumbers = columns.step >= 44 && bands.step >= 16
    frame.draw { svg in
      for (row, series) in chart.series.enumerated() {
        svg.label(
          rows[row], x: room.left - 8, y: bands.center(row) + ChartStyle.tickSize * 0.35, size: ChartStyle.tickSize,
          fill: ChartStyle.ink, anchor: .end)
        for (column, value) in series.values.enumerated() {
          guard let value else { continue }
          let text = ChartNumber.plain(value)
          svg.rect(
            x: columns.center(column) - columns.step / 2 + 0.5, y: bands.center(row) - bands.step / 2 + 0.5,
            width: columns.step - 1, height: bands.step - 1, fill: shade(value),
            tooltip: "\(series.name), \(names[column]): \(text)")
          guard fitsNumbers, ChartStyle.textWidth(text, size: 10) <= columns.step - 4 else { continue }
          let isDark = upper > lower && (value - lower) / (upper - lower) > 0.55
          svg.label(
            text, x: columns.center(column), y: bands.center(row) + 3.5, size: 10, fill: isDark ? "#ffffff" : ChartStyle.ink,
            anchor: .middle)
        }
      }
      drawScale(&svg, room, ticks, lower, upper)
    }
    return frame.document
  }

  private func drawScale(_ svg: inout SVG, _ room: PlotArea, _ ticks: NiceTicks, _ lower: Double, _ upper: Double) {
    let x = room.right + 16
    let scale = LinearScale(lower: lower, upper: upper, from: room.bottom, to: room.top)
    let step = room.height / Double(Self.steps)
    for index in 0..<Self.steps {
      svg.rect(
        x: x, y: room.bottom - Double(index + 1) * step, width: Self.scaleWidth, height: step + 0.5,
        fill: ChartStyle.shade((Double(index) + 0.5) / Double(Self.steps)))
    }
    for value in ticks.values where value >= lower && value <= upper {
      svg.label(
        ChartNumber.tick(value, step: ticks.step), x: x + Self.scaleWidth + 5, y: scale(value) + ChartStyle.tickSize * 0.35,
        size: ChartStyle.tickSize, fill: ChartStyle.quiet)
    }
  }
}
