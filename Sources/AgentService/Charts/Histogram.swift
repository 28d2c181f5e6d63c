import Glibc

/// How often values fall into each of a row of equal bins.
struct Histogram: Sendable, Equatable {
  /// One more than there are bins, rising.
  let edges: NiceTicks
  let counts: [Int]

  /// Bins of a round width near that of D. Freedman and P. Diaconis, 1981, between 5 and 40 of them; values are finite.
  init(of values: [Double]) {
    let sorted = values.sorted()
    let (lower, upper) = (sorted.first ?? 0, sorted.last ?? 0)
    let spread = Self.quantile(sorted, 0.75) - Self.quantile(sorted, 0.25)
    let width = 2 * spread / cbrt(Double(max(1, sorted.count)))
    let wanted = width > 0 ? (upper - lower) / width : log2(Double(max(1, sorted.count))) + 1
    edges = NiceTicks(covering: lower, upper, count: Int(min(40, max(5, wanted.rounded()))) + 1)
    var counts = [Int](repeating: 0, count: edges.values.count - 1)
    for value in sorted {
      // The last bin holds its upper edge too.
      let place = ((value - edges.lower) / edges.step).rounded(.down)
      counts[Int(max(0, min(Double(counts.count - 1), place)))] += 1
    }
    self.counts = counts
  }

  private static func quantile(_ sorted: [Double], _ part: Double) -> Double {
    guard !sorted.isEmpty else { return 0 }
    return sorted[min(sorted.count - 1, Int(part * Double(sorted.count)))]
  }

  /// Draws the chart; its one series holds the values.
  static func document(_ chart: Chart) -> String {
    let histogram = Histogram(of: chart.series.first?.values.compactMap { $0 } ?? [])
    let ticks = NiceTicks(covering: 0, Double(histogram.counts.max() ?? 0))
    var frame = ChartFrame(chart)
    frame.reserve(
      left: AxisRoom.left(of: ticks, label: chart.yLabel),
      bottom: ChartStyle.tickSize + 12 + AxisRoom.below(label: chart.xLabel), right: 14)
    let edges = histogram.edges
    let y = LinearScale(lower: ticks.lower, upper: ticks.upper, from: frame.room.bottom, to: frame.room.top)
    let x = LinearScale(lower: edges.lower, upper: edges.upper, from: frame.room.left, to: frame.room.right)
    frame.drawVerticalTicks(ticks, y)
    frame.drawHorizontalTicks(edges, x, grid: false)
    frame.drawBaseLine()
    frame.labelBelow(chart.xLabel)
    frame.labelLeft(chart.yLabel)
    frame.draw { svg in
      for (index, count) in histogram.counts.enumerated() where count > 0 {
        let (from, to) = (edges.values[index], edges.values[index + 1])
        let range = "\(ChartNumber.tick(from, step: edges.step)) – \(ChartNumber.tick(to, step: edges.step))"
        svg.rect(
          x: x(from) + 0.5, y: y(Double(count)), width: x(to) - x(from) - 1, height: y(0) - y(Double(count)),
          fill: ChartStyle.colour(0), tooltip: "\(range): \(ChartNumber.plain(Double(count)))")
      }
    }
    return frame.document
  }
}
