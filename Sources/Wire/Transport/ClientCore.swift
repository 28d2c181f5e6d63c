import NIOCore
import NIOPosix

/// The client's mind, confined to one event loop: which calls wait, which are under way on which connection, when to connect again.
final class ClientCore {
  private struct Pending {
    let call: ClientCall
    /// Where it was sent, once it was.
    var sent: (connection: ClientConnectionHandler, streamID: UInt32)?
    /// What failed last, to be told if time runs out before it works.
    var lastError: WireError?
    var backoff = ReconnectBackoff()
    var chunks = LazyQueue<(bytes: ByteBuffer, end: Bool)>()
  }

  private enum Link {
    case none
    case connecting
    case handshaking(ClientConnectionHandler)
    case open(ClientConnectionHandler)
    /// Until the back-off is over.
    case waiting
    case closed
  }

  private let configuration: ClientConfiguration
  private let eventLoop: any EventLoop
  private let tell: (ClientConnectionState) -> Void
  private let codec = BodyCodec()
  private var link = Link.none
  private var backoff = ReconnectBackoff()
  /// The server has been spoken to.
  private var openedOnce = false
  /// Handshakes in a row that the other side seems not to have understood.
  private var refusals = 0
  private static let maxRefusals = 5
  private var pending: [UInt64: Pending] = [:]
  /// Calls to be sent, in order; ids of calls that have ended are skipped.
  private var queue = CircularBuffer<UInt64>()
  private var connectWaiters: [CheckedContinuation<Result<Void, WireError>, Never>] = []
  /// Connections that said GOAWAY and finish what they have.
  private var retiring: [ClientConnectionHandler] = []
  private var wake: (at: NIODeadline, task: Scheduled<Void>)?

  init(_ configuration: ClientConfiguration, eventLoop: any EventLoop, tell: @escaping (ClientConnectionState) -> Void) {
    self.configuration = configuration
    self.eventLoop = eventLoop
    self.tell = tell
  }

  // MARK: Commands

  func run(_ commands: [ClientCommand]) {
    for command in commands { run(command) }
    pump()
    flush()
  }

  private func run(_ command: ClientCommand) {
    switch command {
    case .connect(let continuation):
      switch link {
      case .open: continuation.resume(returning: .success(()))
      case .closed: continuation.resume(returning: .failure(Self.closedError))
      case .none, .connecting, .handshaking, .waiting: connectWaiters.append(continuation)
      }
    case .open(let call):
      if case .closed = link { return call.finish(.failure(Self.closedError)) }
      pending[call.id] = Pending(call: call)
      queue.append(call.id)
      if let deadline = call.deadline { schedule(deadline) }
    case .cancel(let id):
      cancel(id)
    case .grant(let id, let bytes, let items):
      if let sent = pending[id]?.sent { sent.connection.grant(sent.streamID, bytes: bytes, items: items) }
    case .upload(let id, let chunk, let end):
      pending[id]?.chunks.append((chunk, end))
      upload(id)
    case .close(let continuation):
      close()
      continuation.resume()
    }
  }

  private static let closedError = WireError(.unavailable, "the client is closed", hint: "Make a new client.")

  /// What a call that is given up now may have left behind.
  private func effect(of id: UInt64) -> Effect { pending[id]?.sent == nil ? .none : .unknown }

  private func finish(_ id: UInt64, _ result: Result<RawReply, WireError>) {
    pending.removeValue(forKey: id)?.call.finish(result)
  }

  private func cancel(_ id: UInt64) {
    let error = WireError(.cancelled, "the caller cancelled the request", effect: effect(of: id))
    if let sent = pending[id]?.sent { sent.connection.cancel(sent.streamID) }
    finish(id, .failure(error))
  }

  // MARK: Sending

  /// Sends what waits, as far as the connection has room, or sees to it that there will be a connection.
  private func pump() {
    while let id = queue.first {
      guard let call = pending[id]?.call else {
        queue.removeFirst()
        continue
      }
      guard case .open(let connection) = link else { return connect() }
      do throws(WireError) {
        guard let streamID = try connection.open(call, now: .now()) else { return }
        queue.removeFirst()
        pending[id]?.sent = (connection, streamID)
        upload(id)
      } catch {
        queue.removeFirst()
        finish(id, .failure(error))
      }
    }
    if !connectWaiters.isEmpty { connect() }
  }

  private func upload(_ id: UInt64) {
    while let entry = pending[id], let sent = entry.sent, let chunk = entry.chunks.first {
      guard sent.connection.upload(sent.streamID, chunk.bytes, end: chunk.end) else { return }
      pending[id]?.chunks.removeFirst()
      if case .upload(let channel) = entry.call.sink { channel.sent(chunk.bytes.readableBytes) }
    }
  }

  private func flush() {
    if case .open(let connection) = link { connection.flush() }
    for connection in retiring { connection.flush() }
  }

  // MARK: Connecting

  private func connect() {
    guard case .none = link else { return }
    link = .connecting
    tell(.connecting)
    let parameters = ClientHandshake.Parameters(
      keyId: configuration.keyId, secret: configuration.secret, nonce: randomBytes(32), name: configuration.name,
      version: configuration.version, limits: configuration.limits)
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    let timings = configuration.timings
    let (tls, host) = (configuration.tls, configuration.host)
    ClientBootstrap(group: eventLoop)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(
        .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 4_096, maximum: 256 * 1_024)
      )
      .connectTimeout(TimeAmount(configuration.connectTimeout))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let core = bound.value
          if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler(host: host)) }
          try channel.pipeline.syncOperations.addHandler(
            ClientConnectionHandler(parameters, timings: timings, tls: tls, codec: core.codec, delegate: core))
        }
      }
      .connect(host: configuration.host, port: configuration.port)
      .whenComplete { result in
        bound.value.connected(
          result.flatMap { channel in
            Result { try channel.pipeline.syncOperations.handler(type: ClientConnectionHandler.self) }
          })
      }
  }

  /// The TCP connection is made, or not. Several may be tried for one name; only the one that was made is heard of.
  private func connected(_ result: Result<ClientConnectionHandler, any Error>) {
    switch (link, result) {
    case (.connecting, .success(let handler)):
      link = .handshaking(handler)
    case (.connecting, .failure(let error as WireError)):
      // The files that TLS needs cannot be read.
      unlinked(error, mayHelpToWait: configuration.waitsForServer)
    case (.connecting, .failure(let error)):
      let address = "\(configuration.host):\(configuration.port)"
      unlinked(
        WireError(.unavailable, "cannot connect to \(address): \(ConnectFailure.sentence(error))"),
        mayHelpToWait: configuration.waitsForServer)
    case (_, .success(let handler)):
      handler.end(Self.closedError)
    case (_, .failure):
      break
    }
  }

  /// There is no connection now, and why.
  private func unlinked(_ error: WireError, mayHelpToWait: Bool) {
    link = .none
    tell(.lost(error))
    let waiters = connectWaiters
    connectWaiters = []
    for waiter in waiters { waiter.resume(returning: .failure(error)) }
    for id in queue {
      if mayHelpToWait { pending[id]?.lastError = error } else { finish(id, .failure(error)) }
    }
    if !mayHelpToWait { queue.removeAll() }
    link = .waiting
    let delay = backoff.lost(.now(), random: .random(in: 0..<1))
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.scheduleTask(in: .milliseconds(delay)) { bound.value.backoffIsOver() }
  }

  private func backoffIsOver() {
    guard case .waiting = link else { return }
    link = .none
    pump()
    flush()
  }

  /// Ends the connection and every call, for ever.
  func close() {
    let last = link
    link = .closed
    wake?.task.cancel()
    switch last {
    case .open(let handler), .handshaking(let handler): handler.end(Self.closedError)
    case .none, .connecting, .waiting, .closed: break
    }
    for handler in retiring { handler.end(Self.closedError) }
    retiring = []
    queue.removeAll()
    for id in pending.keys.sorted() { finish(id, .failure(Self.closedError)) }
    for waiter in connectWaiters { waiter.resume(returning: .failure(Self.closedError)) }
    connectWaiters = []
    if case .closed = last { return }
    tell(.closed)
  }

  // MARK: Trying again

  /// Sends the call once more, after a while, if that is safe and may help; else ends it with `error`.
  private func retry(_ id: UInt64, _ error: WireError) {
    guard var entry = pending[id] else { return }
    let mayHelp = error.retry == .sameConnection || error.retry == .reconnect
    let isOver = error.errorCode == .deadlineExceeded
    guard mayHelp, !isOver, entry.call.isRepeatable else { return finish(id, .failure(error)) }
    let delay = max(Int64(error.retryAfterMs), entry.backoff.nextDelayMs(random: .random(in: 0..<1)))
    entry.sent = nil
    entry.lastError = error
    pending[id] = entry
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.scheduleTask(in: .milliseconds(delay)) {
      bound.value.queueAgain(id)
    }
  }

  private func queueAgain(_ id: UInt64) {
    guard pending[id] != nil else { return }
    queue.append(id)
    pump()
    flush()
  }

  // MARK: Time

  private func schedule(_ deadline: NIODeadline) {
    if let wake {
      if wake.at <= deadline { return }
      wake.task.cancel()
    }
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    wake = (deadline, eventLoop.scheduleTask(deadline: deadline) { bound.value.expire() })
  }

  private func expire() {
    wake = nil
    let now = NIODeadline.now()
    var next: NIODeadline?
    for (id, entry) in pending {
      guard let deadline = entry.call.deadline else { continue }
      if deadline > now {
        next = min(next ?? deadline, deadline)
      } else {
        // The server knows the deadline too, so it needs no CANCEL.
        if let sent = entry.sent { sent.connection.abandon(sent.streamID) }
        let late = WireError(.deadlineExceeded, "the answer did not come in time", effect: effect(of: id))
        finish(id, .failure(entry.lastError ?? late))
      }
    }
    if let next { schedule(next) }
    pump()
    flush()
  }
}

extension ClientCore: ClientConnectionDelegate {
  func connectionOpened(_ connection: ClientConnectionHandler, _ agreement: ConnectionAgreement) {
    link = .open(connection)
    backoff.opened(.now())
    openedOnce = true
    refusals = 0
    tell(.ready(role: agreement.role, serverId: agreement.peer))
    let waiters = connectWaiters
    connectWaiters = []
    for waiter in waiters { waiter.resume(returning: .success(())) }
    pump()
  }

  func connection(_ connection: ClientConnectionHandler, replied call: UInt64, _ reply: RawReply) {
    finish(call, .success(reply))
    if !queue.isEmpty { pump() }
  }

  func connection(_ connection: ClientConnectionHandler, failed call: UInt64, _ error: WireError) {
    // The caller did not cancel, or the call would not be pending: the server was faster to see that its time is over.
    if error.errorCode == .cancelled, pending[call]?.call.deadline != nil {
      return finish(call, .failure(WireError(.deadlineExceeded, "the answer did not come in time", effect: .unknown)))
    }
    var error = error
    if error.errorCode == .unknownMethod, let name = pending[call]?.call.entry.method.name {
      // A service that is older knows the number alone.
      error.message = "the service does not know \(name): it is older than this program"
    }
    retry(call, error)
    if !queue.isEmpty { pump() }
  }

  func connection(_ connection: ClientConnectionHandler, item: MessageBody, of call: UInt64) {
    if case .stream(let channel) = pending[call]?.call.sink { channel.push(item) }
  }

  func connection(_ connection: ClientConnectionHandler, mayUpload call: UInt64) {
    upload(call)
  }

  func connectionIsGoingAway(_ connection: ClientConnectionHandler, unserved: [UInt64]) {
    for call in unserved { resend(call, connection.farewell) }
    if case .open(let current) = link, current === connection {
      retiring.append(connection)
      unlinked(connection.farewell, mayHelpToWait: true)
    }
  }

  func connectionLost(_ connection: ClientConnectionHandler, _ error: WireError, calls: [UInt64]) {
    retiring.removeAll { $0 === connection }
    for call in calls {
      resend(call, WireError(.connectionLost, "the connection broke before the answer came: \(error.message)", effect: .unknown))
    }
    switch link {
    case .open(let current) where current === connection:
      unlinked(error, mayHelpToWait: true)
    case .handshaking(let current) where current === connection:
      unlinked(error, mayHelpToWait: mayPass(error) && configuration.waitsForServer)
    case .none, .connecting, .handshaking, .open, .waiting, .closed:
      // A retired one, whose calls may go to its successor.
      pump()
      flush()
    }
  }

  /// Whether a handshake that failed may go well the next time. Prefaces have no checksum, so one that makes no sense, from a
  /// server that was spoken to before, may have been damaged on its way; several in a row were not.
  private func mayPass(_ error: WireError) -> Bool {
    guard [.badPreface, .noCommonVersion].contains(error.errorCode) else { return error.retry != .never }
    refusals += 1
    return openedOnce && refusals < Self.maxRefusals
  }

  /// Lets a call whose connection is gone wait for the next one, if sending it again is harmless.
  private func resend(_ id: UInt64, _ error: WireError) {
    guard let entry = pending[id] else { return }
    if case .closed = link { return finish(id, .failure(Self.closedError)) }
    guard entry.call.isRepeatable else { return finish(id, .failure(error)) }
    pending[id]?.sent = nil
    pending[id]?.lastError = error
    queue.append(id)
  }
}

extension TimeAmount {
  init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    // Ten years are as good as for ever, and cannot overflow.
    let bounded = min(max(seconds, 0), 315_360_000)
    self = .nanoseconds(bounded * 1_000_000_000 + max(attoseconds, 0) / 1_000_000_000)
  }
}
