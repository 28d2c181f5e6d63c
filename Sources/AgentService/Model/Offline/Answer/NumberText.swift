import JSON

extension Analyst {
  /// Numbers for people.
  enum NumberText {
    /// Thousands separated; two decimals, or three significant digits below 1.
    static func readable(_ value: Double) -> String {
      guard value.isFinite else { return "\(value)" }
      if value == value.rounded(), let whole = Int64(exactly: value) { return grouped(whole) }
      let size = abs(value)
      guard size < 1e12, size >= 1e-6 else { return "\(value)" }
      var decimals = 2
      var limit = 1.0
      while size < limit, decimals < 8 {
        limit /= 10
        decimals += 1
      }
      var scale: Int64 = 1
      for _ in 0..<decimals { scale *= 10 }
      guard let scaled = Int64(exactly: (size * Double(scale)).rounded()) else { return "\(value)" }
      var fraction = "\(scaled % scale)"
      fraction = String(repeating: "0", count: decimals - fraction.count) + fraction
      while fraction.hasSuffix("0"), fraction.count > 2 { fraction.removeLast() }
      return (value < 0 ? "-" : "") + grouped(scaled / scale) + (fraction == "00" ? "" : "." + fraction)
    }

    static func grouped(_ value: Int64) -> String {
      let digits = Array("\(value.magnitude)")
      var out = value < 0 ? "-" : ""
      for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { out += "," }
        out.append(digit)
      }
      return out
    }

    /// Without separators, as it is written in SQL.
    static func plain(_ value: Double) -> String { SQLText.literal(value) }

    static func cell(_ value: JSONValue) -> String {
      switch value {
      case .null: "–"
      case .integer(let value): grouped(value)
      case .number(let value): readable(value)
      case .string(let text): text
      case .bool(let flag): flag ? "true" : "false"
      case .array, .object: bytes(value) ?? value.text()
      }
    }

    /// Bytes, or a text that is no UTF-8, as ``DatabaseValue`` shows them to models: in hex that cannot be taken for a text.
    private static func bytes(_ value: JSONValue) -> String? {
      guard let count = value["blob_bytes"]?.integer else { return nil }
      let digits = value["hex"]?.string ?? ""
      return digits.utf8.count / 2 < count ? "0x\(digits)… (\(count) bytes)" : "0x\(digits)"
    }

    /// What a cell of an answer's table may hold.
    static func plainCell(_ value: JSONValue) -> JSONValue {
      switch value {
      case .array, .object: .string(cell(value))
      case .null, .bool, .integer, .number, .string: value
      }
    }

    /// A value that names something: no separators in a year or an id.
    static func name(_ value: JSONValue) -> String {
      if case .integer(let number) = value { "\(number)" } else { cell(value) }
    }
  }
}
