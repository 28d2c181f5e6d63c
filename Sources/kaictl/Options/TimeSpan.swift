import ArgumentParser

/// A length of time as people write it: a number with `ms`, `s`, `m`, `h` or `d`; a bare number is in seconds.
struct TimeSpan: ExpressibleByArgument, Equatable {
  /// 1 ms ... 10 years.
  let milliseconds: Int64

  init(milliseconds: Int64) { self.milliseconds = milliseconds }

  private static let longest = 10.0 * 365 * 86_400_000

  init?(argument: String) {
    let units: [(suffix: String, milliseconds: Double)] = [
      ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("", 1_000),
    ]
    guard let unit = units.first(where: { argument.hasSuffix($0.suffix) }),
      argument.first.map({ $0.isASCII && $0.isNumber }) == true,
      let number = Double(argument.dropLast(unit.suffix.count)), number.isFinite
    else { return nil }
    let total = (number * unit.milliseconds).rounded()
    guard (1...Self.longest).contains(total), let exact = Int64(exactly: total) else { return nil }
    milliseconds = exact
  }

  var duration: Duration { .milliseconds(milliseconds) }
}
