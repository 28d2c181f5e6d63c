import Synchronization
import Wire

/// One `task.watch` stream: first what the log holds, then what happens, without gap or duplicate.
///
/// It knows the number that comes next. An event with that number is passed on; an older one was sent already; anything else,
/// or a lack of credit, sends it back to the log. So a slow watcher loses live events, but never a durable one.
final class EventWatch: LiveStream {
  private let request: TaskWatchRequest
  private let context: CallContext
  private let store: any Store
  private let hub: EventHub
  private let state: Mutex<State>

  private struct State {
    /// Known once the store has said that there is such a session or task.
    var sessionId: String?
    var nextSeq: UInt64
    var items: Int
    var isReading = false
    /// The log holds more than was sent.
    var isBehind = true
    var isDone = false
    var sendings = OrderedActions<Sending>()
  }

  private enum Sending { case event(Event), over, failed(WireError) }

  private static let portion = 64

  init(_ request: TaskWatchRequest, _ context: CallContext, items: UInt32, store: any Store, hub: EventHub) {
    self.request = request
    self.context = context
    self.store = store
    self.hub = hub
    state = Mutex(State(nextSeq: max(1, request.fromSeq), items: Int(items)))
  }

  /// Opens the stream at once, so that a cancel finds it, and begins when the store knows what is watched.
  func start() {
    context.streams.open(context.streamID, self)
    store.read(for: context.principal.keyId) { [request, access = context.access] (transaction) throws(WireError) in
      try transaction.heed(UnitLife(limit: UnitLife.readLimit))
      guard !request.taskId.isEmpty else {
        try access?.require(session: request.sessionId, in: transaction)
        let session = try SessionRepository.get(request.sessionId, in: transaction)
        try Self.require(request.fromSeq, in: session.id, transaction)
        return session.id
      }
      try access?.require(task: request.taskId, in: transaction)
      let sessionId = try TaskRepository.get(request.taskId, in: transaction).record.sessionId
      guard request.sessionId.isEmpty || request.sessionId == sessionId else {
        throw WireError(.notFound, "session '\(request.sessionId)' has no task '\(request.taskId)'")
      }
      try Self.require(request.fromSeq, in: sessionId, transaction)
      return sessionId
    } completion: { (result: Result<String, WireError>) in
      switch result {
      case .failure(let error): self.decide { _ in [.failed(error)] }
      case .success(let sessionId):
        self.state.withLock { $0.sessionId = sessionId }
        self.hub.add(self, to: sessionId)
        // The peer may have gone before the hub knew this watch.
        if self.state.withLock({ $0.isDone }) { self.hub.remove(self, from: sessionId) }
        self.readOn()
      }
    }
  }

  /// - Throws: `conflict` when the log has not come as far as the watcher saw: it is another one, as after a backup was restored, and waiting
  ///   for that number could last for ever.
  private static func require(_ fromSeq: UInt64, in sessionId: String, _ transaction: any Transaction) throws(WireError) {
    let last = try EventRepository.last(of: sessionId, in: transaction)
    guard fromSeq > last &+ 1 else { return }
    throw WireError(
      .conflict, "the log of session '\(sessionId)' ends with event \(last); there is none before \(fromSeq)",
      hint: "A backup may have been restored. Watch from the first event again.")
  }

  // MARK: What happens

  func arrived(_ events: [Event]) {
    decide { state in
      guard let first = events.first, let last = events.last, last.seq >= state.nextSeq else { return [] }
      guard !state.isReading, !state.isBehind, first.seq == state.nextSeq,
        state.items >= events.count(where: concerns)
      else {
        state.isBehind = true
        return []
      }
      state.nextSeq = last.seq + 1
      let isOver = !request.taskId.isEmpty && events.contains { $0.kind == .taskFinished && $0.taskId == request.taskId }
      return events.filter(concerns).map(Sending.event) + (isOver ? [.over] : [])
    }
    readOn()
  }

  /// Events that are not in the log. Tokens are for those who asked for them.
  func arrived(live events: [Event]) {
    let wanted = events.filter { concerns($0) && ($0.kind != .token || request.tokens) }
    decide { state in
      // The last item of credit is kept for a durable event.
      guard !state.isBehind, !state.isReading, state.items > wanted.count else { return [] }
      return wanted.map(Sending.event)
    }
  }

  func sessionDeleted(_ event: Event) {
    decide { state in state.items > 0 ? [.event(event), .over] : [.over] }
  }

  func credit(bytes: UInt32, items: UInt32) {
    state.withLock { $0.items = min($0.items + Int(items), Int(UInt32.max)) }
    readOn()
  }

  func serverStops() { decide { _ in [.failed(Self.stopping)] } }

  static let stopping = WireError(.shuttingDown, "the server is stopping")

  func cancel() { decide { _ in [.failed(WireError(.cancelled, "task.watch was cancelled"))] } }

  func disconnected() {
    let sessionId = state.withLock { state in
      state.isDone = true
      return state.sessionId
    }
    if let sessionId { hub.remove(self, from: sessionId) }
  }

  // MARK: The log

  private struct Portion: Sendable {
    var events: [Event]
    var isLast: Bool
    /// The task that is watched has ended, and the portion holds how.
    var taskHasEnded = false
  }

  private func readOn() {
    let next: (sessionId: String, seq: UInt64, limit: Int)? = state.withLock { state in
      guard let sessionId = state.sessionId, state.isBehind, !state.isReading, !state.isDone, state.items > 0 else {
        return nil
      }
      state.isReading = true
      state.isBehind = false
      return (sessionId, state.nextSeq, min(Self.portion, state.items))
    }
    guard let next else { return }
    store.read(for: context.principal.keyId) { [taskId = request.taskId] (transaction) throws(WireError) in
      try transaction.heed(UnitLife(limit: UnitLife.readLimit))
      let events = try EventRepository.list(of: next.sessionId, from: next.seq, limit: next.limit + 1, in: transaction)
      guard events.count <= next.limit else { return Portion(events: Array(events.prefix(next.limit)), isLast: false) }
      var portion = Portion(events: events, isLast: true)
      // In one state of the store: at the end of the log, a session that is gone or a task that has ended brings no more.
      if taskId.isEmpty {
        _ = try SessionRepository.head(next.sessionId, in: transaction)
      } else {
        portion.taskHasEnded = try TaskRepository.get(taskId, in: transaction).record.status.isTerminal
      }
      return portion
    } completion: { (result: Result<Portion, WireError>) in
      self.decide { state in
        state.isReading = false
        switch result {
        case .failure(let error): return [.failed(error)]
        case .success(let portion):
          if let last = portion.events.last { state.nextSeq = last.seq + 1 }
          if !portion.isLast { state.isBehind = true }
          return portion.events.filter(self.concerns).map(Sending.event) + (portion.taskHasEnded ? [.over] : [])
        }
      }
      self.readOn()
    }
  }

  private func concerns(_ event: Event) -> Bool { request.taskId.isEmpty || event.taskId == request.taskId }

  // MARK: Decide, then send

  /// Chooses under the lock what to send next. What ends the stream comes last.
  private func decide(_ choose: (inout State) -> [Sending]) {
    let (isOver, sessionId) = state.withLock { state -> (Bool, String?) in
      guard !state.isDone else { return (false, nil) }
      let chosen = choose(&state)
      for sending in chosen {
        switch sending {
        case .event: state.items -= 1
        case .over, .failed: state.isDone = true
        }
      }
      state.sendings.add(chosen)
      return (state.isDone, state.sessionId)
    }
    if isOver {
      context.streams.close(context.streamID)
      if let sessionId { hub.remove(self, from: sessionId) }
    }
    var sendings = state.withLock { $0.sendings.begin() }
    while let batch = sendings {
      context.connection.send(batch.map(outbound))
      sendings = state.withLock { $0.sendings.goOn() }
    }
  }

  private func outbound(_ sending: Sending) -> Outbound {
    switch sending {
    case .event(let event): .item(context.streamID, event)
    case .over: .response(context.streamID, Empty())
    case .failed(let error): .error(context.streamID, error)
    }
  }
}
