import SchemaIndex
import Wire

/// A database's schema as one execution of a task sees it: the stored scan, read when a tool first needs it.
actor SessionSchema {
  private let database: any UserDatabase
  private let load: @Sendable () async throws(WireError) -> SchemaScan
  private var loaded: SchemaScan?
  private var index: SchemaIndex?

  init(_ database: any UserDatabase, load: @escaping @Sendable () async throws(WireError) -> SchemaScan) {
    self.database = database
    self.load = load
  }

  /// A schema that nobody stored: the database is looked at when it is needed.
  init(_ database: any UserDatabase) {
    self.init(database) { () async throws(WireError) in try await SchemaScanner(database: database).scan() }
  }

  /// The scan.
  /// - Parameter refresh: read the structure and count the rows anew; what is known of the columns' values stays.
  /// - Throws: what the database says; `cancelled`.
  func scan(refresh: Bool = false) async throws(WireError) -> SchemaScan {
    if let loaded, !refresh { return loaded }
    let known: SchemaScan
    if let loaded { known = loaded } else { known = try await load() }
    var scan = known
    if refresh {
      let fresh = try await SchemaScanner(database: database).counted()
      scan = known.updated(by: fresh)
    }
    (loaded, index) = (scan, nil)
    return scan
  }

  /// The tables that `text` is about, the best first, with those that join them.
  /// - Returns: their places in the scan that is returned too.
  /// - Throws: what ``scan(refresh:)`` throws.
  func search(_ text: String, limit: Int) async throws(WireError) -> (scan: SchemaScan, found: [Int], bridges: [Int]) {
    let scan = try await scan()
    let index = self.index ?? SchemaIndex(scan)
    self.index = index
    let found = index.search(text, limit: limit).map(\.table)
    return (scan, found, index.bridges(between: found))
  }
}

extension SchemaScan {
  /// Whether both have the same tables with the same columns and declared keys.
  func hasStructure(of other: SchemaScan) -> Bool {
    tables.count == other.tables.count && zip(tables, other.tables).allSatisfy { $0.structure == $1.structure }
  }

  /// The structure and row counts of `fresh`, with what this scan knows of the tables that have stayed the same.
  func updated(by fresh: SchemaScan) -> SchemaScan {
    var scan = self
    let known = Dictionary(tables.map { ($0.name, $0) }) { first, _ in first }
    scan.tables = fresh.tables.map { table in
      guard var same = known[table.name], same.structure == table.structure else { return table }
      if let rows = table.rows { (same.rows, same.rowsAreEstimated) = (rows, table.rowsAreEstimated) }
      return same
    }
    return scan
  }
}

extension SchemaTable {
  /// The table without anything that its rows decide.
  fileprivate var structure: SchemaTable {
    .with {
      $0.name = name
      $0.schema = schema
      $0.isView = isView
      $0.comment = comment
      $0.columns = columns.map { column in
        .with {
          $0.name = column.name
          $0.type = column.type
          $0.nullable = column.nullable
          $0.primaryKey = column.primaryKey
          $0.comment = column.comment
        }
      }
      $0.keys = keys.filter { !$0.inferred }
    }
  }
}
