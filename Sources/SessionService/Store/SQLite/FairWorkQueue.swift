import DequeModule
import Dispatch
import Guards
import Synchronization

/// Hands jobs to the threads that wait for them. Owners take turns: who has put in many jobs waits for them, and nobody else does.
final class FairWorkQueue<Job: Sendable>: Sendable {
  private struct State {
    var lines: [String: Deque<Job>] = [:]
    /// Those who have a line, in the order of their turns.
    var turns: Deque<String> = []
    var sleepers = 0
    var isClosed = false
  }

  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)

  /// Puts a job at the end of its owner's line.
  /// - Returns: false when the queue is closed; the job was not taken.
  func put(_ job: Job, of owner: String) -> Bool {
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

  /// Takes the first job of the owner whose turn it is, and waits while there is none.
  /// - Returns: nil once the queue is closed and empty.
  func take() -> Job? {
    while true {
      let taken: Job?? = state.withLock { state in
        while let owner = state.turns.popFirst() {
          let job = state.lines[owner]?.popFirst()
          if state.lines[owner]?.isEmpty ?? true { state.lines[owner] = nil } else { state.turns.append(owner) }
          if let job { return job }
        }
        if state.isClosed { return .some(nil) }
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
