/// Dates on an axis: reads ISO 8601, and finds round moments. The proleptic Gregorian calendar, UTC.
enum ChartTime {
  static let day: Double = 86_400

  /// Seconds since 1970 of `YYYY-MM`, `YYYY-MM-DD` or `YYYY-MM-DD[T ]HH:MM[:SS[.fff]][Z]`; nil for anything else.
  static func parse(_ text: String) -> Double? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 7, bytes.count <= 32, let year = number(bytes, 0, 4), bytes[4] == UInt8(ascii: "-"),
      let month = number(bytes, 5, 2), (1...12).contains(month)
    else { return nil }
    if bytes.count == 7 { return Double(days(year: year, month: month, day: 1)) * day }
    guard bytes[7] == UInt8(ascii: "-"), let dayOfMonth = number(bytes, 8, 2),
      dayOfMonth >= 1, dayOfMonth <= length(year: year, month: month)
    else { return nil }
    let midnight = Double(days(year: year, month: month, day: dayOfMonth)) * day
    if bytes.count == 10 { return midnight }
    guard bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: " "), let hour = number(bytes, 11, 2), hour < 24,
      bytes.count >= 16, bytes[13] == UInt8(ascii: ":"), let minute = number(bytes, 14, 2), minute < 60
    else { return nil }
    var rest = bytes[16...]
    if rest.last == UInt8(ascii: "Z") { rest.removeLast() }
    var seconds = 0.0
    if !rest.isEmpty {
      guard rest.first == UInt8(ascii: ":"), let whole = number(bytes, 17, 2), whole < 60,
        let exact = Double(String(decoding: rest.dropFirst(), as: UTF8.self)), exact.isFinite
      else { return nil }
      seconds = exact
    }
    return midnight + Double(hour * 3_600 + minute * 60) + seconds
  }

  private static func number(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int? {
    guard start + count <= bytes.count else { return nil }
    var value = 0
    for byte in bytes[start..<start + count] {
      guard (48...57).contains(byte) else { return nil }
      value = value * 10 + Int(byte) - 48
    }
    return value
  }

  /// Days since 1970-01-01 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  static func days(year: Int, month: Int, day: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The inverse of ``days(year:month:day:)``.
  static func date(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func length(year: Int, month: Int) -> Int {
    let next = month == 12 ? days(year: year + 1, month: 1, day: 1) : days(year: year, month: month + 1, day: 1)
    return next - days(year: year, month: month, day: 1)
  }

  // MARK: Ticks

  /// Round moments inside `lower...upper` (seconds), at most about `count`, each with its label.
  static func ticks(_ lower: Double, _ upper: Double, count: Int) -> [(at: Double, label: String)] {
    let wanted = (upper - lower) / Double(max(2, count))
    for step in [60.0, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, day, 2 * day, 7 * day, 14 * day]
    where step >= wanted { return even(lower, upper, step) }
    for months in [1, 3, 6] where Double(months) * 30 * day >= wanted { return monthly(lower, upper, months) }
    let years = max(1, Int(NiceTicks.nice(wanted / (365 * day)).rounded(.up)))
    return monthly(lower, upper, 12 * years)
  }

  private static func even(_ lower: Double, _ upper: Double, _ step: Double) -> [(at: Double, label: String)] {
    let first = (lower / step).rounded(.up)
    let last = (upper / step).rounded(.down)
    guard last >= first, last - first < 1_000 else { return [] }
    return (0...Int(last - first)).map { index in
      let at = (first + Double(index)) * step
      return (at, step < day ? time(at, withDay: at.truncatingRemainder(dividingBy: day) == 0) : date(at))
    }
  }

  private static func monthly(_ lower: Double, _ upper: Double, _ months: Int) -> [(at: Double, label: String)] {
    let start = date(days: Int((lower / day).rounded(.down)))
    var index = (start.year * 12 + start.month - 1) / months * months
    var ticks: [(at: Double, label: String)] = []
    while ticks.count < 1_000 {
      let year = index / 12
      let month = index % 12 + 1
      let at = Double(days(year: year, month: month, day: 1)) * day
      guard at <= upper else { break }
      if at >= lower { ticks.append((at, months >= 12 ? "\(year)" : "\(year)-\(two(month))")) }
      index += months
    }
    return ticks
  }

  /// `2013-01-31`.
  static func date(_ seconds: Double) -> String {
    let (year, month, dayOfMonth) = date(days: Int((seconds / day).rounded(.down)))
    return "\(year)-\(two(month))-\(two(dayOfMonth))"
  }

  private static func time(_ seconds: Double, withDay: Bool) -> String {
    if withDay { return date(seconds) }
    let minutes = Int(((seconds - (seconds / day).rounded(.down) * day) / 60).rounded(.down))
    return "\(two(minutes / 60)):\(two(minutes % 60))"
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
