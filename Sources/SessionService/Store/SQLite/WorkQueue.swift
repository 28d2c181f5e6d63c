import DequeModule
import Dispatch
import Guards
import Synchronization

/// Hands jobs to the threads that wait for them. Owners take turns, so that who has put in many jobs waits for them, and nobody else does;
/// the jobs of one owner are taken in the order they were put in.
final class WorkQueue<Job: Sendable>: Sendable {
  private struct State {
    var lines: [String: Deque<Job>] = [:]
    /// Those who have a line, in the order of their turns.
    var turns: Deque<String> = []
    var sleepers = 0
    var isClosed = false

    mutating func next() -> Job? {
      guard let owner = turns.popFirst() else { return nil }
      let job = lines[owner]?.popFirst()
      if lines[owner]?.isEmpty ?? true { lines[owner] = nil } else { turns.append(owner) }
      return job
    }
  }

  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)

  /// Puts a job at the end of its owner's line.
  /// - Returns: false when the queue is closed; the job was not taken.
  func put(_ job: Job, of owner: String = "") -> Bool {
    let owner = Guard.turns.isOff ? "" : owner
    let (isTaken, mustWake) = state.withLock { state in
      guard !state.isClosed else { return (false, false) }
      if state.lines[owner]?.append(job) == nil {
        state.lines[owner] = [job]
        state.turns.append(owner)
      }
      guard state.sleepers > 0 else { return (true, false) }
      state.sleepers -= 1
      return (true, true)
    }
    if mustWake { wake.signal() }
    return isTaken
  }

  /// Takes up to `limit` jobs, one of each owner in turn, and waits while there are none.
  /// - Returns: nothing once the queue is closed and empty.
  func take(limit: Int) -> [Job] {
    while true {
      let taken: [Job]? = state.withLock { state in
        var jobs: [Job] = []
        while jobs.count < limit, let job = state.next() { jobs.append(job) }
        if !jobs.isEmpty || state.isClosed { return jobs }
        state.sleepers += 1
        return nil
      }
      if let taken { return taken }
      wake.wait()
    }
  }

  /// The job whose turn it is, or nil when there is none now.
  func takeNext() -> Job? { state.withLock { $0.next() } }

  /// Takes no more jobs; those inside are still handed out.
  func close() {
    let sleepers = state.withLock { state in
      state.isClosed = true
      defer { state.sleepers = 0 }
      return state.sleepers
    }
    for _ in 0..<sleepers { wake.signal() }
  }
}
