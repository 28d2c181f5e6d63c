import JSON
import Wire

/// The rows that ``AnalyzeTool`` looks at, and what it computes of them.
struct AnalysisSource {
  /// What stands behind `FROM`.
  let sql: String
  let columns: [String]
  private let database: any UserDatabase
  private let isAllColumns: Bool

  /// - Throws: `tool_arguments` when neither or both of table and sql are given, or a column is not there.
  init(_ arguments: ToolArguments, _ context: ToolContext) async throws(WireError) {
    database = context.database
    let wanted = arguments.texts("columns")
    let present: [String]
    switch (arguments.text("table"), arguments.text("sql")) {
    case (let name?, nil):
      let table = try await context.schema.scan().table(named: name)
      sql = table.sqlName
      present = table.columns.map(\.name)
    case (nil, let statement?):
      var statement = statement[...]
      while let last = statement.last, last.isWhitespace || last == ";" { statement.removeLast() }
      // The line break ends a comment that the statement may end with.
      sql = "(\(statement)\n) AS source"
      let probe = QueryLimits(rows: 1, bytes: 64 * 1024, countRows: 1)
      present = try await context.database.query("SELECT * FROM \(sql) LIMIT 1", [], limits: probe).columns
    default: throw WireError(.toolArguments, "Either 'table' or 'sql' must say what to look at.")
    }
    var found: [String] = []
    for name in wanted {
      guard let column = present.first(where: { $0 == name }) ?? present.first(where: { $0.lowercased() == name.lowercased() })
      else {
        throw WireError(
          .toolArguments, "There is no column '\(name.prefix(64))'.\(NearestNames.hint(for: name, among: present))",
          hint: "There are: \(present.prefix(60).joined(separator: ", ")).")
      }
      found.append(column)
    }
    isAllColumns = found.isEmpty
    columns = found.isEmpty ? present : found
  }

  /// The one column that an operation is about.
  func oneColumn() throws(WireError) -> String {
    guard !isAllColumns, columns.count == 1 else {
      throw WireError(.toolArguments, "The argument 'columns' must name one column for this.")
    }
    return columns[0]
  }

  func someColumns(_ range: ClosedRange<Int>) throws(WireError) -> [String] {
    guard !isAllColumns, range.contains(columns.count) else {
      throw WireError(
        .toolArguments, "The argument 'columns' must name \(range.lowerBound) to \(range.upperBound) columns for this.")
    }
    return columns
  }

  // MARK: Asking

  func ask(_ select: String, _ rest: String = "") async throws(WireError) -> QueryResult {
    try await database.query("SELECT \(select) FROM \(sql) \(rest)", [], limits: AnalyzeTool.limits)
  }

  /// The numbers of some columns, row by row; rows that lack one of them, or have something else there, are left out.
  func numbers(_ names: [String]) async throws(WireError) -> (rows: [[Double]], read: Int, isAll: Bool) {
    let result = try await ask(names.map(SQLName.quoted).joined(separator: ", "))
    let rows = result.rows.compactMap { row -> [Double]? in
      let values = row.compactMap(\.analysisNumber)
      return values.count == row.count ? values : nil
    }
    guard !rows.isEmpty || result.rows.isEmpty else {
      throw WireError(.toolArguments, "There are no numbers in \(names.joined(separator: ", ")).")
    }
    return (rows, result.rows.count, UInt64(result.rows.count) == result.rowCount && result.isExact)
  }

  // MARK: Operations

  func describe() async throws(WireError) -> JSONValue {
    var described: [JSONValue] = []
    var read = 0
    var isAll = true
    for name in columns {
      let quoted = SQLName.quoted(name)
      let result = try await ask("\(quoted)", "WHERE \(quoted) IS NOT NULL")
      let counts = try await ask("count(*), count(*) - count(\(quoted))").rows.first ?? []
      let isWhole = UInt64(result.rows.count) == result.rowCount && result.isExact
      (read, isAll) = (max(read, result.rows.count), isAll && isWhole)
      var cut = false
      var members: [JSONValue.Member] = [.init("column", .string(name))]
      for (name, count) in zip(["rows", "nulls"], counts) { members.append(.init(name, count.json(cut: &cut))) }
      let values = result.rows.compactMap(\.first)
      // What is not said of all rows has another name.
      let part = isWhole ? "" : "_of_rows_read"
      members.append(.init("distinct" + part, .integer(Int64(Set(values.map(\.analysisKey)).count))))
      let numbers = values.compactMap(\.analysisNumber)
      members +=
        numbers.count == values.count && !values.isEmpty
        ? try await numberFigures(quoted, numbers, part) : textFigures(values, part)
      described.append(.object(members))
    }
    return .object([
      .init("columns", .array(described)), .init("rows_read", .integer(Int64(read))), .init("all_rows", .bool(isAll)),
    ])
  }

  private func numberFigures(
    _ quoted: String, _ numbers: [Double], _ part: String
  ) async throws(WireError) -> [JSONValue.Member] {
    // The database's own, which are of all rows, and exact where its type is.
    let (result, isRounded) = try await askForSums { "min(\(quoted)), max(\(quoted)), avg(\(quoted)), \($0)(\(quoted))" }
    let moments = Moments(numbers)
    let sorted = numbers.sorted()
    var cut = false
    var members: [JSONValue.Member] = []
    for (name, value) in zip(["min", "max", "mean", "sum"], result.rows.first ?? []) {
      members.append(.init(name, value.json(cut: &cut)))
    }
    if isRounded { members.append(.init("sum_is_rounded", true)) }
    return members + [
      .init("standard_deviation" + part, moments.standardDeviation.map { .number($0) } ?? .null),
      .init("quartiles" + part, .array([0.25, 0.5, 0.75].map { .number(Quantiles.value(sorted, $0)) })),
    ]
  }

  /// Asks for figures with sums among them. SQLite's sum of whole numbers beyond 64 bits is an error: then they are added up in
  /// floating point, which rounds.
  /// - Parameter select: what to ask for, with the name of the function that adds up.
  func askForSums(
    _ rest: String = "", _ select: (_ sum: String) -> String
  ) async throws(WireError) -> (QueryResult, isRounded: Bool) {
    do throws(WireError) { return (try await ask(select("sum"), rest), false) } catch {
      guard error.errorCode == .sqlError, database.dialect == .sqlite, error.message.contains("integer overflow") else {
        throw error
      }
      return (try await ask(select("total"), rest), true)
    }
  }

  private func textFigures(_ values: [DatabaseValue], _ part: String) -> [JSONValue.Member] {
    var counts: [String: Int] = [:]
    for value in values { counts[value.analysisKey, default: 0] += 1 }
    let top = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5)
    let lengths = values.map { $0.analysisKey.count }
    return [
      .init("shortest" + part, .integer(Int64(lengths.min() ?? 0))), .init("longest" + part, .integer(Int64(lengths.max() ?? 0))),
      .init(
        "most_frequent" + part,
        .array(top.map { ["value": .string($0.key.prefix(bytes: 256)), "count": .integer(Int64($0.value))] })),
    ]
  }

  func valueCounts(limit: Int) async throws(WireError) -> JSONValue {
    let column = SQLName.quoted(try oneColumn())
    let result = try await ask("\(column), count(*)", "GROUP BY \(column) ORDER BY count(*) DESC, \(column)")
    let counts = result.rows.map { row -> Int64 in
      if case .integer(let count)? = row.last { count } else { 0 }
    }
    let total = counts.reduce(0, +)
    var cut = false
    let shown = zip(result.rows, counts).prefix(limit).map { row, count -> JSONValue in
      ["value": row[0].json(cut: &cut), "count": .integer(count), "share": .number(Double(count) / Double(max(1, total)))]
    }
    return .object([
      .init("values", .array(shown)), .init("distinct", .integer(Int64(clamping: result.rowCount))),
      .init("rows_read", .integer(total)), .init("all_rows", .bool(result.isExact && result.rows.count == Int(result.rowCount))),
    ])
  }

  func quantiles(_ probabilities: [Double]) async throws(WireError) -> JSONValue {
    let column = try oneColumn()
    let (rows, read, isAll) = try await numbers([column])
    let sorted = rows.map { $0[0] }.sorted()
    guard !sorted.isEmpty else { throw WireError(.toolArguments, "The column '\(column)' has no numbers.") }
    let values = probabilities.map { part -> JSONValue in
      ["probability": .number(part), "value": .number(Quantiles.value(sorted, part))]
    }
    return .object([
      .init("quantiles", .array(values)), .init("definition", "linear interpolation (type 7)"),
      .init("values", .integer(Int64(sorted.count))), .init("rows_read", .integer(Int64(read))), .init("all_rows", .bool(isAll)),
    ])
  }

  func correlations() async throws(WireError) -> JSONValue {
    let names = try someColumns(2...12)
    var pairs: [JSONValue] = []
    var read = 0
    var isAll = true
    for (index, first) in names.enumerated() {
      for second in names[(index + 1)...] {
        let (rows, count, whole) = try await numbers([first, second])
        (read, isAll) = (max(read, count), isAll && whole)
        let (x, y) = (rows.map { $0[0] }, rows.map { $0[1] })
        pairs.append([
          "columns": [.string(first), .string(second)],
          "pearson": Pairs(zip(x, y).map { ($0, $1) }).correlation.map { .number($0) } ?? .null,
          "spearman": Pairs(zip(Ranks.of(x), Ranks.of(y)).map { ($0, $1) }).correlation.map { .number($0) } ?? .null,
          "n": .integer(Int64(rows.count)),
        ])
      }
    }
    return .object([
      .init("pairs", .array(pairs)), .init("rows_read", .integer(Int64(read))), .init("all_rows", .bool(isAll)),
    ])
  }

  func outliers(limit: Int) async throws(WireError) -> JSONValue {
    let column = try oneColumn()
    let quoted = SQLName.quoted(column)
    let (rows, read, isAll) = try await numbers([column])
    let values = rows.map { $0[0] }
    guard let found = Outliers(values) else { throw WireError(.toolArguments, "The column '\(column)' has no numbers.") }
    let beyond = values.count(where: found.isBeyondFences)
    let robust = values.count { abs(found.robustScore($0) ?? 0) > Outliers.robustLimit }
    let shown = try await ask(
      "*",
      "WHERE \(quoted) < \(found.lowFence) OR \(quoted) > \(found.highFence) "
        + "ORDER BY abs(\(quoted) - (\(found.median))) DESC LIMIT \(limit)")
    var cut = false
    return .object([
      .init("low_fence", .number(found.lowFence)), .init("high_fence", .number(found.highFence)),
      .init("median", .number(found.median)), .init("beyond_fences", .integer(Int64(beyond))),
      .init("robust_z_above_3.5", .integer(Int64(robust))), .init("columns", .array(shown.columns.map { .string($0) })),
      .init("rows", .array(shown.rows.map { row in .array(row.map { $0.json(cut: &cut) }) })),
      .init("rows_read", .integer(Int64(read))), .init("all_rows", .bool(isAll)),
    ])
  }
}

extension DatabaseValue {
  /// A finite number; nil for everything else.
  var analysisNumber: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value.isFinite ? value : nil
    case .decimal(let text): Double(text).flatMap { $0.isFinite ? $0 : nil }
    case .null, .text, .blob: nil
    }
  }

  /// Equal for equal values.
  var analysisKey: String {
    switch self {
    case .null: "NULL"
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .decimal(let text), .text(let text): text
    case .blob(let bytes): CSVWriter.hex(bytes)
    }
  }
}
