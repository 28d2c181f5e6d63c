/// The tasks that could run now, the first of each session, in the order in which nodes get them.
///
/// The highest priority goes first. Of equal priority the user databases (connections) take turns, and of one database its
/// sessions; of equal turns the task that was submitted first goes first. So neither a session with a long line nor a
/// database with many sessions makes the others wait for all of it. Tasks that no free node admits hold up nobody.
///
/// An entry may be out of date: whoever takes the next one says which still hold.
struct ReadyTasks: Sendable {
  private struct Entry: Comparable, Sendable {
    let task: QueuedTask
    /// The session's turn when it was offered.
    let turn: Int64

    static func < (a: Entry, b: Entry) -> Bool {
      (-a.task.priority, a.turn, a.task.number) < (-b.task.priority, b.turn, b.task.number)
    }
  }

  private var lines: [NodeSelector: [String: Heap<Entry>]] = [:]
  private var connections = FairTurns<String>()
  private var sessions: [String: FairTurns<String>] = [:]

  mutating func offer(_ task: QueuedTask) {
    let turn = sessions[task.connectionId]?.turn(of: task.sessionId) ?? 0
    lines[task.selector, default: [:]][task.connectionId, default: Heap()].insert(Entry(task: task, turn: turn))
  }

  /// The task that goes next to one of the nodes that are free, or nil. It stays until it is taken.
  /// - Parameters:
  ///   - holds: whether the entry is still true; others are dropped.
  ///   - hasNode: whether a node with a free slot admits tasks with this selector.
  mutating func next(holds: (QueuedTask) -> Bool, hasNode: (NodeSelector) -> Bool) -> QueuedTask? {
    var best: (task: QueuedTask, turn: Int64)?
    for selector in Array(lines.keys) where hasNode(selector) {
      for connectionId in (lines[selector] ?? [:]).keys {
        guard let task = first(selector, connectionId, holds) else { continue }
        let turn = connections.turn(of: connectionId)
        guard let present = best else {
          best = (task, turn)
          continue
        }
        if (-task.priority, turn, task.number) < (-present.task.priority, present.turn, present.task.number) {
          best = (task, turn)
        }
      }
    }
    return best?.task
  }

  /// Takes out what ``next(holds:hasNode:)`` returned: its session and its database have had their turn.
  mutating func take(_ task: QueuedTask) {
    _ = lines[task.selector]?[task.connectionId]?.popFirst()
    removeIfEmpty(task.selector, task.connectionId)
    connections.take(task.connectionId)
    sessions[task.connectionId, default: FairTurns()].take(task.sessionId)
  }

  /// The first entry of a line that holds.
  private mutating func first(
    _ selector: NodeSelector, _ connectionId: String, _ holds: (QueuedTask) -> Bool
  ) -> QueuedTask? {
    while let entry = lines[selector]?[connectionId]?.first {
      if holds(entry.task) { return entry.task }
      _ = lines[selector]?[connectionId]?.popFirst()
    }
    removeIfEmpty(selector, connectionId)
    return nil
  }

  private mutating func removeIfEmpty(_ selector: NodeSelector, _ connectionId: String) {
    guard lines[selector]?[connectionId]?.isEmpty == true else { return }
    lines[selector]?[connectionId] = nil
    if lines[selector]?.isEmpty == true { lines[selector] = nil }
  }
}
