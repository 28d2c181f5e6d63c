import Dispatch
import Synchronization

/// Hands jobs to the threads that wait for them. Jobs are taken in the order they were put in.
final class WorkQueue<Job: Sendable>: Sendable {
  private struct State {
    var jobs: [Job] = []
    var sleepers = 0
    var isClosed = false
  }

  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)

  /// - Returns: false when the queue is closed; the job was not taken.
  func put(_ job: Job) -> Bool {
    let (isTaken, mustWake) = state.withLock { state in
      guard !state.isClosed else { return (false, false) }
      state.jobs.append(job)
      guard state.sleepers > 0 else { return (true, false) }
      state.sleepers -= 1
      return (true, true)
    }
    if mustWake { wake.signal() }
    return isTaken
  }

  /// Takes up to `limit` jobs, and waits while there are none.
  /// - Returns: nothing once the queue is closed and empty.
  func take(limit: Int) -> [Job] {
    while true {
      let taken: [Job]? = state.withLock { state in
        if !state.jobs.isEmpty {
          let count = min(limit, state.jobs.count)
          let taken = Array(state.jobs.prefix(count))
          state.jobs.removeFirst(count)
          return taken
        }
        if state.isClosed { return [] }
        state.sleepers += 1
        return nil
      }
      if let taken { return taken }
      wake.wait()
    }
  }

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
