import Wire

/// Looks at a whole database: its structure, how many rows there are, what values its columns have, and which keys nobody
/// declared.
///
/// It takes what it gets in a bounded time: what there was no time for is absent from the scan, and its notes say so.
struct SchemaScanner: Sendable {
  /// How long the parts may take, in milliseconds.
  struct Patience: Sendable {
    /// To count one table's rows, and all tables'.
    var countMs: Int64 = 2_000
    var countAllMs: Int64 = 5_000
    /// For the figures of one table's columns, and of all tables'.
    var figuresMs: Int64 = 5_000
    var figuresAllMs: Int64 = 60_000
    /// For the keys.
    var keysMs: Int64 = 15_000
  }

  let database: any UserDatabase
  var patience = Patience()

  /// Tables, columns and declared keys alone.
  /// - Throws: what the database says.
  func structure() async throws(WireError) -> SchemaScan {
    let tables = try await database.tables()
    var scan = SchemaScan.with {
      $0.dialect = database.dialect
      $0.tables = tables.map(SchemaTable.init)
    }
    let hasZones = scan.tables.contains { $0.columns.contains { $0.type.hasSuffix("with time zone") } }
    if hasZones, database.dialect == .postgresql,
      case .text(let zone)? = try await attempt("SHOW TimeZone", QueryLimits(rows: 1, milliseconds: patience.countMs))?.first?
        .first
    {
      scan.notes.append(SchemaScan.zoneNote + "\(OneLine.text(zone)), as the database or the connection's role has it.")
    }
    return scan
  }

  /// The structure, and how many rows there are now.
  /// - Throws: what the database says, other than to the counting itself.
  func counted() async throws(WireError) -> SchemaScan {
    var scan = try await structure()
    let end = Deadline(milliseconds: patience.countAllMs)
    for index in scan.tables.indices {
      guard !end.isOver else { break }
      let sql = "SELECT count(*) FROM \(scan.tables[index].sqlName)"
      let limits = QueryLimits(
        rows: 1, bytes: 1_024, milliseconds: min(patience.countMs, max(1, end.remainingMs)), countRows: 1)
      if case .integer(let count)? = try await attempt(sql, limits)?.first?.first {
        scan.tables[index].rows = UInt64(clamping: count)
        scan.tables[index].rowsAreEstimated = false
      }
    }
    return scan
  }

  /// Everything.
  /// - Throws: what the database says, other than to single tables; `cancelled`.
  func scan() async throws(WireError) -> SchemaScan {
    let clock = ContinuousClock.now
    var scan = try await counted()
    let end = Deadline(milliseconds: patience.figuresAllMs)
    var skipped: [String] = []
    for index in scan.tables.indices {
      guard !end.isOver else {
        skipped.append(scan.tables[index].name)
        continue
      }
      let figures = ColumnFigures(
        dialect: database.dialect, deadline: Deadline(milliseconds: min(patience.figuresMs, end.remainingMs)))
      let isWhole = try await figures.read(&scan.tables[index], ask: attempt)
      if !isWhole { skipped.append(scan.tables[index].name) }
    }
    if !skipped.isEmpty {
      let names = skipped.prefix(8).joined(separator: ", ") + (skipped.count > 8 ? " and \(skipped.count - 8) more" : "")
      scan.notes.append("There was no time to look at every column's values in: \(names).")
    }
    let keys = Deadline(milliseconds: patience.keysMs)
    let isWhole = try await KeyInference.add(to: &scan, deadline: keys, ask: attempt)
    if !isWhole { scan.notes.append("There was no time to look for every key that is not declared.") }
    scan.elapsedMs = UInt64(clamping: (ContinuousClock.now - clock).wholeMilliseconds)
    return scan
  }

  /// The rows of a query, or nil when it took too long or one table's state does not allow it, such as a broken view's.
  private func attempt(_ sql: String, _ limits: QueryLimits) async throws(WireError) -> [[DatabaseValue]]? {
    do throws(WireError) { return try await database.query(sql, [], limits: limits).rows } catch {
      guard error.errorCode == .sqlTimeout || error.errorCode == .sqlError else { throw error }
      return nil
    }
  }
}

extension SchemaScan {
  /// How the note begins that says by which clock times with a zone are cut: it changes what "in February" is.
  static let zoneNote = "Times with a zone are read, and cut into days and months, in the time zone "
}

/// When something has to be over.
struct Deadline: Sendable {
  private let end: ContinuousClock.Instant

  init(milliseconds: Int64) { end = .now.advanced(by: .milliseconds(milliseconds)) }

  /// Never below 0.
  var remainingMs: Int64 { max(0, Int64((end - .now).wholeMilliseconds)) }
  var isOver: Bool { remainingMs == 0 }
}

/// Asks the database; nil when there was no answer.
typealias SchemaAsking = (_ sql: String, _ limits: QueryLimits) async throws(WireError) -> [[DatabaseValue]]?

extension SchemaTable {
  init(_ table: TableInfo) {
    self.init()
    name = table.name
    schema = table.schema ?? ""
    isView = table.isView
    comment = table.comment.prefix(bytes: Limits.titleBytes)
    rows = table.estimatedRows
    rowsAreEstimated = table.estimatedRows != nil
    columns = table.columns.map { column in
      .with {
        $0.name = column.name
        $0.type = column.type
        $0.nullable = column.isNullable
        $0.primaryKey = column.isPrimaryKey
        $0.comment = column.comment.prefix(bytes: Limits.titleBytes)
      }
    }
    keys = table.foreignKeys.map { key in
      .with {
        $0.column = key.column
        $0.table = key.table
        $0.foreignColumn = key.foreignColumn
      }
    }
  }

  /// Its name in SQL.
  var sqlName: String {
    guard !schema.isEmpty, name.count > schema.count else { return SQLName.quoted(name) }
    return SQLName.quoted(schema) + "." + SQLName.quoted(String(name.dropFirst(schema.count + 1)))
  }

  /// What it is, for a model.
  var kind: String { isView ? "view" : "table" }
}
