/// Everything of a chart but its marks: title, axes, grid, legend. It is laid out from the outside in, so that nothing overlaps.
struct ChartFrame {
  private static let margin = 20.0
  private static let legendSwatch = 11.0
  private static let legendRow = 19.0
  private static let legendMaxText = 150.0

  private(set) var svg: SVG
  let width: Double
  let height: Double
  /// What is left for the axes and marks.
  private(set) var room: PlotArea
  private let chart: Chart

  init(_ chart: Chart, height: Double = ChartStyle.height) {
    self.chart = chart
    width = ChartStyle.width
    self.height = height
    svg = SVG(width: width, height: height, title: chart.title)
    room = PlotArea(left: Self.margin, top: Self.margin, right: width - Self.margin, bottom: height - Self.margin)
    drawTitle()
    if chart.hasLegend { drawLegend() }
  }

  var document: String { svg.document }

  /// Draws marks.
  mutating func draw(_ body: (inout SVG) -> Void) { body(&svg) }

  private mutating func drawTitle() {
    let size = ChartStyle.titleSize
    // Bold letters are about a tenth wider.
    let title = ChartStyle.fitted(chart.title, size: size, width: room.width / 1.1)
    svg.label(title, x: room.left, y: room.top + size * 0.85, size: size, fill: ChartStyle.ink, bold: true)
    room.top += size + 16
  }

  private mutating func drawLegend() {
    let size = ChartStyle.labelSize
    let rows = max(1, Int((room.height - Self.legendRow) / Self.legendRow))
    // One row is kept for saying how many did not fit.
    let shown = chart.series.count <= rows ? chart.series.count : rows - 1
    var names = ChartStyle.fitted(chart.series.prefix(shown).map(\.name), size: size, width: Self.legendMaxText)
    if shown < chart.series.count { names.append("+ \(chart.series.count - shown) more") }
    let textWidth = names.map { ChartStyle.textWidth($0, size: size) }.max() ?? 0
    let left = room.right - textWidth - Self.legendSwatch - 6
    for (index, name) in names.enumerated() {
      let y = room.top + Double(index) * Self.legendRow
      if index < shown {
        svg.rect(x: left, y: y, width: Self.legendSwatch, height: Self.legendSwatch, fill: ChartStyle.colour(index))
      }
      svg.label(name, x: left + Self.legendSwatch + 6, y: y + size * 0.83, size: size, fill: ChartStyle.quiet)
    }
    room.right = left - 18
  }

  // MARK: Axes

  /// Takes the room that the axis labels need.
  mutating func reserve(left: Double = 0, bottom: Double = 0, right: Double = 0) {
    room.left += left
    room.bottom -= bottom
    room.right -= right
  }

  mutating func labelBelow(_ text: String) {
    guard !text.isEmpty else { return }
    let shown = ChartStyle.fitted(text, size: ChartStyle.labelSize, width: room.width)
    svg.label(
      shown, x: (room.left + room.right) / 2, y: height - Self.margin, size: ChartStyle.labelSize,
      fill: ChartStyle.quiet, anchor: .middle)
  }

  mutating func labelLeft(_ text: String) {
    guard !text.isEmpty else { return }
    let shown = ChartStyle.fitted(text, size: ChartStyle.labelSize, width: room.height)
    svg.label(
      shown, x: Self.margin + ChartStyle.labelSize * 0.8, y: (room.top + room.bottom) / 2, size: ChartStyle.labelSize,
      fill: ChartStyle.quiet, anchor: .middle, turned: -90)
  }

  /// Grid lines and numbers of a vertical number axis.
  mutating func drawVerticalTicks(_ ticks: NiceTicks, _ scale: LinearScale) {
    for value in ticks.values {
      svg.line(room.left, scale(value), room.right, scale(value), stroke: value == 0 ? ChartStyle.axis : ChartStyle.grid)
      svg.label(
        ChartNumber.tick(value, step: ticks.step), x: room.left - 7, y: scale(value) + ChartStyle.tickSize * 0.35,
        size: ChartStyle.tickSize, fill: ChartStyle.quiet, anchor: .end)
    }
  }

  /// Grid lines and numbers of a horizontal number axis below the plot.
  mutating func drawHorizontalTicks(_ ticks: NiceTicks, _ scale: LinearScale, grouping: Bool = true, grid: Bool = true) {
    let labels = ticks.values.map { ChartNumber.tick($0, step: ticks.step, grouping: grouping) }
    let widest = labels.map { ChartStyle.textWidth($0, size: ChartStyle.tickSize) }.max() ?? 0
    let apart = abs(scale(ticks.step) - scale(0))
    let needed = (widest + 10) / max(1, apart)
    // Every second, fifth or tenth, counted from zero, so that what is written stays round.
    let every = [1.0, 2, 5, 10, 20, 50, 100].first { $0 >= needed } ?? 1_000
    for (index, value) in ticks.values.enumerated() {
      if grid {
        let stroke = value == 0 ? ChartStyle.axis : ChartStyle.grid
        svg.line(scale(value), room.top, scale(value), room.bottom, stroke: stroke)
      }
      let number = (value / ticks.step).rounded()
      if number.truncatingRemainder(dividingBy: every) == 0 { drawTickBelow(labels[index], at: scale(value)) }
    }
  }

  mutating func drawTickBelow(_ label: String, at x: Double) {
    svg.line(x, room.bottom, x, room.bottom + 4, stroke: ChartStyle.axis)
    svg.label(
      label, x: x, y: room.bottom + 6 + ChartStyle.tickSize, size: ChartStyle.tickSize, fill: ChartStyle.quiet,
      anchor: .middle)
  }

  mutating func drawBaseLine() {
    svg.line(room.left, room.bottom, room.right, room.bottom, stroke: ChartStyle.axis)
  }

  /// A whole chart with categories below and values on the left.
  /// - Parameter marks: draws what stands between the axes.
  static func upright(
    _ chart: Chart, categories: [String], ticks: NiceTicks, marks: (LinearScale, BandScale, inout SVG) -> Void
  ) -> String {
    var frame = ChartFrame(chart)
    frame.reserve(left: AxisRoom.left(of: ticks, label: chart.yLabel))
    let labels = CategoryLabels(categories, step: frame.room.width / Double(max(1, categories.count)))
    frame.reserve(bottom: labels.depth + AxisRoom.below(label: chart.xLabel))
    let scale = LinearScale(lower: ticks.lower, upper: ticks.upper, from: frame.room.bottom, to: frame.room.top)
    let bands = BandScale(count: categories.count, from: frame.room.left, to: frame.room.right)
    frame.drawVerticalTicks(ticks, scale)
    frame.drawBaseLine()
    labels.draw(in: &frame, bands)
    frame.labelBelow(chart.xLabel)
    frame.labelLeft(chart.yLabel)
    frame.draw { svg in marks(scale, bands, &svg) }
    return frame.document
  }
}
