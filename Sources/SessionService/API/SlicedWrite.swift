import NIOCore
import Wire

/// A call that changes more than one unit of the writer should: slice after slice, with others in between, and one answer at the end.
///
/// What a crash cuts off stays as far as it had come; the repeated request goes on with it, because nothing was answered.
struct SlicedWrite<State: Sendable, Reply: WireMessage>: Sendable {
  enum Step: Sendable {
    case more(State)
    case done(Reply)
  }

  typealias Slice = @Sendable (State, any Transaction) throws(WireError) -> Step

  /// Rows that one slice removes at most.
  static var rows: Int { 256 }

  private enum Outcome: Sendable {
    case more(State)
    case answered(ByteBuffer, isReplay: Bool)
  }

  let store: any Store
  let request: InboundRequest
  let context: CallContext
  let slice: Slice

  /// Runs the slices from `state` on and answers the request.
  func run(_ state: State) { run(state, hasBegun: false) }

  private func run(_ state: State, hasBegun: Bool) {
    store.write(for: context.principal.keyId) { (transaction) throws(WireError) -> Outcome in
      if !hasBegun, let expiry = request.expiry(.now()) { throw expiry }
      try transaction.heed(UnitLife(limit: UnitLife.writeLimit))
      if let reply = try Idempotency.stored(request, in: transaction) { return .answered(reply, isReplay: true) }
      try context.access?.require(request, in: transaction)
      switch try slice(state, transaction) {
      case .more(let state): return .more(state)
      case .done(let reply):
        let encoded = ByteBuffer(bytes: reply.encoded())
        try Idempotency.keep(encoded, for: request, in: transaction)
        return .answered(encoded, isReplay: false)
      }
    } completion: { (result: Result<Outcome, WireError>) in
      switch result {
      case .failure(let error):
        context.answered(error)
        context.connection.send([.error(request.streamID, error)])
      case .success(.more(let state)): run(state, hasBegun: true)
      case .success(.answered(let reply, let isReplay)):
        context.answered(nil)
        context.connection.send([Outbound(streamID: request.streamID, kind: .response(replayed: isReplay), message: reply)])
      }
    }
  }
}
