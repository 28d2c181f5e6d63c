import Synchronization
import Telemetry
import Wire

/// What kai-session tells those who watch over it.
struct StatusRoutes: Sendable {
  let service: SessionService
  let metrics: PrometheusMetrics
  private let last = Holder()

  init(service: SessionService, metrics: PrometheusMetrics) { (self.service, self.metrics) = (service, metrics) }

  /// What was read last.
  private final class Holder: Sendable {
    let oldestMs = Atomic<Int64>(0)
    let damaged = Atomic<Int64>(0)
  }

  private static let readyDeadline = Duration.seconds(2)

  var routes: [String: StatusServer.Route] {
    [
      // The process is alive and its threads take work.
      "/healthz": { StatusServer.Reply(200, "ok\n") },
      "/readyz": { await ready() },
      "/metrics": {
        await readQueue()
        return StatusServer.Reply(200, metrics.text(), type: "text/plain; version=0.0.4; charset=utf-8")
      },
    ]
  }

  /// Whether requests are served: the store answers and writes, and the queue gives out work.
  private func ready() async -> StatusServer.Reply {
    guard !service.tasks.view({ $0.isDraining }) else { return StatusServer.Reply(503, "draining\n") }
    let store = service.store.figures.snapshot
    if let problem = store.problem {
      let end = store.isBroken ? "; look at the disk, then restart" : ""
      return StatusServer.Reply(503, problem.message + end + "\n")
    }
    switch await Self.longestWaitMs(in: service.store) {
    case .success: return StatusServer.Reply(200, "ready\n")
    case .failure(let error): return StatusServer.Reply(503, error.message + "\n")
    }
  }

  private func readQueue() async {
    if case .success(let waited) = await Self.longestWaitMs(in: service.store) {
      last.oldestMs.store(waited, ordering: .relaxed)
      let damaged = try? await service.store.read { (transaction) throws(WireError) in try DamageRepository.count(in: transaction)
      }
      last.damaged.store(damaged ?? 0, ordering: .relaxed)
    }
  }

  /// How long the task has waited that waits longest, in milliseconds; a failure also when the store does not answer in time. Nobody
  /// waits for a store longer than that.
  static func longestWaitMs(
    in store: some Store, within deadline: Duration = readyDeadline
  ) async -> Result<Int64, WireError> {
    let (answers, answer) = AsyncStream<Result<Int64, WireError>>.makeStream()
    store.read { (transaction) throws(WireError) -> Int64 in
      let since = try TaskRepository.oldestQueued(in: transaction)
      return max(0, since.map { (transaction.now.microseconds - $0.microseconds) / 1_000 } ?? 0)
    } completion: {
      answer.yield($0)
    }
    let late = WireError(.unavailable, "the store does not answer")
    let timer = Task {
      try? await Task.sleep(for: deadline)
      answer.yield(.failure(late))
    }
    defer { timer.cancel() }
    return await answers.first { _ in true } ?? .failure(late)
  }

  /// Names what is measured, and adds what is read when somebody asks.
  func describe() {
    ProcessFigures.describe(in: metrics)
    metrics.describe(RequestMetrics.requests, "Requests by method and how they ended; streams when they are opened.")
    metrics.describe(RequestMetrics.seconds, "From a request's arrival to its answer.")
    metrics.describe(SQLiteWriter.commitSeconds, "Durable commits, fsync included.")
    metrics.describe(SQLiteWriter.batchUnits, "Units of work that shared a commit.")
    let (tasks, figures, connections, last) = (service.tasks, service.store.figures, service.connections, last)
    metrics.read("kai_build_info", "The version that runs.") { [([("version", Release.version)], 1)] }
    metrics.read("kai_connections", "Clients that are connected.") { [([], Double(connections.count))] }
    metrics.read("kai_tasks", "Tasks that have not ended, by where they are.") {
      tasks.view { $0.census }.map { ([("state", $0.state)], Double($0.count)) }
    }
    metrics.read("kai_nodes", "Nodes that are attached.") { [([], Double(tasks.view { $0.nodes.count }))] }
    metrics.read("kai_slots", "Tasks that the attached nodes can run at once.") {
      [([], Double(tasks.view { $0.nodes.values.reduce(0) { $0 + Int($1.profile.slots) } }))]
    }
    metrics.read("kai_leases", "Tasks that are leased to nodes.") { [([], Double(tasks.view { $0.leases.count }))] }
    metrics.read("kai_queue_oldest_seconds", "How long the task has waited that has waited longest among those that could run.") {
      [([], Double(last.oldestMs.load(ordering: .relaxed)) / 1_000)]
    }
    metrics.read("kai_store_damaged", "Steps and artifacts whose stored bytes are not what was written.") {
      [([], Double(last.damaged.load(ordering: .relaxed)))]
    }
    metrics.read("kai_store_commits_total", isCounter: true, "Durable commits.") { [([], Double(figures.snapshot.commits))] }
    metrics.read("kai_store_units_total", isCounter: true, "Units of work that the commits carried.") {
      [([], Double(figures.snapshot.units))]
    }
    metrics.read("kai_store_failed_units_total", isCounter: true, "Units of work that were undone.") {
      [([], Double(figures.snapshot.failedUnits))]
    }
    metrics.read("kai_store_failed_commits_total", isCounter: true, "Transactions that failed as a whole.") {
      [([], Double(figures.snapshot.failedCommits))]
    }
    metrics.read("kai_store_writable", "1 while the store takes writes; 0 when the disk is full or has failed.") {
      [([], figures.snapshot.problem == nil ? 1 : 0)]
    }
    metrics.read("kai_store_wal_pages", "Pages in the write-ahead log.") { [([], Double(figures.snapshot.walPages))] }
    metrics.read("kai_store_checkpoints_total", isCounter: true, "Times the log was copied into the database.") {
      [([], Double(figures.snapshot.checkpoints))]
    }
  }

  /// The same for what the listeners carry.
  func describe(_ budget: MemoryBudget, _ traffic: ServerTraffic) {
    metrics.read(
      "kai_request_bytes", "Bytes held by connections: requests under way, frames and uploads on their way, replies unread."
    ) { [([], Double(budget.usedBytes))] }
    metrics.read("kai_wire_bytes_total", isCounter: true, "Bytes that clients sent and got.") {
      [([("direction", "received")], Double(traffic.receivedBytes)), ([("direction", "sent")], Double(traffic.sentBytes))]
    }
    metrics.read("kai_wire_waiting_bytes", "Bytes of streams that wait for their clients' credit.") {
      [([], Double(traffic.waitingBytes))]
    }
  }
}
