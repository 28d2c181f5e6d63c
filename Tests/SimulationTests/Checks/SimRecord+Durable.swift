import Wire

/// What the store holds, as it was seen after each commit.
extension SimRecord {
  /// Who may write in a session.
  struct Holder {
    let task: String
    let node: String
    let epoch: UInt64
  }

  struct Standing {
    let session: String
    let status: SessionStatus
    let head: UInt64
    let epoch: UInt64
    let lease: Holder?
  }

  struct TaskStanding {
    let task: String
    let session: String
    let status: TaskStatus
  }

  /// How a task ended, and its session's head when that was first seen.
  struct End {
    let status: TaskStatus
    let head: UInt64
  }

  /// Whether there is nothing left to do.
  var isAtRest: Bool { openTasks.isEmpty && standings.values.allSatisfy { $0.lease == nil && $0.status == .active } }

  func saw(_ standing: Standing) {
    let session = standing.session
    if let before = standings[session] {
      if before.epoch > standing.epoch { violated("the epoch of \(session) falls from \(before.epoch) to \(standing.epoch)") }
      if before.head > standing.head { violated("the head of \(session) falls from \(before.head) to \(standing.head)") }
    }
    standings[session] = standing
    guard let lease = standing.lease else {
      if standing.status == .running { violated("\(session) is running without a lease") }
      return
    }
    owns(session, lease.epoch, "\(lease.task) on \(lease.node)")
    if lease.epoch != standing.epoch { violated("\(session) has epoch \(standing.epoch) and a lease with epoch \(lease.epoch)") }
    if standing.status != .running, standing.status != .paused {
      violated("\(session) is leased and \(standing.status.label)")
    }
    if let epoch = cancelled[lease.task], lease.epoch > epoch {
      violated("task \(lease.task) was given to a node although its cancellation had been acknowledged")
    }
  }

  func saw(_ task: TaskStanding) {
    let isLeased = standings[task.session]?.lease?.task == task.task
    if let end = ends[task.task], end.status != task.status {
      violated("task \(task.task) was \(end.status.label) and is \(task.status.label)")
    }
    guard task.status.isTerminal else {
      openTasks.insert(task.task)
      if task.status == .running, !isLeased { violated("task \(task.task) is running without a lease") }
      if task.status == .waiting, let lease = standings[task.session]?.lease {
        violated("task \(task.task) waits for a person, and its session is leased for \(lease.task)")
      }
      if task.status == .queued, isLeased { violated("task \(task.task) is queued and leased") }
      if finishes[task.task] != nil { violated("the end of task \(task.task) was acknowledged, but it is \(task.status.label)") }
      return
    }
    if isLeased { violated("task \(task.task) is \(task.status.label) and leased") }
    openTasks.remove(task.task)
    guard ends[task.task] == nil else { return }
    let end = End(status: task.status, head: standings[task.session]?.head ?? 0)
    ends[task.task] = end
    if task.status == .cancelled, !unwanted.contains(task.task) { violated("task \(task.task) was cancelled by nobody") }
    if let finish = finishes[task.task] { compare(task.task, finish, with: end) }
  }

  /// A cancellation wins or loses: what was acknowledged as completed is completed, whatever else came meanwhile.
  func compare(_ task: String, _ finish: Finish, with end: End) {
    let isSame = finish.status == end.status || (finish.status == .failed && end.status == .cancelled)
    if !isSame { violated("task \(task) was acknowledged as \(finish.status.label) and is \(end.status.label)") }
  }
}
