import Synchronization

/// Holds an upload's task back while its chunks wait for credit, and brings it the end of the call.
final class UploadChannel: Sendable {
  private typealias Waiter = CheckedContinuation<Void, Never>

  private struct State {
    var pendingBytes = 0
    var result: Result<RawReply, WireError>?
    var waiter: Waiter?
  }

  /// Chunks wait in memory up to this many bytes.
  private static let window = 2 * Limits.chunkBytes

  private let state = Mutex(State())

  /// From the event loop: a chunk went out.
  func sent(_ bytes: Int) {
    state.withLock { state -> Waiter? in
      state.pendingBytes -= bytes
      return state.pendingBytes < Self.window ? state.waiter.take() : nil
    }?.resume()
  }

  /// From the event loop: the call is over.
  func finish(_ result: Result<RawReply, WireError>) {
    state.withLock { state -> Waiter? in
      state.result = result
      return state.waiter.take()
    }?.resume()
  }

  /// Returns when there is room for a chunk; false when the call is over and wants no more.
  func reserve(_ bytes: Int) async -> Bool {
    await wait { $0.result != nil || $0.pendingBytes < Self.window }
    return state.withLock { state in
      state.pendingBytes += bytes
      return state.result == nil
    }
  }

  /// The end of the call.
  func reply() async throws(WireError) -> RawReply {
    await wait { $0.result != nil }
    return try state.withLock { $0.result ?? .failure(WireError(.internalError, "an upload ended without a reply")) }.get()
  }

  private func wait(until isDone: @Sendable (borrowing State) -> Bool) async {
    while !state.withLock({ isDone($0) }) {
      await withCheckedContinuation { (continuation: Waiter) in
        let isDone = state.withLock { state in
          if isDone(state) { return true }
          state.waiter = continuation
          return false
        }
        if isDone { continuation.resume() }
      }
    }
  }
}
