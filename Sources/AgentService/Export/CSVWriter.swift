/// Writes comma-separated values: RFC 4180, UTF-8, lines end with CR LF, NULL is an empty field and an empty text a quoted one.
///
/// A text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection"): what a customer wrote
/// into a name must not run on the desk of whoever opens the file.
enum CSVWriter {
  /// - Parameter isForSpreadsheets: false leaves every text as it is.
  static func bytes(_ table: ExportTable, isForSpreadsheets: Bool = true) -> [UInt8] {
    var out: [UInt8] = []
    line(table.columns.map { quoted(isForSpreadsheets ? harmless($0) : $0) }, &out)
    for row in table.rows { line(row.map { field($0, isForSpreadsheets) }, &out) }
    return out
  }

  private static func line(_ fields: [String], _ out: inout [UInt8]) {
    for (index, field) in fields.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      out += field.utf8
    }
    out += [13, 10]
  }

  private static func field(_ value: DatabaseValue, _ isForSpreadsheets: Bool) -> String {
    switch value {
    case .null: ""
    case .integer(let number): "\(number)"
    case .real(let number): "\(number)"
    case .decimal(let text): text
    case .text(let text): quoted(isForSpreadsheets ? harmless(text) : text)
    case .blob(let bytes): hex(bytes)
    }
  }

  /// What begins a formula, also after white space, and in the wide forms that some programs take for the same.
  private static let formulaMarks: Set<Unicode.Scalar> = ["=", "+", "-", "@", "＝", "＋", "－", "＠"]

  private static func harmless(_ text: String) -> String {
    guard let first = text.unicodeScalars.first(where: { !$0.properties.isWhitespace && $0.value >= 0x20 }) else { return text }
    let isFormula = formulaMarks.contains(first) || text.utf8.first == 0x09 || text.utf8.first == 0x0d
    return isFormula && !isAmount(text) ? "'" + text : text
  }

  /// Numbers, money and intervals as databases write them, which may begin with a sign: `-$1,200.50`, `-1 days +02:03:04.5`.
  private static func isAmount(_ text: String) -> Bool {
    let units: Set<Substring> = ["year", "years", "mon", "mons", "day", "days"]
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    return words.allSatisfy { word in
      if units.contains(word) { return true }
      var rest = word.drop { $0 == "+" || $0 == "-" }
      guard word.count - rest.count <= 1 else { return false }
      if let first = rest.unicodeScalars.first, first.properties.generalCategory == .currencySymbol { rest.removeFirst() }
      return rest.first?.isASCIIDigit == true && rest.allSatisfy { $0.isASCIIDigit || $0 == "." || $0 == "," || $0 == ":" }
    } || Double(text) != nil
  }

  private static func quoted(_ text: String) -> String {
    let isPlain = !text.isEmpty && !text.utf8.contains { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }
    let hasEdges = text.first?.isWhitespace == true || text.last?.isWhitespace == true
    guard !isPlain || hasEdges else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }

  /// Bytes, and texts that are no UTF-8: in hex, with a mark in front that no one takes for a text.
  static func hex(_ bytes: [UInt8]) -> String {
    "0x" + bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
