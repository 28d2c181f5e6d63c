/// What a chart shows; ``svg()`` draws it.
struct Chart: Sendable {
  enum Kind: String, Sendable, CaseIterable {
    case bar
    case groupedBar = "grouped_bar"
    case stackedBar = "stacked_bar"
    case line
    case scatter
    case area
    case histogram
    case box
    case heatMap = "heat_map"
    case pie

    /// Whatever stands along its horizontal axis are names.
    var hasCategories: Bool {
      switch self {
      case .bar, .groupedBar, .stackedBar, .heatMap, .box, .pie: true
      case .line, .scatter, .area, .histogram: false
      }
    }
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
  /// Ignored by a histogram, whose one series holds the values to count, a box chart, whose series hold the values of one
  /// category each, and a pie, whose series are its parts.
  var x: XValues
  var series: [Series]
}

extension Chart {
  /// The chart as a self-contained SVG document.
  func svg() -> String {
    switch kind {
    case .bar, .groupedBar, .stackedBar: BarChart(chart: self, names: names).document()
    case .line, .area, .scatter: PointChart(chart: self).document()
    case .histogram: Histogram.document(self)
    case .box: BoxChart(chart: self).document()
    case .heatMap: HeatMap(chart: self, names: names).document()
    case .pie: PieChart(chart: self).document()
    }
  }

  /// Whether its series are told apart by colour.
  var hasLegend: Bool {
    switch kind {
    case .bar, .groupedBar, .stackedBar, .line, .scatter, .area: series.count > 1
    case .pie: true
    case .histogram, .box, .heatMap: false
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
