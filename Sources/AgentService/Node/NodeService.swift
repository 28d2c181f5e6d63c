import Logging
import Synchronization
import Wire

/// What a node is told at its start.
struct NodeConfiguration: Sendable {
  var name: String
  var slots: UInt32
  var labels: [Label]
  var version: String
  /// The folder of all results.
  var results: String
  /// How long a turn waits for what was taught before it begins without.
  var learningDeadline = Duration.milliseconds(50)
  /// Whether a language model reads turns again after they were answered, for what is worth keeping.
  var extracts = false
  /// What its operator allows of users' databases.
  var databases = DatabaseAccess.standard
  /// Steps and artifacts are sealed with them; nil for no sealing.
  var sealingKeys: SealingKeys?
}

/// One node: attached to kai-session by one stream, it runs what it is given and holds nothing durable.
final class NodeService: Sendable {
  /// How late a lease's end may be noticed; small beside the margin that leases are cut short by.
  static let fenceInterval = Duration.milliseconds(250)

  private struct State {
    var nodeId = ""
    var leaseTtlMs = Limits.leaseTtlMs
    var heartbeatIntervalMs = Limits.heartbeatIntervalMs
    var isDraining = false
    var isAttached = false
    /// Executions under way.
    var running = 0
  }

  /// What ends ``run()``.
  private enum End: Sendable {
    case drained
    case failed(WireError)
  }

  private let configuration: NodeConfiguration
  private let client: WireClient
  private let runner: ExecutionRunner
  private let schemas: SchemaCatalog
  private let embedding: EmbeddingWork?
  private let extraction: ExtractionWork?
  private let modelName: String
  private let log: Logger
  private let leases = LeaseBook()
  private let state = Mutex(State())
  private let wake: AsyncStream<Void>
  private let waker: AsyncStream<Void>.Continuation
  private let ends: AsyncStream<End>
  private let ender: AsyncStream<End>.Continuation
  private let onAttach: @Sendable (String) -> Void

  /// - Parameter onAttach: called with the node's id each time it is attached.
  init(
    _ configuration: NodeConfiguration, client: WireClient, model: any Model, registry: ToolRegistry = .standard,
    embedder: (any Embedder)? = nil, log: Logger,
    onAttach: @escaping @Sendable (String) -> Void
  ) {
    self.configuration = configuration
    self.client = client
    self.log = log
    self.onAttach = onAttach
    modelName = model.name
    var access = configuration.databases
    access.log = log
    let drivers = DatabaseDrivers(access)
    schemas = SchemaCatalog(store: WireSchemas(client: client), drivers: drivers, nodeName: configuration.name, log: log)
    extraction =
      configuration.extracts && model.isLanguageModel
      ? ExtractionWork(
        model: model,
        memory: WireMemory(client: client, embedder: nil, learningDeadline: configuration.learningDeadline), log: log) : nil
    runner = ExecutionRunner(
      client: client, model: model, registry: registry, drivers: drivers, schemas: schemas, results: configuration.results,
      learningDeadline: configuration.learningDeadline, embedder: embedder, extraction: extraction,
      sealingKeys: configuration.sealingKeys,
      leases: leases, log: log)
    embedding = embedder.map { EmbeddingWork(client: client, embedder: $0, log: log) }
    (wake, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    (ends, ender) = AsyncStream.makeStream()
  }

  var isAttached: Bool { state.withLock { $0.isAttached } }
  var running: Int { state.withLock { $0.running } }
  var slots: UInt32 { configuration.slots }

  /// Serves until it is drained.
  /// - Throws: what no new attempt can mend: a wrong key, a wrong role, no common protocol version.
  func run() async throws(WireError) {
    let heartbeats = Task { await beat() }
    defer { heartbeats.cancel() }
    let embedding = Task { [embedding] in await embedding?.run() }
    defer { embedding.cancel() }
    let extraction = Task { [extraction] in await extraction?.run() }
    defer { extraction.cancel() }
    let attachment = Task {
      do throws(WireError) { try await stayAttached() } catch { ender.yield(.failed(error)) }
    }
    defer { attachment.cancel() }
    for await end in ends {
      switch end {
      case .failed(let error): throw error
      case .drained: return await sendHeartbeat()
      }
    }
  }

  /// Takes nothing new; what runs finishes its step and goes back to the queue.
  func drain() {
    let isIdle = state.withLock { state in
      state.isDraining = true
      return state.running == 0
    }
    leases.stopAll(.atBoundary)
    waker.yield()
    if isIdle { ender.yield(.drained) }
  }

  // MARK: The stream

  private func stayAttached() async throws(WireError) {
    var failures = 0
    while !Task.isCancelled {
      do throws(WireError) {
        for try await item in try client.stream(Methods.nodeAttach, request()) {
          failures = 0
          receive(item.message)
        }
      } catch {
        if isFinal(error) { throw error }
        // The node itself ended its stream.
        if Task.isCancelled { return }
        log.warning("not attached", metadata: ["error": "\(error)"])
      }
      state.withLock { $0.isAttached = false }
      failures += 1
      let cap = min(100 << min(failures, 5), 2_000)
      try? await Task.sleep(for: .milliseconds(Int.random(in: cap / 2...cap)))
    }
  }

  private func isFinal(_ error: WireError) -> Bool {
    [.unauthenticated, .forbidden, .noCommonVersion, .plaintextRefused, .invalidArgument].contains(error.errorCode)
  }

  private func request() -> NodeAttachRequest {
    .with {
      $0.name = configuration.name
      $0.slots = configuration.slots
      $0.labels = configuration.labels
      $0.version = configuration.version
      $0.model = modelName
      $0.resumeNodeId = state.withLock { $0.nodeId }
    }
  }

  private func receive(_ item: NodeItem) {
    if let welcome = item.welcome {
      state.withLock { state in
        state.nodeId = welcome.nodeId
        state.isAttached = true
        state.leaseTtlMs = Int64(clamping: welcome.leaseTtlMs)
        state.heartbeatIntervalMs = max(100, Int64(clamping: welcome.heartbeatIntervalMs))
      }
      log.info("attached", metadata: ["node": "\(welcome.nodeId)"])
      onAttach(welcome.nodeId)
      waker.yield()
    }
    if let revoked = item.revoke { leases.revoke(revoked) }
    if let assignment = item.assignment { take(assignment) }
    if item.drain { drain() }
    if let forgotten = item.forget { runner.forget(forgotten) }
    if let order = item.schema { Task { [schemas] in await schemas.obey(order) } }
  }

  private func take(_ item: Assignment) {
    let (nodeId, ttl, isDraining) = state.withLock { ($0.nodeId, $0.leaseTtlMs, $0.isDraining) }
    let assignment: ExecutionAssignment
    do throws(WireError) {
      assignment = try ExecutionAssignment(item, nodeId: nodeId, nodeName: configuration.name)
    } catch {
      log.error("an assignment cannot be read", metadata: ["error": "\(error)"])
      return
    }
    let control = ExecutionControl()
    let end = BootClock.milliseconds() + ttl - Limits.leaseMarginMs
    guard !isDraining, leases.add(assignment.lease, control: control, end: end) else {
      leases.release(assignment.lease)
      waker.yield()
      return
    }
    state.withLock { $0.running += 1 }
    let task = Task {
      await runner.run(assignment, control)
      let isDrained = state.withLock { state in
        state.running -= 1
        return state.isDraining && state.running == 0
      }
      waker.yield()
      if isDrained { ender.yield(.drained) }
    }
    control.onInterrupt { task.cancel() }
    waker.yield()
  }

  // MARK: Heartbeats

  /// One message for all leases, every interval and whenever there is news: a new lease to acknowledge, one to hand back.
  private func beat() async {
    let ticker = Task {
      while !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(state.withLock { $0.heartbeatIntervalMs }))
        waker.yield()
      }
    }
    // Apart from the heartbeats, so that one that hangs cannot hold up the end of the leases.
    let fencing = Task {
      while !Task.isCancelled {
        try? await Task.sleep(for: Self.fenceInterval)
        leases.fence(at: BootClock.milliseconds())
      }
    }
    defer {
      ticker.cancel()
      fencing.cancel()
    }
    for await _ in wake {
      if Task.isCancelled { return }
      await sendHeartbeat()
    }
  }

  private func sendHeartbeat() async {
    let (nodeId, ttl, isDraining) = state.withLock { ($0.nodeId, $0.leaseTtlMs, $0.isDraining) }
    guard !nodeId.isEmpty else { return }
    let sent = BootClock.milliseconds()
    let (held, released) = leases.report()
    let request = NodeHeartbeatRequest.with {
      $0.nodeId = nodeId
      $0.leases = held
      $0.released = released
      $0.draining = isDraining
    }
    do throws(WireError) {
      let answer = try await client.call(Methods.nodeHeartbeat, request, timeout: .seconds(2)).message
      leases.renewed(held, lost: answer.lost, until: sent + ttl - Limits.leaseMarginMs)
      for revoked in answer.revoked { leases.revoke(revoked) }
    } catch {
      leases.unsent(released)
      log.warning("a heartbeat failed", metadata: ["error": "\(error)"])
    }
  }
}
