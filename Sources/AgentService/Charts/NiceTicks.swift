import Glibc

/// Round numbers along an axis: the "loose labelling" of P. Heckbert, "Nice Numbers for Graph Labels", Graphics Gems, 1990.
struct NiceTicks: Sendable, Equatable {
  /// Rising, at least two.
  let values: [Double]
  /// The distance between two ticks: 1, 2 or 5 times a power of ten.
  let step: Double

  var lower: Double { values[0] }
  var upper: Double { values[values.count - 1] }

  /// Ticks that cover `lower...upper`, both finite, in about `count` steps.
  init(covering lower: Double, _ upper: Double, count: Int = 6) {
    var (lower, upper) = (min(lower, upper), max(lower, upper))
    // Beyond this the differences themselves would overflow or vanish.
    let limit = 1e300
    (lower, upper) = (max(-limit, min(limit, lower)), max(-limit, min(limit, upper)))
    if upper - lower <= abs(upper) * 1e-12 {
      let half = upper == 0 ? 0.5 : abs(upper) * 0.1
      (lower, upper) = (lower - half, upper + half)
    }
    let step = Self.nice((upper - lower) / Double(max(1, count - 1)))
    let first = (lower / step + 1e-9).rounded(.down)
    let last = max(first + 1, (upper / step - 1e-9).rounded(.up))
    self.step = step
    values = (0...Int(min(1_000, last - first))).map { (first + Double($0)) * step }
  }

  /// The nearest of 1, 2, 5 and 10 times a power of ten.
  static func nice(_ value: Double) -> Double {
    let power = pow(10, log10(max(value, 1e-300)).rounded(.down))
    let fraction = value / power
    return (fraction < 1.5 ? 1 : fraction < 3 ? 2 : fraction < 7 ? 5 : 10) * power
  }
}
