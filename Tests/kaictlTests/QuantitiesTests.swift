import Testing
import Wire

@testable import kaictl

@Suite struct QuantitiesTests {
  @Test(
    arguments: [
      (0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_536, "1.5 KiB"), (10_240, "10 KiB"), (1_048_575, "1.0 MiB"),
      (UInt64.max, "16777216 TiB"),
    ] as [(UInt64, String)])
  func bytesAreReadable(count: UInt64, text: String) {
    #expect(Quantities.bytes(count) == text)
  }

  @Test(
    arguments: [
      (0, "0 ms"), (999, "999 ms"), (1_500, "1.5 s"), (59_999, "60 s"), (200_000, "3 m 20 s"), (7_500_000, "2 h 5 m"),
    ] as [(UInt64, String)])
  func spansAreReadable(count: UInt64, text: String) {
    #expect(Quantities.milliseconds(count) == text)
  }

  @Test(arguments: [
    ("20.215542521994134", "20.2155"), ("-0.00042", "-0.00042"), ("1.5", "1.5"), ("1e300", "1e300"), ("a.bcdefg", "a.bcdefg"),
    ("1.2.34567", "1.2.34567"), ("12", "12"),
  ])
  func decimalsBeyondTheFourthAreForMachines(number: String, text: String) {
    #expect(Quantities.rounded(number) == text)
  }

  @Test(arguments: [
    ("0", "0"), ("999", "999"), ("1000", "1,000"), ("-1234567.25", "-1,234,567.25"), ("1e9", "1e9"), ("12a45", "12a45"),
    ("", ""), ("-", "-"), ("1.2.3", "1.2.3"),
  ])
  func onlyPlainNumbersAreGrouped(number: String, text: String) {
    #expect(Quantities.grouped(number) == text)
  }

  @Test(arguments: [(3.0, "3"), (2.34567, "2.346"), (0.0001, "0.0001"), (-7.5, "-7.5")])
  func figuresHaveNoNeedlessDigits(value: Double, text: String) {
    #expect(Quantities.figure(value) == text)
  }

  @Test func nounsFollowTheirNumber() {
    #expect(Quantities.count(1, "row") == "1 row")
    #expect(Quantities.count(12_345, "row") == "12,345 rows")
    #expect(Quantities.count(0, "memory", plural: "memories") == "0 memories")
  }
}

@Suite struct TimesTests {
  private let now = Timestamp(microseconds: 1_800_000_000_000_000)

  @Test(
    arguments: [
      (0, "just now"), (4, "just now"), (-4, "just now"), (12, "12 s ago"), (200, "3 m ago"), (7_300, "2 h ago"),
      (200_000, "2 d ago"), (-200, "in 3 m"),
    ] as [(Int64, String)])
  func aMomentIsToldFromNow(secondsAgo: Int64, text: String) {
    #expect(Timestamp(microseconds: now.microseconds - secondsAgo * 1_000_000).relative(to: now) == text)
  }

  @Test func noTimeIsNoText() {
    #expect(Timestamp().relative(to: now) == "")
  }

  @Test(arguments: [Int64.min, Int64.max])
  func anAbsurdTimeDoesNotTrap(microseconds: Int64) {
    #expect(!Timestamp(microseconds: microseconds).relative(to: now).isEmpty)
  }
}
