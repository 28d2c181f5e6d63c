import JSON

/// How much of a tool's output a model gets to read.
enum ContentLimits {
  /// The whole content, in bytes.
  static let contentBytes = 32 * 1024
  /// One cell of a table, in bytes; longer ones are cut.
  static let cellBytes = 2 * 1024
}

extension QueryResult {
  /// What the model reads of a query's result:
  /// `{"columns":[…],"rows":[[…]],"row_count":n,"exact":true,"truncated":false}`.
  ///
  /// `row_count` is how many rows the query has (at least, when `exact` is false); `truncated` says that `rows` lacks some of
  /// them or that a cell was cut. A blob is `{"blob_bytes":n,"hex":"first 32 bytes"}`, an infinity the text `Infinity`.
  func content(maxBytes: Int = ContentLimits.contentBytes) -> String {
    var isCut = false
    let header = "{\"columns\":" + JSONValue.array(columns.map { .string($0) }).text() + ",\"rows\":["
    let reserve = 96
    var body = ""
    var shown = 0
    for row in rows {
      var cutHere = false
      let text = JSONValue.array(row.map { $0.json(cut: &cutHere) }).text()
      guard header.utf8.count + body.utf8.count + text.utf8.count + reserve <= maxBytes else { break }
      if shown > 0 { body += "," }
      body += text
      shown += 1
      isCut = isCut || cutHere
    }
    let isTruncated = isCut || UInt64(shown) < rowCount || !isExact
    return header + body + "],\"row_count\":\(rowCount),\"exact\":\(isExact),\"truncated\":\(isTruncated)}"
  }
}

extension DatabaseValue {
  /// The value for a model; `cut` becomes true when something had to be left out.
  func json(cut: inout Bool) -> JSONValue {
    switch self {
    case .null: return .null
    case .integer(let value): return .integer(value)
    case .real(let value):
      guard value.isInfinite else { return .number(value) }
      return .string(value < 0 ? "-Infinity" : "Infinity")
    case .decimal(let text): return DecimalDigits.double(text).map { .number($0) } ?? .string(text)
    case .text(let text):
      guard text.utf8.count > ContentLimits.cellBytes else { return .string(text) }
      cut = true
      let head = text.prefix(bytes: ContentLimits.cellBytes)
      return .string("\(head)… (\(text.utf8.count) bytes)")
    case .blob(let bytes):
      let digits = bytes.prefix(32).map { byte in
        String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
      }
      return ["blob_bytes": .integer(Int64(bytes.count)), "hex": .string(digits.joined())]
    }
  }
}
