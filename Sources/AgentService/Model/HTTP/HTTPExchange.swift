import Synchronization

/// The meeting point of one call: the driver's thread puts in what arrives, one task takes it out.
///
/// It never holds more than the request's `maxResponseBytes`, so the driver need not wait for the reader.
final class HTTPExchange: Sendable {
  private struct State {
    var head: HTTPHead?
    var body: [UInt8] = []
    /// Set once; nil inside means "ended well".
    var end: HTTPFailure??
    var reader: CheckedContinuation<Void, Never>?
  }

  private enum Awaited {
    case head
    case body
  }

  private let state = Mutex(State())

  // MARK: the driver's side

  func deliver(_ head: HTTPHead) {
    wakeReader { state in state.head = head }
  }

  func deliver(_ bytes: UnsafeRawBufferPointer) {
    wakeReader { state in state.body.append(contentsOf: bytes) }
  }

  /// Ends the call; the first end counts.
  func finish(_ failure: HTTPFailure?) {
    wakeReader { state in
      if state.end == nil { state.end = .some(failure) }
    }
  }

  private func wakeReader(_ change: (inout sending State) -> Void) {
    let reader = state.withLock { state in
      change(&state)
      let reader = state.reader
      state.reader = nil
      return reader
    }
    reader?.resume()
  }

  // MARK: the reader's side

  /// Waits for the answer's head.
  func head() async throws(HTTPFailure) -> HTTPHead {
    while true {
      let (head, end) = state.withLock { ($0.head, $0.end) }
      if let head { return head }
      if let end { throw end ?? .broken("the answer has no head") }
      await news(of: .head)
    }
  }

  /// Waits for more of the body: what has arrived since the last call, or nil at its end.
  func next() async throws(HTTPFailure) -> [UInt8]? {
    while true {
      let (bytes, end) = state.withLock { state in
        let bytes = state.body
        state.body = []
        return (bytes, state.end)
      }
      if !bytes.isEmpty { return bytes }
      if let end {
        if let failure = end { throw failure }
        return nil
      }
      await news(of: .body)
    }
  }

  private func news(of awaited: Awaited) async {
    await withCheckedContinuation { (reader: CheckedContinuation<Void, Never>) in
      let ready = state.withLock { state in
        let arrived =
          switch awaited {
          case .head: state.head != nil
          case .body: !state.body.isEmpty
          }
        if arrived || state.end != nil { return true }
        state.reader = reader
        return false
      }
      if ready { reader.resume() }
    }
  }
}
