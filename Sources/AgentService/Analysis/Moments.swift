/// Mean and spread of numbers, in one pass: B. P. Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products",
/// Technometrics 4, 1962. The sum is A. Neumaier's compensated one (1974), so that it does not drift over many rows.
struct Moments: Sendable {
  private(set) var count = 0
  /// The first value. What is computed are distances from it, so that no digit is lost to numbers that are large and near.
  private var origin = 0.0
  private var meanDistance = 0.0
  private var squares = 0.0
  private var total = 0.0
  private var lost = 0.0

  init(_ values: some Sequence<Double> = []) { for value in values { add(value) } }

  mutating func add(_ value: Double) {
    if count == 0 { origin = value }
    count += 1
    let distance = value - origin
    let difference = distance - meanDistance
    meanDistance += difference / Double(count)
    squares += difference * (distance - meanDistance)
    let next = total + value
    lost += abs(total) >= abs(value) ? (total - next) + value : (value - next) + total
    total = next
  }

  /// 0 without values.
  var mean: Double { origin + meanDistance }
  var sum: Double { total + lost }
  /// Of a sample (n - 1); nil below two values.
  var standardDeviation: Double? { count > 1 ? (squares / Double(count - 1)).squareRoot() : nil }
}

/// How two rows of numbers go together.
struct Pairs: Sendable {
  private(set) var count = 0
  private var origin = (x: 0.0, y: 0.0)
  /// Of the distances from the first pair.
  private var mean = (x: 0.0, y: 0.0)
  private var xx = 0.0
  private var yy = 0.0
  private var xy = 0.0

  init(_ pairs: some Sequence<(Double, Double)> = []) { for (x, y) in pairs { add(x, y) } }

  mutating func add(_ x: Double, _ y: Double) {
    if count == 0 { origin = (x, y) }
    count += 1
    let (x, y) = (x - origin.x, y - origin.y)
    let (dx, dy) = (x - mean.x, y - mean.y)
    mean.x += dx / Double(count)
    mean.y += dy / Double(count)
    xx += dx * (x - mean.x)
    yy += dy * (y - mean.y)
    xy += dx * (y - mean.y)
  }

  /// K. Pearson's correlation, -1...1; nil when one of the two does not vary.
  var correlation: Double? {
    guard count > 1, xx > 0, yy > 0 else { return nil }
    return min(1, max(-1, xy / (xx.squareRoot() * yy.squareRoot())))
  }

  /// The line of least squares, y = intercept + slope × x; nil when x does not vary.
  var line: (slope: Double, intercept: Double, rSquared: Double?)? {
    guard count > 1, xx > 0 else { return nil }
    let slope = xy / xx
    return (slope, origin.y + mean.y - slope * (origin.x + mean.x), correlation.map { $0 * $0 })
  }
}

/// Places in a ranking, from 1; equal values share the mean of theirs. C. Spearman's correlation (1904) is Pearson's of these.
enum Ranks {
  static func of(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
      for place in start...end { ranks[order[place]] = Double(start + end) / 2 + 1 }
      start = end + 1
    }
    return ranks
  }
}

/// Values that stand apart.
struct Outliers: Sendable {
  /// Beyond 1.5 times the middle half's width (J. W. Tukey, 1977).
  let lowFence: Double
  let highFence: Double
  let median: Double
  /// The median of the distances from the median, scaled to a normal distribution's standard deviation.
  let deviation: Double

  /// Above this robust z-score a value counts as an outlier (B. Iglewicz and D. Hoaglin, 1993).
  static let robustLimit = 3.5

  /// nil without values.
  init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    median = Quantiles.value(sorted, 0.5)
    let (lower, upper) = (Quantiles.value(sorted, 0.25), Quantiles.value(sorted, 0.75))
    lowFence = lower - 1.5 * (upper - lower)
    highFence = upper + 1.5 * (upper - lower)
    let middle = median
    deviation = 1.4826 * Quantiles.value(sorted.map { abs($0 - middle) }.sorted(), 0.5)
  }

  func isBeyondFences(_ value: Double) -> Bool { value < lowFence || value > highFence }
  func robustScore(_ value: Double) -> Double? { deviation > 0 ? (value - median) / deviation : nil }
}
