import Wire

/// Makes a chart out of a table: finds its columns, and what kind of values stand in them.
struct ChartData {
  static let maxPoints = 10_000
  static let maxBars = 200
  static let maxSeries = 24
  static let maxHeatRows = 60
  static let maxBoxes = 40

  let columns: [String]
  let rows: [[DatabaseValue]]

  /// The chart of these columns.
  /// - Parameters:
  ///   - x: the column along the horizontal axis; of a histogram the one that is counted.
  ///   - y: the columns with numbers; several are several series. Empty means all the others.
  ///   - seriesColumn: makes one series for each value of this column, out of one `y` column.
  /// - Throws: `tool_arguments`, naming the argument.
  func chart(
    _ kind: Chart.Kind, title: String, x: String, y: [String], seriesColumn: String?, xLabel: String?, yLabel: String?
  ) throws(WireError) -> Chart {
    guard !rows.isEmpty else { throw WireError(.toolArguments, "There are no rows to draw; check the query.") }
    let xIndex = try index(of: x, argument: "x")
    if kind == .histogram {
      let values = try numbers(xIndex, argument: "x")
      let chart = Chart(
        kind: kind, title: title, xLabel: xLabel ?? columns[xIndex], yLabel: yLabel ?? "count", x: .numbers([]),
        series: [Chart.Series(name: columns[xIndex], values: values)])
      try check(chart)
      return chart
    }
    if kind == .box || kind == .pie {
      guard y.count <= 1 else { throw WireError(.toolArguments, "The argument 'y' must be one column for a \(kind.rawValue).") }
      let yIndex = try y.first.map { (name) throws(WireError) in try index(of: name, argument: "y") }
      guard let yIndex = yIndex ?? columns.indices.first(where: { $0 != xIndex }) else {
        throw WireError(.toolArguments, "The argument 'y' must name a column with numbers.")
      }
      return try grouped(kind, title: title, xIndex, yIndex, xLabel: xLabel, yLabel: yLabel)
    }
    if kind == .heatMap, seriesColumn == nil {
      throw WireError(.toolArguments, "The argument 'series' must name the column whose values are the rows of the heat map.")
    }
    var yIndexes: [Int] = []
    for name in y { yIndexes.append(try index(of: name, argument: "y")) }
    if y.isEmpty { yIndexes = columns.indices.filter { $0 != xIndex && columns[$0] != seriesColumn } }
    guard !yIndexes.isEmpty else { throw WireError(.toolArguments, "The argument 'y' must name a column with numbers.") }
    var chart = Chart(
      kind: kind, title: title, xLabel: xLabel ?? columns[xIndex],
      yLabel: yLabel ?? (kind == .heatMap ? seriesColumn ?? "" : yIndexes.count == 1 ? columns[yIndexes[0]] : ""),
      x: .categories([]), series: [])
    if let seriesColumn {
      guard yIndexes.count == 1 else { throw WireError(.toolArguments, "The argument 'y' must be one column beside 'series'.") }
      try pivot(&chart, xIndex, yIndexes[0], by: try index(of: seriesColumn, argument: "series"))
    } else {
      chart.x = xValues(rows.map { $0[xIndex] }, kind)
      for index in yIndexes {
        chart.series.append(Chart.Series(name: columns[index], values: try numbers(index, argument: "y")))
      }
    }
    chart.dropWithoutX()
    try check(chart)
    chart.fillPeriods(most: Self.maxBars)
    return chart
  }

  private func check(_ chart: Chart) throws(WireError) {
    guard chart.series.contains(where: { $0.values.contains { $0 != nil } }) else {
      let argument = chart.kind == .histogram ? "x" : "y"
      throw WireError(.toolArguments, "The argument '\(argument)' names no column that has a value in it; check the query.")
    }
    guard chart.series.count <= Self.maxSeries || !chart.hasLegend else {
      throw WireError(.toolArguments, "There are \(chart.series.count) series; draw at most \(Self.maxSeries).")
    }
    guard !chart.kind.hasCategories || chart.x.count <= Self.maxBars else {
      throw WireError(.toolArguments, "There are \(chart.x.count) bars; draw at most \(Self.maxBars): aggregate or add a LIMIT.")
    }
  }

  /// A chart whose series are the categories themselves: all values of each, or their sum for a pie.
  private func grouped(
    _ kind: Chart.Kind, title: String, _ x: Int, _ y: Int, xLabel: String?, yLabel: String?
  ) throws(WireError) -> Chart {
    let values = try numbers(y, argument: "y")
    var places: [String: Int] = [:]
    var groups: [Chart.Series] = []
    for (row, value) in zip(rows, values) {
      let name = row[x].chartName
      let place = places[name] ?? groups.count
      if place == groups.count {
        places[name] = place
        groups.append(Chart.Series(name: name, values: []))
      }
      groups[place].values.append(value)
    }
    if kind == .pie {
      guard values.allSatisfy({ ($0 ?? 0) >= 0 }) else {
        throw WireError(.toolArguments, "A pie has no place for values below zero; draw bars.")
      }
      let sums = groups.map { (name: $0.name, value: $0.values.compactMap { $0 }.reduce(0, +)) }
      groups = PieChart.parts(sums).map { Chart.Series(name: $0.name, values: [$0.value]) }
      guard !groups.isEmpty else { throw WireError(.toolArguments, "The argument 'y' names no column with values above zero.") }
    } else if groups.count > Self.maxBoxes {
      throw WireError(.toolArguments, "There are \(groups.count) boxes; draw at most \(Self.maxBoxes): filter them.")
    }
    let chart = Chart(
      kind: kind, title: title, xLabel: kind == .pie ? "" : xLabel ?? columns[x],
      yLabel: kind == .pie ? "" : yLabel ?? columns[y],
      x: .categories([]), series: groups)
    try check(chart)
    return chart
  }

  // MARK: Columns

  private func index(of name: String, argument: String) throws(WireError) -> Int {
    let found = columns.firstIndex(of: name) ?? columns.firstIndex { $0.lowercased() == name.lowercased() }
    guard let found else {
      throw WireError(
        .toolArguments,
        "The argument '\(argument)' names no column '\(name.prefix(64))'; there are: \(columns.joined(separator: ", ")).")
    }
    return found
  }

  /// The numbers of a column; NULL, NaN and infinities are gaps.
  private func numbers(_ index: Int, argument: String) throws(WireError) -> [Double?] {
    var values: [Double?] = []
    for row in rows {
      guard let value = row[index].chartNumber else {
        throw WireError(.toolArguments, "The argument '\(argument)' names '\(columns[index])', which is no column of numbers.")
      }
      values.append(value)
    }
    return values
  }

  /// Dates and numbers get an axis of their own; everything else, and whatever stands below bars, are categories.
  private func xValues(_ values: [DatabaseValue], _ kind: Chart.Kind) -> Chart.XValues {
    let isBars = kind.hasCategories
    let known = values.filter { $0 != .null }
    if !isBars, !known.isEmpty {
      let numbers = values.map { $0.chartNumber }
      if numbers.allSatisfy({ $0 != nil }) { return .numbers(numbers.map { $0 ?? nil }) }
      let times = values.map { value -> Double? in
        if case .text(let text) = value { ChartTime.parse(text) } else { nil }
      }
      if times.compactMap({ $0 }).count == known.count { return .times(times) }
    }
    return .categories(values.map(\.chartName))
  }

  /// Turns a long table (x, series, y) into one series for each value of a column, in the order of first appearance.
  private func pivot(_ chart: inout Chart, _ x: Int, _ y: Int, by seriesIndex: Int) throws(WireError) {
    let numbers = try numbers(y, argument: "y")
    var places: [String: Int] = [:]
    var xs: [DatabaseValue] = []
    var seriesPlaces: [String: Int] = [:]
    for row in rows {
      if places.updateValue(places[row[x].chartName] ?? xs.count, forKey: row[x].chartName) == nil { xs.append(row[x]) }
      let name = row[seriesIndex].chartName
      guard seriesPlaces[name] == nil else { continue }
      let most = chart.kind == .heatMap ? Self.maxHeatRows : Self.maxSeries
      guard chart.series.count < most else {
        throw WireError(.toolArguments, "The argument 'series' has more than \(most) values; filter them.")
      }
      seriesPlaces[name] = chart.series.count
      chart.series.append(Chart.Series(name: name, values: []))
    }
    for index in chart.series.indices { chart.series[index].values = Array(repeating: nil, count: xs.count) }
    for (row, number) in zip(rows, numbers) {
      guard let place = places[row[x].chartName], let series = seriesPlaces[row[seriesIndex].chartName] else { continue }
      chart.series[series].values[place] = number
    }
    chart.x = xValues(xs, chart.kind)
  }
}

extension DatabaseValue {
  /// nil when this is no number at all; a gap (inner nil) for NULL, NaN and infinities.
  fileprivate var chartNumber: Double?? {
    switch self {
    case .null: .some(nil)
    case .integer(let value): .some(Double(value))
    case .real(let value): .some(value.isFinite ? value : nil)
    case .decimal(let text): Double(text)
    case .text, .blob: nil
    }
  }

  /// The value as the name of a category.
  fileprivate var chartName: String {
    switch self {
    case .null: "(none)"
    case .integer(let value): String(value)
    case .real(let value): ChartNumber.plain(value)
    case .text(let text), .decimal(let text): text
    case .blob(let bytes): "(\(bytes.count) bytes)"
    }
  }
}
