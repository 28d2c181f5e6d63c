import Wire

/// Numbers as people read them.
enum Quantities {
  /// `0 B`, `512 B`, `1.5 KiB`, `12 MiB`: one decimal below ten.
  static func bytes(_ count: UInt64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    var value = Double(count)
    var unit = 0
    // 1023.5 would be shown as 1024 of the smaller unit.
    while value >= 1_023.5, unit < units.count - 1 {
      value /= 1_024
      unit += 1
    }
    return "\(unit == 0 ? "\(count)" : short(value)) \(units[unit])"
  }

  /// `850 ms`, `1.5 s`, `12 s`, `3 m 20 s`, `2 h 5 m`.
  static func milliseconds(_ count: UInt64) -> String {
    switch count {
    case ..<1_000: return "\(count) ms"
    case ..<60_000: return "\(short(Double(count) / 1_000)) s"
    case ..<3_600_000: return "\(count / 60_000) m \(count / 1_000 % 60) s"
    default: return "\(count / 3_600_000) h \(count / 60_000 % 60) m"
    }
  }

  /// `1234567.5` → `1,234,567.5`. Text that is no plain decimal number comes back unchanged.
  static func grouped(_ number: String) -> String {
    let sign = number.hasPrefix("-") ? "-" : ""
    let unsigned = number.dropFirst(sign.count)
    let whole = unsigned.prefix { $0 != "." }
    let rest = unsigned.dropFirst(whole.count)
    guard !whole.isEmpty, whole.allSatisfy(isDigit), rest.dropFirst().allSatisfy(isDigit) else { return number }
    var out = ""
    for (index, digit) in whole.enumerated() {
      if index > 0, (whole.count - index) % 3 == 0 { out.append(",") }
      out.append(digit)
    }
    return sign + out + rest
  }

  /// A number with the marks of a language: `1,234.5` is `1.234,5` in Indonesian.
  static func localized(_ number: String, _ language: Language) -> String {
    switch language {
    case .id: String(number.map { $0 == "," ? "." : $0 == "." ? "," : $0 })
    case .en, .unspecified: number
    }
  }

  /// `20.215542521994134` → `20.2155`: at most four decimals, more for what would become zero. Text that is no plain
  /// decimal number comes back unchanged.
  static func rounded(_ number: String) -> String {
    let decimals = number.split(separator: ".", omittingEmptySubsequences: false)
    guard decimals.count == 2, decimals[1].count > 4, decimals[1].allSatisfy(isDigit), let value = Double(number),
      abs(value) >= 0.001, abs(value) < 1e12
    else { return number }
    return "\((value * 10_000).rounded() / 10_000)"
  }

  /// `1 row`, `2 rows`.
  static func count(_ count: UInt64, _ noun: String, plural: String? = nil) -> String {
    "\(grouped("\(count)")) \(count == 1 ? noun : plural ?? noun + "s")"
  }

  /// A figure without needless digits: whole numbers as such, others with at most three decimals.
  static func figure(_ value: Double) -> String {
    guard value.isFinite else { return "\(value)" }
    if let whole = Int64(exactly: value) { return "\(whole)" }
    let rounded = (value * 1_000).rounded() / 1_000
    return "\(rounded == 0 ? value : rounded)"
  }

  private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }

  private static func short(_ value: Double) -> String {
    let tenths = (value * 10).rounded() / 10
    return tenths < 10 ? "\(tenths)" : "\(Int(value.rounded()))"
  }
}
