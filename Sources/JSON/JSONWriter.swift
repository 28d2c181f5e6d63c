extension JSONValue: CustomStringConvertible {
  /// One line of JSON.
  public var description: String { text() }

  /// JSON text.
  /// - Parameter pretty: with line breaks and two spaces a level.
  public func text(pretty: Bool = false) -> String {
    var out = ""
    write(to: &out, pretty: pretty, level: 0)
    return out
  }

  private func write(to out: inout String, pretty: Bool, level: Int) {
    switch self {
    case .null: out += "null"
    case .bool(let value): out += value ? "true" : "false"
    case .integer(let value): out += "\(value)"
    case .number(let value): out += Self.text(of: value)
    case .string(let value): Self.quote(value, to: &out)
    case .array(let elements):
      Self.writeList(elements.count, brackets: ("[", "]"), to: &out, pretty: pretty, level: level) { index, out in
        elements[index].write(to: &out, pretty: pretty, level: level + 1)
      }
    case .object(let members):
      Self.writeList(members.count, brackets: ("{", "}"), to: &out, pretty: pretty, level: level) { index, out in
        Self.quote(members[index].key, to: &out)
        out += pretty ? ": " : ":"
        members[index].value.write(to: &out, pretty: pretty, level: level + 1)
      }
    }
  }

  private static func writeList(
    _ count: Int, brackets: (String, String), to out: inout String, pretty: Bool, level: Int,
    _ element: (Int, inout String) -> Void
  ) {
    out += brackets.0
    for index in 0..<count {
      if index > 0 { out += "," }
      if pretty { out += "\n" + String(repeating: "  ", count: level + 1) }
      element(index, &out)
    }
    if pretty, count > 0 { out += "\n" + String(repeating: "  ", count: level) }
    out += brackets.1
  }

  /// JSON has no infinities and no NaN: they are written as null.
  private static func text(of value: Double) -> String {
    guard value.isFinite else { return "null" }
    if value == value.rounded(), abs(value) < 1e15 { return "\(Int64(value)).0" }
    return "\(value)"
  }

  /// A character below U+10000 as an escape in a JSON string.
  public static func escape(_ scalar: Unicode.Scalar) -> String {
    let hex = String(scalar.value, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
  }

  /// Appends `text` as a JSON string.
  public static func quote(_ text: String, to out: inout String) {
    out += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case "\u{0}"..<" ": out += escape(scalar)
      default: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }
}
