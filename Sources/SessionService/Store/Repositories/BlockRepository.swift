import Wire

/// Pieces of text that go with every question.
enum BlockRepository {
  static func find(
    _ dbConnectionId: String, _ scope: String, label: String, in transaction: any Transaction
  ) throws(WireError) -> MemoryBlock? {
    try transaction.first(
      "SELECT body FROM blocks WHERE db_connection_id = ? AND scope = ? AND label = ?",
      [.text(dbConnectionId), .text(scope), .text(label)]
    ) { (row) throws(WireError) in try MemoryBlock(decoding: row.blob(0)) }
  }

  static func put(_ block: MemoryBlock, in transaction: any Transaction) throws(WireError) {
    try transaction.execute(
      """
      INSERT INTO blocks (db_connection_id, scope, label, body) VALUES (?, ?, ?, ?)
      ON CONFLICT (db_connection_id, scope, label) DO UPDATE SET body = excluded.body
      """, [.text(block.dbConnectionId), .text(block.scope), .text(block.label), .blob(block.encoded())])
  }

  /// Of a scope, the oldest first.
  static func list(_ dbConnectionId: String, _ scope: String, in transaction: any Transaction) throws(WireError) -> [MemoryBlock]
  {
    try transaction.query(
      "SELECT body FROM blocks WHERE db_connection_id = ? AND scope = ? ORDER BY seq", [.text(dbConnectionId), .text(scope)]
    ) { (row) throws(WireError) in try MemoryBlock(decoding: row.blob(0)) }
  }

  static func delete(
    _ dbConnectionId: String, _ scope: String, label: String, in transaction: any Transaction
  ) throws(WireError) {
    try transaction.execute(
      "DELETE FROM blocks WHERE db_connection_id = ? AND scope = ? AND label = ?",
      [.text(dbConnectionId), .text(scope), .text(label)])
  }

  static func deleteAll(dbConnectionId: String, in transaction: any Transaction) throws(WireError) {
    try transaction.execute("DELETE FROM blocks WHERE db_connection_id = ?", [.text(dbConnectionId)])
  }

  /// - Returns: how many went.
  static func deleteAll(ofSession id: String, in transaction: any Transaction) throws(WireError) -> Int {
    try transaction.execute("DELETE FROM blocks WHERE scope = ?", [.text(id)])
  }
}
