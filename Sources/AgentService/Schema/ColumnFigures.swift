import Wire

/// Reads what values a table's columns have. Large tables are looked at through a part of their rows.
struct ColumnFigures {
  /// Rows that are looked at in a larger table.
  static let sampleRows: UInt64 = 50_000
  /// A column with at most so many different values has all of them listed.
  static let listedValues = 50
  static let examples = 3
  /// Longer values are not listed: they are prose, not categories. In characters.
  static let valueCharacters = 80
  private static let columnsPerQuery = 24

  let dialect: Dialect
  let deadline: Deadline

  /// Fills in the columns' figures.
  /// - Returns: false when something is missing.
  func read(_ table: inout SchemaTable, ask: SchemaAsking) async throws(WireError) -> Bool {
    guard table.rows != 0, !table.columns.isEmpty else { return true }
    let isSampled = table.rows.map { $0 > Self.sampleRows } ?? true
    let source = isSampled ? "(SELECT * FROM \(table.sqlName) LIMIT \(Self.sampleRows)) AS sample" : table.sqlName
    if isSampled { table.sampledRows = Self.sampleRows }
    var isWhole = true
    for start in stride(from: 0, to: table.columns.count, by: Self.columnsPerQuery) {
      let range = start..<min(start + Self.columnsPerQuery, table.columns.count)
      if try await !readCounts(&table, range, source, ask) { isWhole = false }
    }
    for index in table.columns.indices where isListable(table.columns[index]) {
      if try await !readValues(&table, index, source, isSampled, ask) { isWhole = false }
    }
    return isWhole
  }

  private var limits: QueryLimits { QueryLimits(milliseconds: max(1, deadline.remainingMs)) }

  private func kind(_ column: SchemaColumn) -> ColumnKind { ColumnKind(ofType: column.type, dialect) }

  private func readCounts(
    _ table: inout SchemaTable, _ range: Range<Int>, _ source: String, _ ask: SchemaAsking
  ) async throws(WireError) -> Bool {
    guard !deadline.isOver else { return false }
    let figures = table.columns[range].map { column in
      let name = SQLName.quoted(column.name)
      let kind = kind(column)
      // Not every type can be compared.
      let distinct = kind == .other ? "NULL" : "count(DISTINCT \(name))"
      let isOrdered = kind == .integer || kind == .real || kind == .date
      return "count(*) - count(\(name)), \(distinct), " + (isOrdered ? "min(\(name)), max(\(name))" : "NULL, NULL")
    }
    guard let row = try await ask("SELECT \(figures.joined(separator: ", ")) FROM \(source)", limits)?.first,
      row.count == 4 * range.count
    else { return false }
    for (offset, index) in range.enumerated() {
      let cells = row[(4 * offset)..<(4 * offset + 4)].map { $0 }
      table.columns[index].nulls = cells[0].count
      table.columns[index].distinctValues = cells[1].count
      table.columns[index].least = cells[2].label ?? ""
      table.columns[index].greatest = cells[3].label ?? ""
    }
    return true
  }

  /// Categories, and texts worth an example. Not numbers that merely have few values, such as amounts.
  private func isListable(_ column: SchemaColumn) -> Bool {
    guard let distinct = column.distinctValues, distinct > 0 else { return false }
    switch kind(column) {
    case .text: return true
    case .integer: return distinct <= UInt64(Self.listedValues) && !column.primaryKey
    case .date, .real, .other: return false
    }
  }

  private func readValues(
    _ table: inout SchemaTable, _ index: Int, _ source: String, _ isSampled: Bool, _ ask: SchemaAsking
  ) async throws(WireError) -> Bool {
    guard !deadline.isOver else { return false }
    let column = table.columns[index]
    let name = SQLName.quoted(column.name)
    let isCategory = (column.distinctValues ?? 0) <= UInt64(Self.listedValues)
    // Of a category all values count, those of the rows beyond the sample too.
    let rows = isCategory ? Self.listedValues + 1 : Self.examples
    let sql =
      "SELECT \(name) FROM \(isCategory ? table.sqlName : source) WHERE \(name) IS NOT NULL "
      + "GROUP BY \(name) ORDER BY count(*) DESC, \(name) LIMIT \(rows)"
    guard let found = try await ask(sql, limits) else { return false }
    let values = found.compactMap { $0.first?.label }
    let areShort = values.count == found.count && values.allSatisfy { $0.count <= Self.valueCharacters }
    let isWhole = isCategory && found.count <= Self.listedValues && areShort
    table.columns[index].allValues = isWhole
    if isWhole {
      table.columns[index].values = values
      table.columns[index].distinctValues = UInt64(values.count)
    } else {
      table.columns[index].values = values.filter { $0.count <= Self.valueCharacters }.prefix(Self.examples).map { $0 }
      if isCategory, isSampled { table.columns[index].distinctValues = nil }
    }
    return true
  }
}

extension DatabaseValue {
  fileprivate var count: UInt64? {
    guard case .integer(let number) = self else { return nil }
    return UInt64(exactly: number)
  }

  /// The value as a short text; nil for NULL and bytes.
  fileprivate var label: String? {
    switch self {
    case .null, .blob: nil
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .decimal(let text), .text(let text): text.prefix(bytes: Limits.nameBytes)
    }
  }
}
