/// Writes comma-separated values: RFC 4180, UTF-8, lines end with CR LF, NULL is an empty field and an empty text a quoted one.
///
/// A text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection"): what a customer wrote
/// into a name must not run on the desk of whoever opens the file.
enum CSVWriter {
  /// - Parameter isForSpreadsheets: false leaves every text as it is.
  static func bytes(_ table: ExportTable, isForSpreadsheets: Bool = true) -> [UInt8] {
    var out: [UInt8] = []
    line(table.columns.map(quoted), &out)
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

  private static func harmless(_ text: String) -> String {
    guard let first = text.utf8.first, [0x3d, 0x2b, 0x2d, 0x40, 0x09, 0x0d].contains(first), Double(text) == nil else {
      return text
    }
    return "'" + text
  }

  private static func quoted(_ text: String) -> String {
    let isPlain = !text.isEmpty && !text.utf8.contains { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }
    let hasEdges = text.first?.isWhitespace == true || text.last?.isWhitespace == true
    guard !isPlain || hasEdges else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }

  static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
