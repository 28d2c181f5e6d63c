import Dispatch
import Glibc
import NIOCore

/// A thread of its own for work that blocks: neither the event loops nor Swift's own small pool may do it.
final class WorkerThread: Sendable {
  private let finished = DispatchSemaphore(value: 0)

  /// Starts a thread that runs `body` once.
  init(_ body: @escaping @Sendable () -> Void) {
    let finished = finished
    let entry = Entry {
      body()
      finished.signal()
    }
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Entry>.fromOpaque(context).takeRetainedValue().body()
        return nil
      }, Unmanaged.passRetained(entry).toOpaque())
    // Only a process that is out of memory or threads gets here, at start-up.
    precondition(code == 0, "a thread cannot be started: \(String(cString: strerror(code)))")
    pthread_detach(thread)
  }

  /// Waits until the body has returned. To be called once.
  func join() {
    finished.wait()
  }

  /// Waits for a while until the body has returned.
  /// - Returns: whether it has; the thread counts as joined then.
  func join(within limit: TimeAmount) -> Bool {
    finished.wait(timeout: .now() + .nanoseconds(Int(limit.nanoseconds))) == .success
  }

  private final class Entry: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
