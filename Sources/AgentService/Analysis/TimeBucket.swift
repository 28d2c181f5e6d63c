/// Periods of the calendar (UTC).
enum TimeBucket: String, Sendable, CaseIterable {
  case day, week, month, quarter, year

  /// A number that counts these periods: the same for all times in one, one more for the next. Weeks begin on Monday.
  /// - Parameter seconds: since 1970.
  func number(of seconds: Double) -> Int {
    let days = Int((seconds / 86_400).rounded(.down))
    let date = Self.date(ofDay: days)
    switch self {
    case .day: return days
    // 1 January 1970 was a Thursday.
    case .week: return Int((Double(days + 3) / 7).rounded(.down))
    case .month: return date.year * 12 + date.month - 1
    case .quarter: return date.year * 4 + (date.month - 1) / 3
    case .year: return date.year
    }
  }

  /// What people call it: `2024-02-29`, `2024-02`, `2024-Q1`, `2024`; a week by its Monday.
  func name(_ number: Int) -> String {
    func two(_ value: Int) -> String { (value < 10 ? "0" : "") + "\(value)" }
    func day(_ days: Int) -> String {
      let date = Self.date(ofDay: days)
      return "\(date.year)-\(two(date.month))-\(two(date.day))"
    }
    switch self {
    case .day: return day(number)
    case .week: return day(number * 7 - 3)
    case .month: return "\(Self.floor(number, 12))-\(two(number - Self.floor(number, 12) * 12 + 1))"
    case .quarter: return "\(Self.floor(number, 4))-Q\(number - Self.floor(number, 4) * 4 + 1)"
    case .year: return "\(number)"
    }
  }

  private static func floor(_ value: Int, _ by: Int) -> Int { Int((Double(value) / Double(by)).rounded(.down)) }

  /// Days since 1970 as a date of the Gregorian calendar: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
  static func date(ofDay days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = floor(shifted, 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let place = (5 * dayOfYear + 2) / 153
    let month = place < 10 ? place + 3 : place - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * place + 2) / 5 + 1)
  }
}
