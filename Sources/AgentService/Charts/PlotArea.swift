/// The rectangle in which marks are drawn, in pixels; y grows downwards.
struct PlotArea: Sendable, Equatable {
  var left: Double
  var top: Double
  var right: Double
  var bottom: Double

  var width: Double { right - left }
  var height: Double { bottom - top }
}

/// Places numbers on a line of pixels.
struct LinearScale: Sendable {
  let lower: Double
  let upper: Double
  /// The pixels of `lower` and of `upper`.
  let from: Double
  let to: Double

  func callAsFunction(_ value: Double) -> Double {
    guard upper > lower else { return (from + to) / 2 }
    return from + (value - lower) / (upper - lower) * (to - from)
  }
}

/// Places categories side by side.
struct BandScale: Sendable {
  let count: Int
  let from: Double
  let to: Double

  /// The room of one category.
  var step: Double { (to - from) / Double(max(1, count)) }

  func center(_ index: Int) -> Double { from + (Double(index) + 0.5) * step }
}
