import Testing

@testable import AgentService

struct TicksTests {
  @Test(
    "ticks are round and cover the values",
    arguments: [(0.0, 97.0), (-3.2, 14.1), (0.001, 0.0074), (1e9, 3.3e9), (99.5, 100.5), (0, 1), (-1e-9, 1e-9)])
  func covering(_ lower: Double, _ upper: Double) {
    let ticks = NiceTicks(covering: lower, upper)
    #expect(ticks.lower <= lower + ticks.step * 1e-6 && ticks.upper >= upper - ticks.step * 1e-6)
    #expect((3...12).contains(ticks.values.count))
    #expect(zip(ticks.values, ticks.values.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test(
    "numbers read as people write them",
    arguments: [
      (1_234_567.0, 500_000.0, "1,234,567"), (-1_000, 500, "−1,000"), (0.25, 0.05, "0.25"), (0, 0.1, "0.0"),
      (2e18, 1e18, "2e18"), (-0.00001, 0.5, "0.0"),
    ])
  func tickLabels(_ value: Double, _ step: Double, _ label: String) {
    #expect(ChartNumber.tick(value, step: step) == label)
  }

  @Test(
    "values in tooltips are short and never wrong",
    arguments: [(3.0, "3"), (2.5, "2.5"), (1_234.56789, "1,234.5679"), (1e-9, "1e-9")])
  func plain(_ value: Double, _ label: String) {
    #expect(ChartNumber.plain(value) == label)
  }

  @Test(
    "ISO dates are read, others are not",
    arguments: [
      ("1970-01-01", 0), ("1970-01-02T00:00:00Z", 86_400), ("2000-03", 951_868_800), ("2024-02-29 12:30", 1_709_209_800),
      ("2024-02-30", nil), ("2023-02-29", nil), ("2024-13", nil), ("2024-00-01", nil), ("20240101", nil),
      ("2024-01-01T25:00", nil),
      ("2024-01-01x", nil), ("", nil), ("hello world", nil),
    ] as [(String, Double?)])
  func dates(_ text: String, _ seconds: Double?) {
    #expect(ChartTime.parse(text) == seconds)
  }

  @Test("a date survives the way there and back")
  func calendar() {
    for days in stride(from: -1_000_000, through: 1_000_000, by: 337) {
      let (year, month, day) = ChartTime.date(days: days)
      #expect(ChartTime.days(year: year, month: month, day: day) == days)
    }
  }

  @Test(
    "time ticks are few, rising, inside, and start at the first of a month or year where those are meant",
    arguments: [1.0 / 24, 1, 7, 90, 365, 7_300, 330_000])
  func timeTicks(_ days: Double) {
    let span = days * ChartTime.day
    let start = 1_357_000_000.0
    let ticks = ChartTime.ticks(start, start + span, count: 8)
    #expect((2...17).contains(ticks.count))
    #expect(ticks.allSatisfy { $0.at >= start && $0.at <= start + span })
    #expect(zip(ticks, ticks.dropFirst()).allSatisfy { $0.at < $1.at })
  }
}
