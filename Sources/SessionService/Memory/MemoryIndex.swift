import Wire

/// Finds memories by their words. Full-text search is what databases agree on least, so each backend has its own.
protocol MemoryIndex: Sendable {
  func put(_ memory: Memory, seq: Int64, in transaction: any Transaction) throws(WireError)
  func remove(seq: Int64, in transaction: any Transaction) throws(WireError)
  /// The best candidates among these scopes of a connection, best first.
  /// - Returns: the memories' numbers with their relevance, higher is better.
  func search(
    _ query: RecallQuery, dbConnectionId: String, scopes: [String], limit: Int, in transaction: any Transaction
  ) throws(WireError) -> [(seq: Int64, relevance: Double)]
}
