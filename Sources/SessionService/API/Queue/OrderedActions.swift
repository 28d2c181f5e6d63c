/// Actions that are decided under a lock and carried out outside of it, in the order of the decisions.
///
/// A value to keep beside the state it belongs to, under the same lock. Whoever decides adds to it and then asks for what
/// waits. The first to ask carries it out, and what others add meanwhile too; those others get nothing and go on.
struct OrderedActions<Action: Sendable>: Sendable {
  private var waiting: [Action] = []
  private var isCarriedOut = false

  mutating func add(_ actions: [Action]) { waiting += actions }

  /// What is to be carried out now, before ``goOn()`` is called; nil when nothing waits or somebody is at it already.
  mutating func begin() -> [Action]? {
    guard !isCarriedOut, !waiting.isEmpty else { return nil }
    isCarriedOut = true
    return takeAll()
  }

  /// What has gathered meanwhile; nil when nothing has, and the next to ask begins anew.
  mutating func goOn() -> [Action]? {
    guard waiting.isEmpty else { return takeAll() }
    isCarriedOut = false
    return nil
  }

  private mutating func takeAll() -> [Action] {
    defer { waiting = [] }
    return waiting
  }
}
