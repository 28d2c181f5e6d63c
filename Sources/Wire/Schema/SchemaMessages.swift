/// One column, as a scan found it.
public struct SchemaColumn: WireMessage {
  /// As the database has it.
  public var name = ""
  /// The declared type, as the database writes it.
  public var type = ""
  /// It may hold NULL.
  public var nullable = false
  /// It is the primary key, or part of it.
  public var primaryKey = false
  /// What the database's owner wrote about it.
  public var comment = ""
  /// Different values other than NULL among the rows that were looked at; absent when they were not counted.
  public var distinctValues: UInt64?
  /// NULLs among the rows that were looked at.
  public var nulls: UInt64?
  /// Values as text, the most frequent first. All of them when `allValues` is set, else examples.
  public var values: [String] = []
  /// `values` holds every value that there is.
  public var allValues = false
  /// The least value, for numbers and times; else empty.
  public var least = ""
  /// The greatest value, for numbers and times; else empty.
  public var greatest = ""
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "name", &name, max: Limits.titleBytes)
    v.field(2, "type", &type, max: Limits.titleBytes)
    v.field(3, "nullable", &nullable)
    v.field(4, "primary_key", &primaryKey)
    v.field(5, "comment", &comment, max: Limits.titleBytes)
    v.field(6, "distinct_values", &distinctValues)
    v.field(7, "nulls", &nulls)
    v.field(8, "values", &values, max: 64, maxEach: Limits.nameBytes)
    v.field(9, "all_values", &allValues)
    v.field(10, "least", &least, max: Limits.nameBytes)
    v.field(11, "greatest", &greatest, max: Limits.nameBytes)
  }
}

/// A column whose values name rows of another table.
public struct SchemaKey: WireMessage {
  /// The column of this table.
  public var column = ""
  /// The other table.
  public var table = ""
  /// The column of the other table.
  public var foreignColumn = ""
  /// Not declared: found by names and by the values themselves.
  public var inferred = false
  /// Of the column's different values, the part that the other table has, in percent; absent for declared keys.
  public var matchPercent: UInt32?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "column", &column, max: Limits.titleBytes)
    v.field(2, "table", &table, max: Limits.titleBytes)
    v.field(3, "foreign_column", &foreignColumn, max: Limits.titleBytes)
    v.field(4, "inferred", &inferred)
    v.field(5, "match_percent", &matchPercent)
  }
}

/// One table or view, as a scan found it.
public struct SchemaTable: WireMessage {
  /// As the database has it.
  public var name = ""
  /// The schema that has to be named; empty for a table that is found without.
  public var schema = ""
  /// It is a view.
  public var isView = false
  /// What the database's owner wrote about it.
  public var comment = ""
  /// Absent when they could not be counted in time.
  public var rows: UInt64?
  /// `rows` is the database's own guess.
  public var rowsAreEstimated = false
  /// How many rows the columns' figures were taken from, when that was not all of them.
  public var sampledRows: UInt64?
  /// In the table's order.
  public var columns: [SchemaColumn] = []
  /// Its references to other tables, declared or found.
  public var keys: [SchemaKey] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "name", &name, max: Limits.titleBytes)
    v.field(2, "schema", &schema, max: Limits.titleBytes)
    v.field(3, "is_view", &isView)
    v.field(4, "comment", &comment, max: Limits.titleBytes)
    v.field(5, "rows", &rows)
    v.field(6, "rows_are_estimated", &rowsAreEstimated)
    v.field(7, "sampled_rows", &sampledRows)
    v.field(8, "columns", &columns, max: 4_096)
    v.field(9, "keys", &keys, max: 4_096)
  }
}

/// What a node found in a user's database.
public struct SchemaScan: WireMessage {
  /// The connection that was opened.
  public var dbConnectionId = ""
  /// Which database it is.
  public var dialect = Dialect.unspecified
  /// When kai-session got it.
  public var scannedAt = Timestamp()
  /// How long the scan took, in milliseconds.
  public var elapsedMs: UInt64 = 0
  /// Who made it.
  public var nodeName = ""
  /// Sorted by name.
  public var tables: [SchemaTable] = []
  /// What could not be found out, in sentences.
  public var notes: [String] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "dialect", &dialect)
    v.field(3, "scanned_at", &scannedAt)
    v.field(4, "elapsed_ms", &elapsedMs)
    v.field(5, "node_name", &nodeName, max: Limits.nameBytes)
    v.field(6, "tables", &tables, max: 65_536)
    v.field(7, "notes", &notes, max: 256, maxEach: 1_024)
  }
}

/// What a node says of a user's database: that it could be opened, or why not, and its scan if it made one.
public struct SchemaReport: WireMessage {
  /// The connection that was opened.
  public var dbConnectionId = ""
  /// The version of the connection that was opened; a report about an older one is refused.
  public var connectionVersion: UInt64 = 0
  /// Who opened it.
  public var nodeName = ""
  /// Why it could not be opened; absent when it could.
  public var error: WireError?
  /// What an operator should know of how it is opened.
  public var warnings: [String] = []
  /// Replaces the one that is stored.
  public var scan: SchemaScan?
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "connection_version", &connectionVersion)
    v.field(3, "node_name", &nodeName, max: Limits.nameBytes)
    v.field(4, "error", &error)
    v.field(5, "warnings", &warnings, max: 64, maxEach: 1_024)
    v.field(6, "scan", &scan)
  }
}

/// Asks for what is known of a user's database.
public struct SchemaGetRequest: WireMessage {
  /// The connection that is meant.
  public var dbConnectionId = ""
  /// The caller has the scan of this time: if that is the one that is stored, it is left out. Zero for none.
  public var knownScan = Timestamp()
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "known_scan", &knownScan)
  }
}

/// What kai-session keeps of a user's database.
public struct SchemaState: WireMessage {
  /// The stored scan; absent when there is none, or when it is the one of `known_scan`.
  public var scan: SchemaScan?
  /// When the stored scan came; zero when there is none.
  public var scannedAt = Timestamp()
  /// The newest report, with a scan or without; zero when there is none.
  public var checkedAt = Timestamp()
  /// The node that made the newest report.
  public var checkedBy = ""
  /// Why the database could not be opened then.
  public var error: WireError?
  /// What an operator should know of how it is opened.
  public var warnings: [String] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "scan", &scan)
    v.field(2, "scanned_at", &scannedAt)
    v.field(3, "checked_at", &checkedAt)
    v.field(4, "checked_by", &checkedBy, max: Limits.nameBytes)
    v.field(5, "error", &error)
    v.field(6, "warnings", &warnings, max: 64, maxEach: 1_024)
  }
}

/// Asks an attached node to look at a user's database.
public struct SchemaRefreshRequest: WireMessage {
  /// The connection that is meant.
  public var dbConnectionId = ""
  /// Only open it.
  public var onlyOpen = false
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "db_connection_id", &dbConnectionId, max: Limits.idBytes)
    v.field(2, "only_open", &onlyOpen)
  }
}

/// Who was asked, and when: the report that follows has a later time.
public struct SchemaRefreshAsked: WireMessage {
  /// The node that was asked.
  public var nodeName = ""
  /// When it was asked.
  public var askedAt = Timestamp()
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "node_name", &nodeName, max: Limits.nameBytes)
    v.field(2, "asked_at", &askedAt)
  }
}

/// Tells a node to look at a user's database.
public struct SchemaOrder: WireMessage {
  /// With its URI, for the node alone.
  public var connection: DatabaseConnection?
  /// Only open it and report, without a scan.
  public var onlyOpen = false
  /// Only say of these whether the database would run them.
  public var checks: [KnowledgeCheck] = []
  public init() {}
  public mutating func fields<V: FieldVisitor>(_ v: inout V) {
    v.field(1, "connection", &connection)
    v.field(2, "only_open", &onlyOpen)
    v.field(3, "checks", &checks, max: 64)
  }
}
