import Wire

/// Says whether a node may still write in a session: asked by every write that carries a ``Fence``, in its transaction.
protocol FenceChecking: Sendable {
  /// - Throws: `fenced` when the lease is not, or no longer, that node's, when another key attached the node, or when the
  ///   lease has expired.
  func check(_ fence: Fence, principal: Principal, in transaction: any Transaction) throws(WireError)
}

/// Told, in the transaction that does it, that a session is going to be deleted: its lease ends there and then, so that no
/// node writes into it any more. The rows of tasks, events and checkpoints are removed by the deletion itself.
protocol SessionDeletionHook: Sendable {
  func sessionWillBeDeleted(_ id: String, in transaction: any Transaction) throws(WireError)
}

/// Told, in the transaction that does it, that a session's status, mode or limits were changed by a person: the queue stops
/// or starts dispatching its tasks, a running task is asked to stop at its next step boundary when the session is no longer
/// open, and watchers get a `session_changed` event.
protocol SessionChangeHook: Sendable {
  /// Called after the session's row was changed.
  func sessionDidChange(_ id: String, in transaction: any Transaction) throws(WireError)
}
