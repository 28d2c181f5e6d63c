import Glibc

/// Numbers as people read them.
enum ChartNumber {
  /// A tick's number with as many decimals as the step needs, and commas between thousands.
  static func tick(_ value: Double, step: Double, grouping: Bool = true) -> String {
    let size = max(abs(value), abs(step))
    guard size < 1e15, step >= 1e-6 else { return scientific(value) }
    let decimals = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
    return fixed(value, decimals: min(decimals, 7), grouping: grouping)
  }

  /// A value with at most four significant decimals, for tooltips.
  static func plain(_ value: Double) -> String {
    guard abs(value) < 1e15 else { return scientific(value) }
    if value == value.rounded() { return fixed(value, decimals: 0, grouping: true) }
    guard abs(value) >= 1e-3 else { return scientific(value) }
    let whole = fixed(value, decimals: 4, grouping: true)
    return String(whole.reversed().drop { $0 == "0" }.reversed())
  }

  /// `value` rounded to `decimals` (0...7).
  static func fixed(_ value: Double, decimals: Int, grouping: Bool) -> String {
    let scale = pow(10, Double(decimals))
    guard let scaled = Int64(exactly: (abs(value) * scale).rounded()) else { return scientific(value) }
    let unit = Int64(scale)
    let digits = String(scaled / unit)
    var whole = ""
    for (index, digit) in digits.enumerated() {
      if grouping, index > 0, (digits.count - index) % 3 == 0 { whole += "," }
      whole.append(digit)
    }
    let sign = value < 0 && scaled != 0 ? "−" : ""
    guard decimals > 0 else { return sign + whole }
    let rest = String(scaled % unit)
    return sign + whole + "." + String(repeating: "0", count: decimals - rest.count) + rest
  }

  /// Such as `1.5e18`.
  static func scientific(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return "0" }
    var exponent = Int(log10(abs(value)).rounded(.down))
    var mantissa = ((abs(value) / pow(10, Double(exponent))) * 100).rounded() / 100
    if mantissa >= 10 { (mantissa, exponent) = (1, exponent + 1) }
    let text = mantissa == mantissa.rounded() ? String(Int(mantissa)) : "\(mantissa)"
    return (value < 0 ? "−" : "") + "\(text)e\(exponent)"
  }
}
