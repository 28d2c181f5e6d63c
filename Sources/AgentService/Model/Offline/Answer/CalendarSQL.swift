import Wire

extension Analyst {
  /// Parts of dates, in the words of a dialect. Each is a text, the same in both: `2024`, `2024-Q1`, `2024-01`, `2024-W05` (of ISO
  /// 8601), `2024-01-31`.
  struct CalendarSQL {
    let dialect: Dialect

    func part(_ period: Period, of date: String) -> String {
      guard dialect == .postgresql else { return sqlite(period, date) }
      return switch period {
      case .year: formatted(date, "YYYY")
      case .quarter: formatted(date, #"YYYY-"Q"Q"#)
      case .month: formatted(date, "YYYY-MM")
      case .week: formatted(date, #"IYYY-"W"IW"#)
      case .weekday: "CAST(CAST(extract(dow FROM \(moment(date))) AS integer) AS text)"
      case .day: formatted(date, "YYYY-MM-DD")
      case .hour: formatted(date, "HH24")
      }
    }

    /// `01` ... `12`.
    func monthNumber(of date: String) -> String {
      dialect == .postgresql ? formatted(date, "MM") : "strftime('%m', \(date))"
    }

    /// The day that numbers of a year, a month and a day make, as a text.
    func day(year: String, month: String, day: String) -> String {
      guard dialect == .postgresql else { return "printf('%04d-%02d-%02d', \(year), \(month), \(day))" }
      // A text, like SQLite's, because what is no day must not end the whole query.
      func digits(_ number: String, _ count: Int) -> String { "lpad(CAST(CAST(\(number) AS integer) AS text), \(count), '0')" }
      return "\(digits(year, 4)) || '-' || \(digits(month, 2)) || '-' || \(digits(day, 2))"
    }

    private func moment(_ date: String) -> String { "CAST(\(date) AS timestamp)" }

    private func formatted(_ date: String, _ pattern: String) -> String { "to_char(\(moment(date)), '\(pattern)')" }

    private func thursday(_ date: String) -> String { "\(date), '-3 days', 'weekday 4'" }

    private func sqlite(_ period: Period, _ date: String) -> String {
      switch period {
      case .year: "strftime('%Y', \(date))"
      case .quarter: "strftime('%Y', \(date)) || '-Q' || ((CAST(strftime('%m', \(date)) AS INTEGER) + 2) / 3)"
      case .month: "strftime('%Y-%m', \(date))"
      // The year and the number of the week are those of its Thursday.
      case .week: "strftime('%Y-W', \(thursday(date))) || printf('%02d', (strftime('%j', \(thursday(date))) + 6) / 7)"
      case .weekday: "strftime('%w', \(date))"
      case .day: "date(\(date))"
      case .hour: "strftime('%H', \(date))"
      }
    }
  }
}
