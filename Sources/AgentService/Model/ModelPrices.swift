import Wire

/// What a model's tokens cost.
struct ModelPrices: Sendable, Equatable {
  /// In millionths of the currency, for a million tokens: the price as people write it, times a million.
  let inputMicros: UInt64
  let outputMicros: UInt64

  /// A model that costs nothing.
  static let nothing = ModelPrices(inputMicros: 0, outputMicros: 0)

  private init(inputMicros: UInt64, outputMicros: UInt64) {
    self.inputMicros = inputMicros
    self.outputMicros = outputMicros
  }

  /// Reads `IN:OUT`, the prices of a million tokens, such as `0.15:0.60`.
  /// - Throws: `usage`
  init(parsing text: String) throws(WireError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
    guard parts.count == 2, let input = parts[0], let output = parts[1], (0...1_000_000).contains(input),
      (0...1_000_000).contains(output)
    else {
      throw WireError(
        .usage, "--model-prices must be IN:OUT, the prices of a million tokens, such as 0.15:0.60, not '\(text)'")
    }
    inputMicros = UInt64((input * 1_000_000).rounded())
    outputMicros = UInt64((output * 1_000_000).rounded())
  }

  /// The cost of a turn in millionths, rounded up.
  func costMicros(input: UInt64, output: UInt64) -> UInt64 {
    let million: UInt64 = 1_000_000
    func part(_ tokens: UInt64, _ price: UInt64) -> UInt64 {
      let (product, isOver) = tokens.multipliedReportingOverflow(by: price)
      return isOver ? .max / 4 : min(product, .max / 4)
    }
    return (part(input, inputMicros) + part(output, outputMicros) + million - 1) / million
  }
}
