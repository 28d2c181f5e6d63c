import NIOCore
import Wire

/// `checkpoint.fetch` and `checkpoint.list`: reading a session's chain.
struct CheckpointMethods: Sendable {
  let store: any Store

  func register(on router: inout Router) {
    router.read(Methods.checkpointList) { (transaction, request, _) throws(WireError) in
      let chain = try Self.chain(of: request.sessionId, in: transaction)
      let page = try CheckpointRepository.list(
        of: request.sessionId, in: chain, page: try PageRequest(request.page, list: "checkpoint"), transaction)
      return CheckpointList.with { list in
        list.checkpoints = page.items
        list.total = page.total
        list.nextCursor = page.nextCursor
      }
    }
    router.live(.checkpointFetch) { (request, context) throws(WireError) in
      let wanted = try CheckpointFetchRequest(decoding: request.message)
      PacedStream(request, context, store: store, from: FetchPosition.opening(wanted)) {
        (transaction, position, budget) throws(WireError) in
        if case .opening = position { try context.access?.require(request, in: transaction) }
        return try Self.fetch(from: position, budget: budget, in: transaction)
      }
    }
  }

  /// Where a fetch stands.
  enum FetchPosition: Sendable {
    case opening(CheckpointFetchRequest)
    case running(Route, next: UInt64)

    struct Route: Sendable {
      let sessionId: String
      let chain: Chain
      let last: UInt64
      /// The step whose snapshot is sent, or nil when the fetch starts at step 1.
      let snapshotStep: UInt64?
    }
  }

  private static func chain(of sessionId: String, in transaction: any Transaction) throws(WireError) -> Chain {
    let head = try SessionRepository.head(sessionId, in: transaction)
    return try SegmentRepository.chain(segmentId: head.segmentId, head: head.step, in: transaction)
  }

  private static func fetch(
    from position: FetchPosition, budget: PacedStream<FetchPosition>.Budget, in transaction: any Transaction
  ) throws(WireError) -> PacedStream<FetchPosition>.Portion {
    switch position {
    case .running(let route, let next):
      return try read(route, from: next, budget: budget, in: transaction)
    case .opening(let request):
      let route = try route(for: request, in: transaction)
      return try read(route, from: route.snapshotStep ?? 1, budget: budget, in: transaction)
    }
  }

  private static func route(
    for request: CheckpointFetchRequest, in transaction: any Transaction
  ) throws(WireError) -> FetchPosition.Route {
    let chain = try chain(of: request.sessionId, in: transaction)
    let last = request.step ?? chain.head
    try chain.require(last, of: request.sessionId)
    // Where retention has cut, the snapshot at the cut stands for all before it.
    let snapshot =
      request.full
      ? (chain.first > 1 ? chain.first : nil) : try soundSnapshot(atOrBefore: last, of: request.sessionId, in: chain, transaction)
    return FetchPosition.Route(sessionId: request.sessionId, chain: chain, last: last, snapshotStep: snapshot)
  }

  /// The newest snapshot that is what was written: the steps behind an older one, or all of them, make up for a damaged one.
  private static func soundSnapshot(
    atOrBefore last: UInt64, of sessionId: String, in chain: Chain, _ transaction: any Transaction
  ) throws(WireError) -> UInt64? {
    var last = last
    while let step = try CheckpointRepository.lastSnapshot(atOrBefore: last, in: chain, transaction) {
      do throws(WireError) {
        _ = try CheckpointRepository.load(step: step, withSnapshot: true, of: sessionId, in: chain, transaction)
        return step
      } catch {
        // The oldest step that retention has left cannot do without its own.
        guard error.errorCode == .corrupt, step > chain.first, step > 1 else { throw error }
        last = step - 1
      }
    }
    return nil
  }

  private static func read(
    _ route: FetchPosition.Route, from first: UInt64, budget: PacedStream<FetchPosition>.Budget,
    in transaction: any Transaction
  ) throws(WireError) -> PacedStream<FetchPosition>.Portion {
    var portion = PacedStream<FetchPosition>.Portion()
    var step = first
    while step <= route.last {
      if budget.isSpent(by: portion) {
        portion.next = .running(route, next: step)
        return portion
      }
      let withSnapshot = step == route.snapshotStep
      let stored = try CheckpointRepository.load(
        step: step, withSnapshot: withSnapshot, of: route.sessionId, in: route.chain, transaction)
      guard let stored else {
        // Deleted or cut while it was being read; or a hole, which `server.check` would find.
        try chain(of: route.sessionId, in: transaction).require(step, of: route.sessionId)
        throw WireError(.corrupt, "step \(step) of session '\(route.sessionId)' is missing")
      }
      var checkpoint = stored.checkpoint
      if !withSnapshot {
        // The attachment holds the body alone, and the message must say so.
        checkpoint.snapshotBytes = 0
        checkpoint.snapshotCrc = 0
      }
      var attachment = ByteBuffer()
      attachment.reserveCapacity(stored.body.count + stored.snapshot.count)
      attachment.writeBytes(stored.body)
      attachment.writeBytes(stored.snapshot)
      portion.add(PacedStream<FetchPosition>.Item(checkpoint, attachment: attachment))
      step += 1
    }
    return portion
  }
}
