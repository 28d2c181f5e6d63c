import JSON

/// One measured figure.
struct Figure: Sendable {
  let name: String
  let value: Double
  let unit: String
  /// What it is held against, such as "raw SQLite, batch 64"; empty when it stands alone.
  var against = ""
  /// `value` ÷ the figure it is held against.
  var ratio: Double?
  /// The bar, in words.
  var bar = ""
  /// Whether the bar is met; nil without a bar.
  var isMet: Bool?

  var json: JSONValue {
    [
      "name": .string(name), "value": .number(value), "unit": .string(unit), "against": .string(against),
      "ratio": ratio.map { .number($0) } ?? .null, "bar": .string(bar), "met": isMet.map { .bool($0) } ?? .null,
    ]
  }

  var line: String {
    let head = pad(name, 52) + padLeft(format(value), 12) + " " + pad(unit, 12)
    let comparison = ratio.map { padLeft(format($0), 8) + " × " + pad(against, 26) } ?? pad("", 37)
    let verdict = isMet.map { ($0 ? "met     " : "NOT MET ") + bar } ?? ""
    return head + comparison + verdict
  }
}

/// Times of many repetitions, in seconds.
struct Samples {
  private var seconds: [Double] = []

  mutating func add(_ duration: Duration) { seconds.append(duration.seconds) }

  /// The value below which `fraction` of the samples lie (nearest rank), in seconds.
  func percentile(_ fraction: Double) -> Double {
    let sorted = seconds.sorted()
    guard !sorted.isEmpty else { return 0 }
    return sorted[min(sorted.count - 1, max(0, Int((fraction * Double(sorted.count)).rounded(.up)) - 1))]
  }

  var median: Double { percentile(0.5) }
}

extension Duration {
  var seconds: Double {
    let parts = components
    return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
  }
}

/// Three significant digits.
func format(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return "\(value)" }
  let magnitude = abs(value)
  if magnitude >= 100 { return "\(Int(value.rounded()))" }
  let scale = magnitude >= 10 ? 10.0 : magnitude >= 1 ? 100.0 : 1_000.0
  return "\((value * scale).rounded() / scale)"
}

private func pad(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}

private func padLeft(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}
