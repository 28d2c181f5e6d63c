/// What a chart shows; ``svg()`` draws it.
struct Chart: Sendable {
  enum Kind: String, Sendable, CaseIterable {
    case bar
    case groupedBar = "grouped_bar"
    case line
    case scatter
    case area
    case histogram
  }

  /// One sequence of numbers, as long as the x values; nil is a gap. Never NaN or infinite.
  struct Series: Sendable, Equatable {
    var name: String
    var values: [Double?]
  }

  /// The values along the horizontal axis.
  enum XValues: Sendable, Equatable {
    case categories([String])
    case numbers([Double?])
    /// Seconds since 1970 UTC.
    case times([Double?])

    var count: Int {
      switch self {
      case .categories(let names): names.count
      case .numbers(let values), .times(let values): values.count
      }
    }
  }

  var kind: Kind
  var title: String
  var xLabel: String
  var yLabel: String
  /// Ignored by a histogram, whose one series holds the values to count.
  var x: XValues
  var series: [Series]
}

extension Chart {
  /// The chart as a self-contained SVG document.
  func svg() -> String {
    switch kind {
    case .bar, .groupedBar: BarChart(chart: self, names: names).document()
    case .line, .area, .scatter: PointChart(chart: self).document()
    case .histogram: Histogram.document(self)
    }
  }

  /// The x values as names of categories.
  private var names: [String] {
    switch x {
    case .categories(let names): names
    case .numbers(let values): values.map { $0.map(ChartNumber.plain) ?? "(none)" }
    case .times(let values): values.map { $0.map(ChartTime.date) ?? "(none)" }
    }
  }
}
