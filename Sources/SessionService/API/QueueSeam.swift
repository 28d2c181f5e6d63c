import Wire

/// What the nouns need of the task queue.
struct QueueSeam: Sendable {
  var fence: any FenceChecking
  var deletion: any SessionDeletionHook
  var change: any SessionChangeHook
  /// Whether a node holds a lease on one of the session's tasks.
  var isLeased: @Sendable (_ sessionId: String, _ transaction: any Transaction) throws(WireError) -> Bool
  /// The queue's tables whose rows go with their session.
  var ownedTables: [SessionOwnedTable]
}
