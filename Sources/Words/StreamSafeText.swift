import Guards

/// Bounds what it costs to compare and hash a text that somebody else wrote.
///
/// Swift compares strings by their canonical forms, and sorts each run of combining marks for that: time grows with the square of the
/// run. No language needs long runs. The Unicode Standard calls text without them stream-safe (Unicode Standard Annex 15, "Stream-Safe
/// Text Format", which allows 30 marks in a row).
public enum StreamSafeText {
  /// Combining marks that may follow each other.
  public static let marks = 30

  /// The text without the marks of each run beyond the first ``marks``. Takes time in proportion to the text's length.
  public static func of(_ text: String) -> String {
    // Every combining mark is at U+0300 or above, which UTF-8 begins with 0xCC or more.
    guard text.utf8.contains(where: { $0 >= 0xCC }), hasLongRun(text), !Guard.text.isOff else { return text }
    var scalars = String.UnicodeScalarView()
    var run = 0
    for scalar in text.unicodeScalars {
      run = isMark(scalar) ? run + 1 : 0
      if run <= marks { scalars.append(scalar) }
    }
    return String(scalars)
  }

  /// The longest beginning of the text that has at most `bytes` bytes of UTF-8 and ends between two code points.
  public static func prefix(_ text: String, bytes: Int) -> String {
    let utf8 = text.utf8
    guard utf8.count > bytes, !Guard.text.isOff else { return text }
    var end = utf8.index(utf8.startIndex, offsetBy: bytes)
    // Continuation bytes of UTF-8 are 10xxxxxx.
    while end > utf8.startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
    return String(text.unicodeScalars[..<end])
  }

  private static func hasLongRun(_ text: String) -> Bool {
    var run = 0
    for scalar in text.unicodeScalars {
      run = isMark(scalar) ? run + 1 : 0
      if run > marks { return true }
    }
    return false
  }

  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= 0x300 && scalar.properties.canonicalCombiningClass != .notReordered
  }
}

extension String {
  /// Whether two texts have the same bytes in UTF-8. Unlike `==`, it takes time in proportion to the shorter one for any text,
  /// and tells canonically equal forms apart.
  public func hasSameBytes(as other: String) -> Bool { utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8) }
}
