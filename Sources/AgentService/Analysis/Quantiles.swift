/// Quantiles by linear interpolation between the order statistics: definition 7 of R. J. Hyndman and Y. Fan, "Sample Quantiles in
/// Statistical Packages", 1996; what R, NumPy and spreadsheets compute by default.
enum Quantiles {
  /// - Parameters:
  ///   - sorted: rising, not empty.
  ///   - part: 0...1.
  static func value(_ sorted: [Double], _ part: Double) -> Double {
    guard let last = sorted.last else { return .nan }
    let place = Double(sorted.count - 1) * min(1, max(0, part))
    let index = Int(place.rounded(.down))
    guard index + 1 < sorted.count else { return last }
    let rest = place - Double(index)
    // Not a weighted sum: between two equal values there is nothing to round.
    return sorted[index] + rest * (sorted[index + 1] - sorted[index])
  }
}
