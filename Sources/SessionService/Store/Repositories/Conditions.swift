/// A condition of a query, with the values of its placeholders.
struct Condition {
  private(set) var text = "1 = 1"
  private(set) var values: [Value] = []

  mutating func add(_ part: String, _ value: Value) {
    text += " AND " + part
    values.append(value)
  }

  /// The column holds one of these texts.
  mutating func add(_ column: String, oneOf texts: Set<String>) {
    text += " AND \(column) IN (\(texts.map { _ in "?" }.joined(separator: ", ")))"
    values += texts.sorted().map { .text($0) }
  }
}

/// `text` with LIKE's own characters taken literally; the escape character is the backslash.
func escapedForLike(_ text: String) -> String {
  var out = ""
  for character in text {
    if character == "%" || character == "_" || character == "\\" { out.append("\\") }
    out.append(character)
  }
  return out
}
