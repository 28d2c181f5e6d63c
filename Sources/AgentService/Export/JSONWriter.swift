import JSON

/// Writes a table as a JSON array of objects, one a line. Numbers keep their digits: a decimal is written as the database wrote it,
/// an integer whole; what JSON has no number for (`Infinity`, `NaN`) is a text, bytes are hex behind `0x`.
enum JSONWriter {
  static func bytes(_ table: ExportTable) -> [UInt8] {
    let keys = unique(table.columns).map { JSONValue.string($0).text() }
    var out: [UInt8] = Array("[".utf8)
    for (number, row) in table.rows.enumerated() {
      out += (number == 0 ? "\n{" : ",\n{").utf8
      for (index, value) in row.enumerated() where index < keys.count {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        out += keys[index].utf8
        out.append(UInt8(ascii: ":"))
        out += text(value).utf8
      }
      out.append(UInt8(ascii: "}"))
    }
    out += "\n]\n".utf8
    return out
  }

  private static func text(_ value: DatabaseValue) -> String {
    switch value {
    case .null: "null"
    case .integer(let number): "\(number)"
    case .real(let number): number.isFinite ? JSONValue.number(number).text() : "\"\(number)\""
    case .decimal(let text): isNumber(text) ? text : JSONValue.string(text).text()
    case .text(let text): JSONValue.string(text).text()
    case .blob(let bytes): "\"\(CSVWriter.hex(bytes))\""
    }
  }

  /// Whether a decimal is a number of JSON as it stands.
  private static func isNumber(_ text: String) -> Bool { (try? JSONValue(parsing: text))?.number != nil }

  /// Two columns of one name would be one member: the later ones get a number.
  private static func unique(_ names: [String]) -> [String] {
    var seen: [String: Int] = [:]
    return names.map { name in
      seen[name, default: 0] += 1
      let count = seen[name] ?? 1
      return count == 1 ? name : "\(name)_\(count)"
    }
  }
}
