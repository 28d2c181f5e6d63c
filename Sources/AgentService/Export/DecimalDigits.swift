/// Which decimals, as a database writes them, may go through a double.
enum DecimalDigits {
  /// Every decimal of up to so many digits survives the way through a double, and a sheet shows no more.
  private static let exactDigits = 15
  /// What PostgreSQL writes of a division, such as `avg`: 16 to 20 digits, at least 16 of the decimals, which it has rounded itself.
  private static let quotientDigits = 20
  private static let quotientDecimals = 16

  /// The number, or nil when a digit of it would be lost that somebody may have put there. Zeros at the end are no digits.
  static func double(_ text: String) -> Double? {
    guard let number = Double(text), number.isFinite else { return nil }
    let parts = text.drop { $0 == "-" || $0 == "+" }.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let whole = parts.first?.drop { $0 == "0" } ?? ""
    let decimals = parts.count > 1 ? parts[1] : ""
    var fraction = decimals
    while fraction.last == "0" { fraction.removeLast() }
    let digits = (whole + fraction).drop { $0 == "0" }.count
    if digits <= exactDigits { return number }
    let isQuotient = whole.count <= exactDigits && decimals.count >= quotientDecimals && digits <= quotientDigits
    return isQuotient ? number : nil
  }
}
