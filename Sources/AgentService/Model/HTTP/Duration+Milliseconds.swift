extension Duration {
  /// Rounded down.
  var wholeMilliseconds: Int {
    let (seconds, attoseconds) = components
    let milliseconds = seconds.multipliedReportingOverflow(by: 1_000)
    if milliseconds.overflow { return seconds < 0 ? .min : .max }
    return Int(milliseconds.partialValue &+ attoseconds / 1_000_000_000_000_000)
  }
}
