import Glibc

/// Parts of a whole. The smallest are drawn as one, and each says its share.
struct PieChart {
  static let maxSlices = 8
  private static let minLabelShare = 0.04

  /// One series for each part, with one value.
  let chart: Chart

  /// The largest parts first, what is beyond ``maxSlices`` as one; only values above zero.
  static func parts(_ values: [(name: String, value: Double)]) -> [(name: String, value: Double)] {
    let sorted = values.filter { $0.value > 0 }.enumerated().sorted {
      ($1.element.value, $0.offset) < ($0.element.value, $1.offset)
    }
    .map(\.element)
    guard sorted.count > maxSlices else { return sorted }
    let rest = sorted[(maxSlices - 1)...]
    return Array(sorted[..<(maxSlices - 1)]) + [("\(rest.count) others", rest.reduce(0) { $0 + $1.value })]
  }

  func document() -> String {
    let values = chart.series.map { $0.values.first.flatMap { $0 } ?? 0 }
    let total = values.reduce(0, +)
    var named = chart
    for index in named.series.indices {
      named.series[index].name = "\(share(values[index] / total))  \(named.series[index].name)"
    }
    var frame = ChartFrame(named)
    let room = frame.room
    let radius = min(room.width, room.height) / 2 - 4
    let (x, y) = ((room.left + room.right) / 2, (room.top + room.bottom) / 2)
    frame.draw { svg in
      var from = -0.5 * Double.pi
      for (index, value) in values.enumerated() {
        let to = from + value / total * 2 * .pi
        let label = "\(chart.series[index].name): \(ChartNumber.plain(value)) (\(share(value / total)))"
        svg.slice(x: x, y: y, radius: radius, from: from, to: to, fill: ChartStyle.colour(index), tooltip: label)
        if value / total >= Self.minLabelShare {
          let middle = (from + to) / 2
          svg.label(
            share(value / total), x: x + 0.68 * radius * cos(middle),
            y: y + 0.68 * radius * sin(middle) + ChartStyle.labelSize * 0.35, size: ChartStyle.labelSize, fill: "#ffffff",
            anchor: .middle, bold: true)
        }
        from = to
      }
    }
    return frame.document
  }

  private func share(_ part: Double) -> String { ChartNumber.fixed(part * 100, decimals: 1, grouping: false) + " %" }
}
