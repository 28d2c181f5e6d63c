import PostgreSQL

extension PostgreSQLConnection {
  /// Runs a statement to its end: keeps the first rows, counts the rest.
  ///
  /// The count is "at least" when `limits.countRows` was reached, or when time ran out after the rows that are kept were read.
  /// - Throws: ``PostgreSQLError``; cancelled when its time was over or `watch` says so.
  func collect(
    _ sql: String, _ parameters: [String?], _ limits: QueryLimits, _ watch: QueryWatch
  ) throws(PostgreSQLError) -> QueryResult {
    var result = QueryResult(columns: [], rows: [], rowCount: 0, isExact: true, elapsedMs: 0)
    var types: [UInt32] = []
    var bytes = 0
    var isFull = false
    let most = UInt64(clamping: max(limits.countRows, limits.rows))
    do throws(PostgreSQLError) {
      try query(
        sql, parameters,
        columns: { columns in
          result.columns = columns.map(\.name)
          types = columns.map(\.type)
        },
        row: { row in
          guard result.rowCount < most else {
            result.isExact = false
            return false
          }
          result.rowCount += 1
          isFull = isFull || result.rows.count >= limits.rows
          guard !isFull else { return !watch.isCancelled }
          let values = (0..<row.count).map { row.isNull($0) ? .null : DatabaseValue(postgreSQL: row.text($0), type: types[$0]) }
          bytes += values.reduce(0) { $0 + $1.size }
          if bytes > limits.bytes { isFull = true } else { result.rows.append(values) }
          return !watch.isCancelled
        })
    } catch {
      // The rows that were asked for are there: that time ran out while the others were counted is no failure.
      guard isFull, error.isCancelled, !watch.isCancelled else { throw error }
      result.isExact = false
    }
    if watch.isCancelled { throw PostgreSQLError(sqlState: "57014", message: "cancelled") }
    result.elapsedMs = watch.elapsedMs
    return result
  }
}

extension DatabaseValue {
  /// A value as the server writes it. Numbers keep every digit; what has no kind of its own here, such as a time with its zone,
  /// an array or an interval, stays the server's own text.
  init(postgreSQL text: String, type: UInt32) {
    switch type {
    // int2, int4, int8, oid
    case 21, 23, 20, 26: self = Int64(text).map { .integer($0) } ?? .text(text)
    // float4, float8: written with as many digits as bring the same number back.
    case 700, 701: self = Double(text).flatMap { $0.isFinite ? .real($0) : nil } ?? .text(text)
    case 1700: self = text.utf8.allSatisfy(Self.isOfANumber) ? .decimal(text) : .text(text)
    // money, as the locale C writes it: $1,234.50 or -$0.01.
    case 790:
      let digits = text.filter { $0 != "$" && $0 != "," }
      self = digits.utf8.allSatisfy(Self.isOfANumber) ? .decimal(digits) : .text(text)
    case 16: self = .text(text == "t" ? "true" : "false")
    case 17: self = Self.bytes(text).map { .blob($0) } ?? .text(text)
    default: self = .text(text)
    }
  }

  private static func isOfANumber(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
  }

  /// `\x` and hex digits.
  private static func bytes(_ text: String) -> [UInt8]? {
    guard text.hasPrefix("\\x") else { return nil }
    let digits = Array(text.utf8.dropFirst(2))
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 2)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  /// The value as a parameter, in text; nil for NULL.
  var postgreSQL: String? {
    switch self {
    case .null: nil
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .decimal(let text), .text(let text): text
    case .blob(let bytes): "\\x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }
}
