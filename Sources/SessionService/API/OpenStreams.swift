import NIOCore
import Synchronization
import Wire

/// What a live route leaves behind: it gets the events that follow its request, on the connection's event loop.
protocol LiveStream: AnyObject, Sendable {
  /// The peer granted credit for more items.
  func credit(bytes: UInt32, items: UInt32)
  /// The peer has read what was sent to it.
  func writable()
  /// The server stops: a stream that has no end of its own ends now.
  func serverStops()
  /// A chunk of an upload.
  func upload(_ chunk: ByteBuffer, end: Bool)
  /// The peer cancelled, or the deadline is over; the terminal reply is still owed.
  func cancel()
  /// The connection is gone; nothing is owed any more.
  func disconnected()
}

extension LiveStream {
  func writable() {}
  func serverStops() {}
  func credit(bytes: UInt32, items: UInt32) {}
  func upload(_ chunk: ByteBuffer, end: Bool) {}
}

/// What a live stream knows of itself.
protocol LiveStreamState {
  /// Whether its terminal reply is on its way, or owed no more.
  var isDone: Bool { get set }
}

extension Mutex where Value: LiveStreamState {
  /// - Returns: whether it had not ended before.
  func end() -> Bool {
    withLock { state in
      defer { state.isDone = true }
      return !state.isDone
    }
  }
}

extension CallContext {
  /// Sends the terminal reply of the live stream that has `state`, once.
  /// - Returns: false when the stream had ended before.
  @discardableResult
  func finish<State: LiveStreamState>(_ state: borrowing Mutex<State>, with terminal: Outbound) -> Bool {
    guard state.end() else { return false }
    streams.close(streamID)
    connection.send([terminal])
    return true
  }
}

extension UnitLife: LiveStream {
  func cancel() { end() }
  func disconnected() { end() }
}

extension CallContext {
  /// The life of a unit that reads for this call: a cancellation, the caller's deadline and the end of the connection end it. The stream
  /// must be closed with the answer.
  func readLife(of request: InboundRequest) -> UnitLife {
    let life = UnitLife(callerDeadline: request.deadline, limit: UnitLife.readLimit)
    streams.open(streamID, life)
    return life
  }
}

/// The live streams of one connection, and the reads under way.
final class OpenStreams: Sendable {
  private let streams = Mutex<[UInt32: any LiveStream]>([:])

  func open(_ streamID: UInt32, _ stream: any LiveStream) {
    streams.withLock { $0[streamID] = stream }
  }

  /// To be called when the terminal reply is sent.
  func close(_ streamID: UInt32) {
    _ = streams.withLock { $0.removeValue(forKey: streamID) }
  }

  subscript(streamID: UInt32) -> (any LiveStream)? { streams.withLock { $0[streamID] } }

  func forEach(_ body: (any LiveStream) -> Void) {
    for stream in streams.withLock({ Array($0.values) }) { body(stream) }
  }

  /// Takes every stream out and tells it that the connection is gone.
  func disconnect() {
    let open = streams.withLock { streams in
      defer { streams = [:] }
      return Array(streams.values)
    }
    for stream in open { stream.disconnected() }
  }
}
