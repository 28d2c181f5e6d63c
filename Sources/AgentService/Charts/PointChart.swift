/// Lines, areas and scattered points: each x value has a place along the horizontal axis.
struct PointChart {
  private static let markedPoints = 60

  let chart: Chart

  func document() -> String {
    var frame = ChartFrame(chart)
    let ticks = verticalTicks
    frame.reserve(left: AxisRoom.left(of: ticks, label: chart.yLabel), right: 14)
    let places = drawHorizontalAxis(&frame)
    let scale = LinearScale(lower: ticks.lower, upper: ticks.upper, from: frame.room.bottom, to: frame.room.top)
    frame.drawVerticalTicks(ticks, scale)
    frame.drawBaseLine()
    frame.labelBelow(chart.xLabel)
    frame.labelLeft(chart.yLabel)
    let base = scale(max(ticks.lower, min(ticks.upper, 0)))
    frame.draw { svg in
      for number in chart.series.indices { drawSeries(number, places, scale, base, &svg) }
    }
    return frame.document
  }

  private var verticalTicks: NiceTicks {
    let values = chart.series.flatMap { $0.values.compactMap { $0 } }
    let (lower, upper) = (values.min() ?? 0, values.max() ?? 0)
    // An area stands on zero; a line does if zero is not far from what it shows.
    let wantsZero = chart.kind == .area || (chart.kind == .line && lower >= 0 && lower < 0.6 * upper)
    return wantsZero ? NiceTicks(covering: min(0, lower), max(0, upper)) : NiceTicks(covering: lower, upper)
  }

  // MARK: The horizontal axis

  /// Draws the ticks below the plot and returns the place of each x value; nil where it has none.
  private func drawHorizontalAxis(_ frame: inout ChartFrame) -> [Double?] {
    let labelRoom = AxisRoom.below(label: chart.xLabel)
    switch chart.x {
    case .categories(let names):
      let labels = CategoryLabels(names, step: frame.room.width / Double(max(1, names.count)))
      frame.reserve(bottom: labels.depth + labelRoom)
      let bands = BandScale(count: names.count, from: frame.room.left, to: frame.room.right)
      labels.draw(in: &frame, bands)
      return names.indices.map(bands.center)
    case .numbers(let values):
      frame.reserve(bottom: ChartStyle.tickSize + 12 + labelRoom)
      let known = values.compactMap { $0 }
      let (lower, upper) = (known.min() ?? 0, known.max() ?? 0)
      let ticks = NiceTicks(covering: lower, upper, count: 8)
      let scale = LinearScale(lower: ticks.lower, upper: ticks.upper, from: frame.room.left, to: frame.room.right)
      // Years are whole numbers that nobody writes with a comma.
      let isYears = lower >= 1_500 && upper <= 2_500 && known.allSatisfy { $0 == $0.rounded() }
      frame.drawHorizontalTicks(ticks, scale, grouping: !isYears, grid: chart.kind == .scatter)
      return values.map { $0.map { scale($0) } }
    case .times(let values):
      frame.reserve(bottom: ChartStyle.tickSize + 12 + labelRoom)
      let known = values.compactMap { $0 }
      let (lower, upper) = (known.min() ?? 0, known.max() ?? 0)
      let isMoment = upper <= lower
      let scale = LinearScale(lower: lower, upper: upper, from: frame.room.left + 6, to: frame.room.right - 6)
      let fit = max(2, Int(frame.room.width / 90))
      let ticks = isMoment ? [(at: lower, label: ChartTime.date(lower))] : ChartTime.ticks(lower, upper, count: fit)
      var free = -Double.infinity
      for tick in ticks {
        // A label may neither run into the one before it nor out of the picture.
        let half = ChartStyle.textWidth(tick.label, size: ChartStyle.tickSize) / 2
        guard scale(tick.at) - half > free + 8, scale(tick.at) + half < frame.width - 4 else { continue }
        frame.drawTickBelow(tick.label, at: scale(tick.at))
        free = scale(tick.at) + half
      }
      return values.map { $0.map { scale($0) } }
    }
  }

  // MARK: Marks

  private func drawSeries(
    _ number: Int, _ places: [Double?], _ scale: LinearScale, _ base: Double, _ svg: inout SVG
  ) {
    let series = chart.series[number]
    let colour = ChartStyle.colour(number)
    if chart.kind != .scatter {
      for run in runs(of: series, places, scale) {
        if chart.kind == .area { svg.area(run, base: base, fill: colour) }
        svg.path(run, stroke: colour)
      }
    }
    let isScatter = chart.kind == .scatter
    guard isScatter || places.count <= Self.markedPoints else { return }
    let opacity = isScatter && places.count > 300 ? 0.5 : isScatter ? 0.75 : 1
    for (index, value) in series.values.enumerated() {
      guard let value, let x = places[index] else { continue }
      let tooltip = "\(series.name): \(ChartNumber.plain(value))"
      svg.circle(x: x, y: scale(value), radius: isScatter ? 3.5 : 3, fill: colour, opacity: opacity, tooltip: tooltip)
    }
  }

  /// The points of a line in the order of their places, broken where a value is missing.
  private func runs(of series: Chart.Series, _ places: [Double?], _ scale: LinearScale) -> [[(x: Double, y: Double)]] {
    var runs: [[(x: Double, y: Double)]] = [[]]
    let order = places.indices.compactMap { index in places[index].map { (index: index, x: $0) } }
      .sorted { ($0.x, $0.index) < ($1.x, $1.index) }
    for (index, x) in order {
      if let value = series.values[index] {
        runs[runs.count - 1].append((x, scale(value)))
      } else if runs.last?.isEmpty == false {
        runs.append([])
      }
    }
    return runs.filter { !$0.isEmpty }
  }
}
