import Glibc

/// How the values of each category are spread: the box from the first to the third quartile with the median in it, whiskers to the
/// farthest values within 1.5 times its height, and everything beyond as points (J. W. Tukey, "Exploratory Data Analysis", 1977).
struct BoxChart {
  /// Points beyond the whiskers that are drawn of one category.
  private static let maxOutliers = 200

  /// One series for each category, whose values are all that it has.
  let chart: Chart

  func document() -> String {
    let boxes = chart.series.map { Box($0.values.compactMap { $0 }) }
    let values = boxes.flatMap { $0.map { [$0.lowest, $0.highest] } ?? [] }
    let ticks = NiceTicks(covering: values.min() ?? 0, values.max() ?? 1)
    return ChartFrame.upright(chart, categories: chart.series.map(\.name), ticks: ticks) { scale, bands, svg in
      for (index, box) in boxes.enumerated() {
        guard let box else { continue }
        draw(box, named: chart.series[index].name, at: bands.center(index), width: min(60, bands.step * 0.6), scale, &svg)
      }
    }
  }

  private func draw(
    _ box: Box, named name: String, at x: Double, width: Double, _ scale: LinearScale, _ svg: inout SVG
  ) {
    let colour = ChartStyle.colour(0)
    svg.line(x, scale(box.lowWhisker), x, scale(box.highWhisker), stroke: colour)
    for end in [box.lowWhisker, box.highWhisker] {
      svg.line(x - width / 4, scale(end), x + width / 4, scale(end), stroke: colour)
    }
    let top = scale(box.upperQuartile)
    let label =
      "\(name): median \(ChartNumber.plain(box.median)), middle half \(ChartNumber.plain(box.lowerQuartile)) to "
      + "\(ChartNumber.plain(box.upperQuartile)), \(box.count) values"
    svg.rect(
      x: x - width / 2, y: top, width: width, height: max(1, scale(box.lowerQuartile) - top), fill: ChartStyle.pale,
      tooltip: label)
    svg.path([(x - width / 2, scale(box.median)), (x + width / 2, scale(box.median))], stroke: colour)
    for value in box.outliers.prefix(Self.maxOutliers) {
      svg.circle(x: x, y: scale(value), radius: 2.5, fill: colour, opacity: 0.5, tooltip: "\(name): \(ChartNumber.plain(value))")
    }
  }

  /// The figures of one category.
  struct Box: Equatable {
    let count: Int
    let lowerQuartile: Double
    let median: Double
    let upperQuartile: Double
    let lowWhisker: Double
    let highWhisker: Double
    let outliers: [Double]

    var lowest: Double { min(lowWhisker, outliers.first ?? lowWhisker) }
    var highest: Double { max(highWhisker, outliers.last ?? highWhisker) }

    /// nil without values.
    init?(_ values: [Double]) {
      guard !values.isEmpty else { return nil }
      let sorted = values.sorted()
      count = sorted.count
      lowerQuartile = Quantiles.value(sorted, 0.25)
      median = Quantiles.value(sorted, 0.5)
      upperQuartile = Quantiles.value(sorted, 0.75)
      let reach = 1.5 * (upperQuartile - lowerQuartile)
      let (low, high) = (lowerQuartile - reach, upperQuartile + reach)
      lowWhisker = sorted.first { $0 >= low } ?? lowerQuartile
      highWhisker = sorted.last { $0 <= high } ?? upperQuartile
      outliers = sorted.filter { $0 < low || $0 > high }
    }
  }
}
