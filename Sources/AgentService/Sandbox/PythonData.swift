import JSON

/// A query's result as the module `kai` reads it, every type without loss:
/// `{"columns":["a"],"rows":[[1,{"decimal":"0.10"},{"hex":"00ff"}]]}`.
enum PythonData {
  static func json(_ table: ExportTable) -> [UInt8] {
    var out = Array("{\"columns\":\(JSONValue.array(table.columns.map { .string($0) }).text()),\"rows\":[".utf8)
    for (index, row) in table.rows.enumerated() {
      out += (index == 0 ? "\n" : ",\n").utf8
      out += JSONValue.array(row.map(cell)).text().utf8
    }
    out += "\n]}\n".utf8
    return out
  }

  private static func cell(_ value: DatabaseValue) -> JSONValue {
    switch value {
    case .null: .null
    case .integer(let number): .integer(number)
    case .real(let number): number.isFinite ? .number(number) : .string("\(number)")
    case .decimal(let text): ["decimal": .string(text)]
    case .text(let text): .string(text)
    case .blob(let bytes): ["hex": .string(String(CSVWriter.hex(bytes).dropFirst(2)))]
    }
  }
}
