import ArgumentParser

/// An amount of money with at most six decimals.
struct Money: ExpressibleByArgument {
  /// In millionths.
  let micros: UInt64

  private static let decimals = 6

  init?(argument: String) {
    let parts = argument.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
      let whole = UInt64(parts[0]), whole <= 1_000_000_000
    else { return nil }
    let fraction = parts.count == 2 ? String(parts[1]) : "0"
    guard (1...Self.decimals).contains(fraction.count),
      let rest = UInt64(fraction + String(repeating: "0", count: Self.decimals - fraction.count))
    else { return nil }
    micros = whole * 1_000_000 + rest
  }
}
