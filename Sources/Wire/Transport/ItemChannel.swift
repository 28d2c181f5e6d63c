import NIOCore
import Synchronization

/// Carries the items of one stream from the event loop to the task that reads them. The stream's credit bounds what it holds.
final class ItemChannel: Sendable {
  private typealias Waiter = CheckedContinuation<Result<MessageBody?, WireError>, Never>

  private struct State {
    var items = CircularBuffer<MessageBody>()
    /// Set when no more items come; nil inside means a good end.
    var end: Optional<WireError?> = .none
    var waiter: Waiter?
  }

  private let state = Mutex(State())

  /// From the event loop.
  func push(_ item: MessageBody) {
    let waiter = state.withLock { state -> Waiter? in
      guard state.end == nil else { return nil }
      if let waiter = state.waiter.take() { return waiter }
      state.items.append(item)
      return nil
    }
    waiter?.resume(returning: .success(item))
  }

  /// From the event loop, or from the reader when it stops. Only the first end counts.
  func finish(_ error: WireError?) {
    let waiter = state.withLock { state -> Waiter? in
      guard state.end == nil else { return nil }
      state.end = .some(error)
      return state.waiter.take()
    }
    waiter?.resume(returning: error.map { .failure($0) } ?? .success(nil))
  }

  /// The next item, or nil at the good end. What came before the end is still returned.
  func next() async throws(WireError) -> MessageBody? {
    try await withCheckedContinuation { (continuation: Waiter) in
      let result = state.withLock { state -> Result<MessageBody?, WireError>? in
        if let item = state.items.popFirst() { return .success(item) }
        if let end = state.end { return end.map { .failure($0) } ?? .success(nil) }
        guard state.waiter == nil else {
          return .failure(WireError(.failedPrecondition, "a stream can be read by one task at a time"))
        }
        state.waiter = continuation
        return nil
      }
      if let result { continuation.resume(returning: result) }
    }.get()
  }
}
