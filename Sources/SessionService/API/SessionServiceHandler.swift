import Logging
import NIOCore
import Synchronization
import Wire

/// Takes what the connections received and answers it: a burst's writes go to the writer as one batch, its reads to a reader
/// as another, and each batch's answers back in one send.
final class SessionServiceHandler: WireService {
  private let store: any Store
  private let router: Router
  private let keys: KeyRing
  private let logger: Logger
  private let connections: ConnectionRegistry
  private let figures: StoreFigures
  private let metrics = RequestMetrics()
  private let rates = KeyRates()
  private let now: @Sendable () -> Timestamp
  private let timers: any EventLoop
  /// Of the connections whose keys will expire.
  private let expiries = Mutex<[UInt64: Scheduled<Void>]>([:])

  init(
    store: any Store, router: Router, keys: KeyRing, connections: ConnectionRegistry, figures: StoreFigures,
    now: @escaping @Sendable () -> Timestamp, timers: any EventLoop, logger: Logger
  ) {
    self.store = store
    self.router = router
    self.keys = keys
    self.connections = connections
    self.figures = figures
    self.now = now
    self.timers = timers
    self.logger = logger
  }

  func connected(_ connection: any ServerConnection) {
    connections.add(connection)
    if let end = connection.principal.limits.expiresAt { close(connection, at: end) }
    logger.debug("connected", metadata: ["peer": "\(connection.remoteAddress)", "key": "\(connection.principal.keyId)"])
  }

  /// Ends a connection with its key.
  private func close(_ connection: any ServerConnection, at end: Timestamp) {
    let left = max(0, (end.microseconds - now().microseconds) / 1_000)
    let expiry = timers.scheduleTask(in: .milliseconds(left)) { [weak connection] in
      connection?.close(WireError(.unauthenticated, "the key has expired"))
      return
    }
    expiries.withLock { $0[connection.id] = expiry }
  }

  func disconnected(_ connection: any ServerConnection) {
    connections.remove(connection)?.disconnect()
    if connection.principal.limits.expiresAt != nil {
      // A timer for months must not outlive its connection.
      expiries.withLock { $0.removeValue(forKey: connection.id) }?.cancel()
    }
    logger.debug("disconnected", metadata: ["peer": "\(connection.remoteAddress)", "key": "\(connection.principal.keyId)"])
  }

  func handle(_ burst: [InboundEvent], on connection: any ServerConnection) {
    guard let streams = connections.streams(of: connection) else { return }
    var writes = Parts(maxUnits: Self.writesAtOnce)
    var reads = Parts(maxUnits: Self.readsAtOnce)
    var replies: [Outbound] = []
    let now = NIODeadline.now()
    for event in burst {
      switch event {
      case .request(let request):
        let seen = SeenRequest(request, now)
        do throws(WireError) {
          if let message = try accept(request, seen, on: connection, streams, writes: &writes, reads: &reads) {
            metrics.answered(seen, nil)
            replies.append(Outbound(streamID: request.streamID, kind: .response(replayed: false), message: message))
          }
        } catch {
          metrics.answered(seen, error)
          streams.close(request.streamID)
          replies.append(.error(request.streamID, error))
        }
      case .upload(let streamID, let chunk, let end):
        streams[streamID]?.upload(chunk, end: end)
      case .credit(let streamID, let bytes, let items):
        streams[streamID]?.credit(bytes: bytes, items: items)
      case .cancel(let streamID):
        streams[streamID]?.cancel()
      case .writable:
        streams.forEach { $0.writable() }
      case .stopping:
        streams.forEach { $0.serverStops() }
      }
    }
    if !replies.isEmpty { connection.send(replies) }
    for writes in writes.all {
      store.write(batch: writes.units, for: connection.principal.keyId) { [writes, metrics] results in
        writes.answer(results, on: connection)
        writes.count(results, metrics)
      }
    }
    for reads in reads.all {
      store.read(batch: reads.units, for: connection.principal.keyId) { [reads, metrics] results in
        for streamID in reads.streamIDs { streams.close(streamID) }
        reads.answer(results, on: connection)
        reads.count(results, metrics)
      }
    }
  }

  /// Reads of one connection that are done one after the other, before others have their turn and before their replies leave. Each may have
  /// a reply of several MiB.
  private static let readsAtOnce = 4
  /// The same for writes, which are short.
  private static let writesAtOnce = 8
  /// Bytes of requests in such a part; what has more is one by itself.
  private static let bytesAtOnce = 64 * 1024

  // MARK: Routing

  /// What arrived together, in parts: between two of them others have their turn.
  private struct Parts {
    let maxUnits: Int
    private(set) var all: [Batch] = []
    private var lastBytes = 0

    init(maxUnits: Int) { self.maxUnits = maxUnits }

    mutating func add(_ request: InboundRequest, _ seen: SeenRequest, _ unit: @escaping StoreUnit<Outbound>) {
      let bytes = request.message.readableBytes + request.attachment.readableBytes
      if all.isEmpty || all[all.count - 1].units.count >= maxUnits || lastBytes + bytes > SessionServiceHandler.bytesAtOnce {
        all.append(Batch())
        lastBytes = 0
      }
      lastBytes += bytes
      all[all.count - 1].add(request, seen, unit)
    }
  }

  /// Units that are run together, and whose answers leave together.
  private struct Batch: Sendable {
    var units: [StoreUnit<Outbound>] = []
    var streamIDs: [UInt32] = []
    private var seen: [SeenRequest] = []

    mutating func add(_ request: InboundRequest, _ seen: SeenRequest, _ unit: @escaping StoreUnit<Outbound>) {
      streamIDs.append(request.streamID)
      self.seen.append(seen)
      units.append(unit)
    }

    func count(_ results: [Result<Outbound, WireError>], _ metrics: RequestMetrics) {
      for (request, result) in zip(seen, results) {
        if case .failure(let error) = result { metrics.answered(request, error) } else { metrics.answered(request, nil) }
      }
    }

    func answer(_ results: [Result<Outbound, WireError>], on connection: any ServerConnection) {
      connection.send(
        zip(streamIDs, results).map { streamID, result in
          switch result {
          case .success(let outbound): outbound
          case .failure(let error): .error(streamID, error)
          }
        })
    }
  }

  /// - Returns: the answer, when there is one at once.
  private func accept(
    _ request: InboundRequest, _ seen: SeenRequest, on connection: any ServerConnection, _ streams: OpenStreams,
    writes: inout Parts, reads: inout Parts
  ) throws(WireError) -> ByteBuffer? {
    guard let route = router[request.method] else {
      throw WireError(.unknownMethod, "this server does not serve \(request.method.name)")
    }
    // Its connections are closed, but what has been received on them comes first.
    guard keys.isValid(request.principal.keyId) else {
      throw WireError(.unauthenticated, "the key '\(request.principal.keyId)' was revoked or has expired")
    }
    try rates.admit(request.principal, seen.arrival)
    if request.method.needsRoom, let refusal = figures.snapshot.room.refusal { throw refusal }
    try Idempotency.requireKey(request)
    if let expiry = request.expiry(seen.arrival) { throw expiry }
    let context = CallContext(
      principal: request.principal, attachment: request.attachment, streamID: request.streamID, connection: connection,
      streams: streams, trace: seen.trace)
    switch route {
    case .read(let body):
      let life = context.readLife(of: request)
      reads.add(request, seen) { (transaction) throws(WireError) in
        if let expiry = request.expiry(.now()) { throw expiry }
        try transaction.heed(life)
        if let overload = connection.overload { throw overload }
        try context.access?.require(request, in: transaction)
        let reply = try body(transaction, request, context)
        return Outbound(
          streamID: request.streamID, kind: .response(replayed: false), message: reply.message, attachment: reply.attachment)
      }
    case .write(let body):
      let keepsReply = !router.ownState.contains(request.method)
      let completion = router.completions[request.method]
      writes.add(request, seen) { (transaction) throws(WireError) in
        if let expiry = request.expiry(.now()) { throw expiry }
        try transaction.heed(UnitLife(limit: UnitLife.writeLimit))
        guard keepsReply, request.method.rule.mutates else {
          try context.access?.require(request, in: transaction)
          let reply = try body(transaction, request, context)
          return Outbound(
            streamID: request.streamID, kind: .response(replayed: reply.isReplay), message: reply.message,
            attachment: reply.attachment)
        }
        let answer = try Idempotency.run(request, in: transaction) { () throws(WireError) in
          try context.access?.require(request, in: transaction)
          return try body(transaction, request, context).message
        }
        return Outbound(
          streamID: request.streamID, kind: .response(replayed: answer.isReplay),
          message: try completion?(answer.message) ?? answer.message)
      }
    case .memory(let body):
      try context.access?.requireNothing(request)
      return try body(request, context)
    case .live(let body):
      let isStream = request.method.rule.shape != .unary
      var live = context
      if !isStream { live.answered = { [metrics] error in metrics.answered(seen, error) } }
      try body(request, live)
      if isStream { metrics.opened(seen) }
    }
    return nil
  }
}
