import Glibc
import Synchronization

/// Runs the jobs of one actor, one after the other, on a thread of its own: a query that blocks takes no thread of the
/// cooperative pool. The thread lives only while there are jobs, so ten thousand idle databases cost no thread at all.
final class DatabaseExecutor: SerialExecutor {
  private struct State {
    var jobs: [UnownedJob] = []
    var isDraining = false
  }

  private let state = Mutex(State())

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let mustStart = state.withLock { state in
      state.jobs.append(job)
      defer { state.isDraining = true }
      return !state.isDraining
    }
    if mustStart { startThread() }
  }

  private func startThread() {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(self)
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<DatabaseExecutor>.fromOpaque(context).takeRetainedValue().drain()
        return nil
      }, box.toOpaque())
    guard code != 0 else {
      pthread_detach(thread)
      return
    }
    // The system has no thread left: the caller's must do, or the job would never run.
    box.release()
    drain()
  }

  private func drain() {
    while true {
      let jobs = state.withLock { state in
        defer { state.jobs = [] }
        state.isDraining = !state.jobs.isEmpty
        return state.jobs
      }
      guard !jobs.isEmpty else { return }
      for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }
  }
}
