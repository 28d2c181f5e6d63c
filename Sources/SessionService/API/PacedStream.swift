import NIOCore
import Synchronization
import Wire

/// A server stream whose items come from the store, read no faster than the peer grants credit, so that a slow peer costs
/// one portion of memory and no more.
final class PacedStream<Position: Sendable>: LiveStream {
  struct Item: Sendable {
    let message: ByteBuffer
    let attachment: ByteBuffer

    init(_ message: some WireMessage, attachment: ByteBuffer = ByteBuffer()) {
      var buffer = ByteBuffer()
      message.encode(into: &buffer)
      self.message = buffer
      self.attachment = attachment
    }

    var bytes: Int { message.readableBytes + attachment.readableBytes }
  }

  /// What a reader found: some items, and where to go on; nil at the end.
  struct Portion: Sendable {
    var items: [Item] = []
    var next: Position?
    var bytes = 0

    mutating func add(_ item: Item) {
      items.append(item)
      bytes += item.bytes
    }
  }

  /// How much one portion should hold: it ends with the item that reaches either.
  struct Budget: Sendable {
    let bytes: Int
    let items: Int

    func isSpent(by portion: Portion) -> Bool { portion.bytes >= bytes || portion.items.count >= items }
  }

  typealias Reading = @Sendable (any Transaction, Position, Budget) throws(WireError) -> Portion

  private struct State: LiveStreamState {
    var position: Position
    var bytes: Int
    var items: Int
    var isReading = false
    var isDone = false
  }

  private static var portionBytes: Int { 1024 * 1024 }
  private static var portionItems: Int { 256 }

  private let request: InboundRequest
  private let context: CallContext
  private let store: any Store
  private let reading: Reading
  private let state: Mutex<State>

  /// Starts a stream that answers `request`.
  @discardableResult
  init(
    _ request: InboundRequest, _ context: CallContext, store: any Store, from position: Position,
    _ reading: @escaping Reading
  ) {
    self.request = request
    self.context = context
    self.store = store
    self.reading = reading
    state = Mutex(State(position: position, bytes: Int(request.head.initialBytes), items: Int(request.head.initialItems)))
    context.streams.open(request.streamID, self)
    readMore()
  }

  func credit(bytes: UInt32, items: UInt32) {
    state.withLock { state in
      state.bytes = min(state.bytes + Int(bytes), Int(UInt32.max))
      state.items = min(state.items + Int(items), Int(UInt32.max))
    }
    readMore()
  }

  func writable() { readMore() }

  func cancel() {
    finish(
      .error(
        request.streamID,
        request.deadline.map { $0 <= .now() } == true
          ? WireError(.deadlineExceeded, "the time for this \(request.method.name) is over")
          : WireError(.cancelled, "\(request.method.name) was cancelled")))
  }

  func disconnected() {
    _ = state.end()
  }

  private func readMore() {
    // Credit is what the peer wants; what it has not read yet waits here, in memory.
    guard !context.connection.isCongested else { return }
    let next: (Position, Budget)? = state.withLock { state in
      guard !state.isReading, !state.isDone, state.bytes > 0, state.items > 0 else { return nil }
      state.isReading = true
      return (
        state.position,
        Budget(bytes: min(state.bytes, Self.portionBytes), items: min(state.items, Self.portionItems))
      )
    }
    guard let (position, budget) = next else { return }
    let overload = context.connection.overload
    store.read(for: request.principal.keyId) { [reading] (transaction) throws(WireError) in
      try transaction.heed(UnitLife(limit: UnitLife.readLimit))
      if let overload { throw overload }
      return try reading(transaction, position, budget)
    } completion: { result in
      self.send(result)
    }
  }

  private func send(_ result: Result<Portion, WireError>) {
    switch result {
    case .failure(let error): finish(.error(request.streamID, error))
    case .success(let portion):
      guard !state.withLock({ $0.isDone }) else { return }
      context.connection.send(
        portion.items.map { item in
          Outbound(streamID: request.streamID, kind: .item, message: item.message, attachment: item.attachment)
        })
      guard let next = portion.next else { return finish(.response(request.streamID, Empty())) }
      let (bytes, items) = (portion.bytes, portion.items.count)
      // Only then may the next portion be read: its items must not overtake these, and whether the peer reads is known.
      context.connection.afterSending { [self] in
        state.withLock { state in
          state.bytes -= bytes
          state.items -= items
          state.position = next
          state.isReading = false
        }
        readMore()
      }
    }
  }

  private func finish(_ terminal: Outbound) { context.finish(state, with: terminal) }
}
