extension Timestamp {
  /// RFC 3339 in UTC with microseconds, such as `2026-11-23T01:02:03.000004Z`.
  public var rfc3339: String {
    let parts = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let fraction = parts.remainder < 0 ? parts.remainder + 1_000_000 : parts.remainder
    let seconds = parts.remainder < 0 ? parts.quotient - 1 : parts.quotient
    let dayParts = seconds.quotientAndRemainder(dividingBy: 86_400)
    let second = dayParts.remainder < 0 ? dayParts.remainder + 86_400 : dayParts.remainder
    let day = dayParts.remainder < 0 ? dayParts.quotient - 1 : dayParts.quotient
    let date = Self.civil(day: day)
    return "\(pad(date.year, 4))-\(pad(date.month, 2))-\(pad(date.day, 2))T"
      + "\(pad(second / 3_600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2)).\(pad(fraction, 6))Z"
  }

  /// Reads RFC 3339 in UTC (`Z`), with up to six digits of a second's fraction; nil for anything else.
  public init?(rfc3339 text: String) {
    let parts = text.split { "-T:.Z".contains($0) }
    let marks = text.prefix(20).map { $0.isNumber ? "0" : $0 }
    guard String(marks) == "0000-00-00T00:00:00Z" || String(marks) == "0000-00-00T00:00:00.", text.hasSuffix("Z"),
      (6...7).contains(parts.count), parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
      text.utf8.count == (parts.count == 6 ? 20 : 21 + parts[6].utf8.count)
    else { return nil }
    let numbers = parts.prefix(6).compactMap { Int64($0) }
    let fraction = parts.count == 7 ? Int64(parts[6].prefix(6).padding(to: 6)) : 0
    guard numbers.count == 6, let fraction, (1...12).contains(numbers[1]), (1...31).contains(numbers[2]), numbers[3] < 24,
      numbers[4] < 60, numbers[5] < 60
    else { return nil }
    let day = Self.day(year: numbers[0], month: numbers[1], day: numbers[2])
    guard Self.civil(day: day) == (numbers[0], numbers[1], numbers[2]) else { return nil }
    self.init(microseconds: (day * 86_400 + numbers[3] * 3_600 + numbers[4] * 60 + numbers[5]) * 1_000_000 + fraction)
  }

  /// The day, counted from 1970-01-01, of a Gregorian date (Hinnant, as below).
  private static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The Gregorian date of a day counted from 1970-01-01 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  private static func civil(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}

private func pad(_ value: Int64, _ width: Int) -> String {
  let digits = "\(value)"
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension Substring {
  /// With zeros behind it.
  fileprivate func padding(to width: Int) -> String { self + String(repeating: "0", count: Swift.max(0, width - count)) }
}
