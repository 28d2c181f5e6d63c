import Wire

/// The users' databases. Their URIs are sealed; only ``withURI(_:vault:in:)`` opens one.
enum ConnectionRepository {
  private static let columns = "id, dialect, masked_uri, description, created_at, updated_at, version, learning"

  /// With its URI masked.
  /// - Throws: `not_found`, or `invalid_argument` when `id` has not the form of an alias.
  static func get(_ id: String, in transaction: any Transaction) throws(WireError) -> DatabaseConnection {
    try ConnectionAlias.require(id)
    let found = try transaction.first("SELECT \(columns) FROM connections WHERE id = ?", [.text(id)]) { (row) in
      connection(row)
    }
    guard let found else { throw missing(id) }
    return found
  }

  /// With its URI whole: for the node that gets a task on it, and for nobody else.
  /// - Throws: `not_found`, or `corrupt` when the URI cannot be opened.
  static func withURI(
    _ id: String, vault: SecretVault, in transaction: any Transaction
  ) throws(WireError) -> DatabaseConnection {
    var connection = try get(id, in: transaction)
    let sealed = try transaction.first("SELECT sealed_uri FROM connections WHERE id = ?", [.text(id)]) { (row) in row.blob(0) }
    guard let sealed else { throw missing(id) }
    connection.uri = try vault.open(sealed, owner: id)
    return connection
  }

  /// Of every connection.
  static func sealedURIs(in transaction: any Transaction) throws(WireError) -> [(id: String, sealed: [UInt8])] {
    try transaction.query("SELECT id, sealed_uri FROM connections", []) { (row) in (row.text(0), row.blob(1)) }
  }

  /// The same URI, sealed with another key.
  static func reseal(_ id: String, _ sealed: [UInt8], in transaction: any Transaction) throws(WireError) {
    try transaction.execute("UPDATE connections SET sealed_uri = ? WHERE id = ?", [.blob(sealed), .text(id)])
  }

  /// - Parameter connection: with its URI masked.
  /// - Throws: `already_exists`
  static func insert(
    _ connection: DatabaseConnection, sealedURI: [UInt8], in transaction: any Transaction
  ) throws(WireError) {
    do throws(WireError) {
      try transaction.execute(
        "INSERT INTO connections (\(columns), sealed_uri) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
          .text(connection.id), Value(connection.dialect), .text(connection.uri), .text(connection.description),
          Value(connection.createdAt), Value(connection.updatedAt), Value(connection.version), Value(connection.learning),
          .blob(sealedURI),
        ])
    } catch {
      guard error.errorCode == .alreadyExists else { throw error }
      throw WireError(.alreadyExists, "there is a connection '\(connection.id)' already")
    }
  }

  /// Writes dialect, masked URI, description and learning, raises the version and gives it this unit's time.
  /// - Parameter sealedURI: the new URI, or nil to keep the old one.
  static func save(
    _ connection: inout DatabaseConnection, sealedURI: [UInt8]?, in transaction: any Transaction
  ) throws(WireError) {
    connection.version += 1
    connection.updatedAt = transaction.now
    try transaction.execute(
      """
      UPDATE connections SET dialect = ?, masked_uri = ?, description = ?, updated_at = ?, version = ?, learning = ?,
      sealed_uri = coalesce(?, sealed_uri) WHERE id = ?
      """,
      [
        Value(connection.dialect), .text(connection.uri), .text(connection.description), Value(connection.updatedAt),
        Value(connection.version), Value(connection.learning), sealedURI.map { .blob($0) } ?? .null, .text(connection.id),
      ])
  }

  static func delete(_ id: String, in transaction: any Transaction) throws(WireError) {
    try transaction.execute("DELETE FROM connections WHERE id = ?", [.text(id)])
  }

  /// - Parameter ids: those that count; nil for all.
  static func list(
    _ ids: Set<String>?, page: PageRequest, in transaction: any Transaction
  ) throws(WireError) -> FoundPage<DatabaseConnection> {
    var condition = Condition()
    if let ids { condition.add("id", oneOf: ids) }
    let total = try transaction.first("SELECT count(*) FROM connections WHERE \(condition.text)", condition.values) { (row) in
      row.uint64(0)
    }
    let found = try transaction.query(
      "SELECT \(columns), seq FROM connections WHERE \(condition.text) AND seq < ? ORDER BY seq DESC LIMIT ?",
      condition.values + [.integer(page.before), .integer(Int64(page.limit) + 1)]
    ) { (row) in (seq: row.int64(8), item: connection(row)) }
    return FoundPage(found: found, total: total ?? 0, request: page, list: "connection")
  }

  private static func connection(_ row: any Row) -> DatabaseConnection {
    DatabaseConnection.with { connection in
      connection.id = row.text(0)
      connection.dialect = row.enumeration(1)
      connection.uri = row.text(2)
      connection.description = row.text(3)
      connection.createdAt = row.timestamp(4)
      connection.updatedAt = row.timestamp(5)
      connection.version = row.uint64(6)
      connection.learning = row.enumeration(7)
    }
  }

  static func missing(_ id: String) -> WireError {
    WireError(
      .notFound, "there is no connection '\(id)'",
      hint: "List them with 'kaictl connection list', or make one with 'kaictl connection create'.")
  }
}
