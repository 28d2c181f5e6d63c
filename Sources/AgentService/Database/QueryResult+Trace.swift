import Crypto
import Wire

extension QueryResult {
  /// 16 hex digits of the SHA-256 over the columns, the rows that were read, and how many there are: two results with the same
  /// hash show the same numbers.
  var rowsHash: String {
    var hash = SHA256()
    func add(_ text: String) {
      // Each with its length, so that no two lists of texts are the same bytes.
      withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { hash.update(bufferPointer: $0) }
      hash.update(data: Array(text.utf8))
    }
    for column in columns { add(column) }
    for row in rows {
      for value in row { add(value.traced) }
    }
    add("\(rowCount)")
    return hash.finalize().prefix(8).map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }.joined()
  }

  /// The first rows as an answer's table.
  func table(rows limit: Int) -> AnswerTable {
    .with { table in
      table.columns = columns.prefix(256).map { $0.prefix(bytes: 1_024) }
      table.rows = rows.prefix(limit).map { row in AnswerRow.with { $0.cells = row.prefix(256).map(\.cell) } }
    }
  }
}

extension DatabaseValue {
  /// Unlike for unlike values: the kind, then the value.
  fileprivate var traced: String {
    switch self {
    case .null: "n"
    case .integer(let value): "i\(value)"
    case .real(let value): "r\(value)"
    case .decimal(let text): "d\(text)"
    case .text(let text): "t\(text)"
    case .blob(let bytes): "b\(bytes)"
    }
  }

  /// As a cell of an answer's table.
  var cell: AnswerCell {
    .with { cell in
      switch self {
      case .null: break
      case .integer(let value): (cell.text, cell.isNumber) = ("\(value)", true)
      case .real(let value): (cell.text, cell.isNumber) = ("\(value)", true)
      case .decimal(let text): (cell.text, cell.isNumber) = (text, true)
      case .text(let text): cell.text = text.prefix(bytes: ContentLimits.cellBytes)
      case .blob(let bytes): cell.text = "(\(bytes.count) bytes)"
      }
    }
  }
}
