import Wire

/// The keys' rows: names, roles and states, never a secret.
enum KeyRepository {
  private static let columns = "id, name, role, created_at, revoked_at, connections, expires_at, rate"

  /// - Throws: `not_found`, or `invalid_argument` when `id` has not the form of a key's id.
  static func get(_ id: String, in transaction: any Transaction) throws(WireError) -> KeyInfo {
    try Identifier.key.require(id)
    let found = try transaction.first("SELECT \(columns) FROM keys WHERE id = ?", [.text(id)]) { (row) in key(row) }
    guard let found else { throw WireError(.notFound, "there is no key '\(id)'") }
    return found
  }

  /// nil when there is no such key.
  static func name(of id: String, in transaction: any Transaction) throws(WireError) -> String? {
    try transaction.first("SELECT name FROM keys WHERE id = ?", [.text(id)]) { (row) in row.text(0) }
  }

  /// Newest first.
  static func all(in transaction: any Transaction) throws(WireError) -> [KeyInfo] {
    try transaction.query("SELECT \(columns) FROM keys ORDER BY seq DESC", []) { (row) in key(row) }
  }

  static func insert(_ key: KeyInfo, in transaction: any Transaction) throws(WireError) {
    try transaction.execute(
      "INSERT INTO keys (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      [
        .text(key.id), .text(key.name), Value(key.role), Value(key.createdAt), Value(key.revokedAt), connections(key),
        Value(key.expiresAt), Value(key.requestsPerSecond),
      ])
  }

  private static func connections(_ key: KeyInfo) -> Value {
    key.isLimited ? .text(key.connections.joined(separator: "\n")) : .null
  }

  /// Takes a connection that is deleted out of every key: what is called so one day is something else.
  /// - Returns: the keys that saw it, as they are now.
  static func withdraw(connection: String, in transaction: any Transaction) throws(WireError) -> [KeyInfo] {
    var changed: [KeyInfo] = []
    for var key in try all(in: transaction) where key.connections.contains(connection) {
      key.connections.removeAll { $0 == connection }
      try transaction.execute("UPDATE keys SET connections = ? WHERE id = ?", [connections(key), .text(key.id)])
      changed.append(key)
    }
    return changed
  }

  static func revoke(_ id: String, in transaction: any Transaction) throws(WireError) {
    try transaction.execute("UPDATE keys SET revoked_at = ? WHERE id = ?", [Value(transaction.now), .text(id)])
  }

  /// The secrets that are not derived from the master key, sealed with it.
  static func sealedSecrets(in transaction: any Transaction) throws(WireError) -> [String: [UInt8]] {
    let rows = try transaction.query("SELECT id, sealed_secret FROM keys WHERE sealed_secret IS NOT NULL", []) { (row) in
      (row.text(0), row.blob(1))
    }
    return Dictionary(uniqueKeysWithValues: rows)
  }

  static func keepSecret(_ id: String, _ sealed: [UInt8], in transaction: any Transaction) throws(WireError) {
    try transaction.execute("UPDATE keys SET sealed_secret = ? WHERE id = ?", [.blob(sealed), .text(id)])
  }

  private static func key(_ row: any Row) -> KeyInfo {
    KeyInfo.with { key in
      key.id = row.text(0)
      key.name = row.text(1)
      key.role = row.enumeration(2)
      key.createdAt = row.timestamp(3)
      key.revokedAt = row.timestamp(4)
      if let connections = row.optionalText(5) {
        key.isLimited = true
        key.connections = connections.split(separator: "\n").map { String($0) }
      }
      key.expiresAt = row.timestamp(6)
      key.requestsPerSecond = row.uint32(7)
    }
  }
}
