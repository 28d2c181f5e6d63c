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
