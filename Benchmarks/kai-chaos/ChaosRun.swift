import ChaosLedger
import Foundation
import NIOPosix
import SQLite
import WireFuzz
import Wire

/// One run from an empty folder to the verdict: set up, storm, rest, check.
struct ChaosRun {
  private static let linesPerClient = 10

  private let start = ContinuousClock.now
  private let settings: RunSettings
  private let proxyPort: Int
  private let proxy: FaultyProxy
  private let session: SessionKeeper
  private let nodes: [NodeKeeper]
  let counters: Counters
  let findings: Findings

  init(_ settings: RunSettings) async throws {
    self.settings = settings
    counters = Counters()
    findings = Findings()
    proxy = FaultyProxy(seed: settings.seed, counters: counters)
    let port = try await proxy.start()
    proxyPort = port
    session = SessionKeeper(settings, counters: counters, proxy: proxy, findings: findings)
    // One node in four is a plain kai-agent, for the tasks that need no ledger.
    nodes = (1...settings.nodes).map { [counters] number in
      NodeKeeper(settings, counters: counters, number: number, hasLedger: number % 4 != 0, proxyPort: port)
    }
  }

  func run() async throws {
    try ShopDatabase.make(at: settings.file("shop.db"))
    // Made here, so that no two nodes make it at once.
    let ledger = try Ledger(path: settings.file("ledger.db"))
    let log = try OperationLog(path: settings.file("operations.jsonl"))
    try await session.start()
    let (userKey, sessionIds) = try await setUp()
    for node in nodes { try await node.start() }

    let clients = stride(from: 0, to: sessionIds.count, by: Self.linesPerClient).map { _ in client(userKey, port: proxyPort) }
    let watchers = sessionIds.enumerated().map { index, id in
      SessionWatcher(id, client: clients[index / Self.linesPerClient], counters: counters, findings: findings)
    }
    let people = Phase()
    let watching = watchers.map { watcher in Task { await watcher.watch() } }
    let working = watchers.enumerated().map { index, watcher in
      let user = SessionUser(
        watcher, client: clients[index / Self.linesPerClient], log: log, counters: counters, findings: findings, phase: people,
        usesFreshKeys: settings.control == .freshKeys, seed: settings.seed &+ UInt64(index) &* 0x1234_5677)
      return Task { await user.work() }
    }

    say("storm: \(sessionIds.count) sessions, \(nodes.count) nodes, \(settings.duration)")
    try await storm()
    say("rest: faults are over")
    people.end(patience: settings.restWithin)
    try await session.calm()
    proxy.calm()
    for node in nodes { try await node.calm() }
    for task in working { await task.value }
    say("rest: people have their answers")
    try await rest(sessionIds)
    await end(watching)
    say("check")
    try await check(sessionIds, watchers, log, ledger)
    for client in clients { await client.close() }
    await proxy.stop()
  }

  // MARK: Before and during the storm

  private func setUp() async throws -> (userKey: KeyFile, sessionIds: [String]) {
    let admin = try await admin()
    let agent = try await admin.call(
      Methods.keyCreate,
      .with {
        $0.name = "nodes"
        $0.role = .agent
      }
    ).message
    try "\(agent.id):\(agent.secret)\n".write(toFile: settings.file("agent.key"), atomically: true, encoding: .utf8)
    let user = try await admin.call(
      Methods.keyCreate,
      .with {
        $0.name = "users"
        $0.role = .user
      }
    ).message
    _ = try await admin.call(
      Methods.connectionCreate,
      .with {
        $0.id = "shop"
        $0.uri = "sqlite://" + settings.file("shop.db")
      })
    var ids: [String] = []
    for _ in 0..<settings.sessions {
      ids.append(try await admin.call(Methods.sessionCreate, .with { $0.dbConnectionId = "shop" }).message.id)
    }
    await admin.close()
    return (try KeyFile(parsing: "\(user.id):\(user.secret)"), ids)
  }

  private func storm() async throws {
    proxy.storm()
    let storm = Phase()
    let failing =
      [Task { [session] in try await session.fail(storm) }] + nodes.map { node in Task { try await node.fail(storm) } }
    try await Task.sleep(for: settings.duration)
    storm.end(patience: .zero)
    for task in failing { try await task.value }
  }

  // MARK: After it

  /// Waits until no task waits or runs, then closes every session: its last event.
  private func rest(_ sessionIds: [String]) async throws {
    let admin = try await admin()
    let begin = ContinuousClock.now
    var left: UInt64 = 1
    while left > 0, ContinuousClock.now - begin < settings.restWithin {
      left = 0
      for status in [TaskStatus.queued, .running, .waiting] {
        let request = TaskListRequest.with {
          $0.status = status
          $0.page = Page(limit: 1)
        }
        left += try await admin.call(Methods.taskList, request).message.total
      }
      if left > 0 { try await Task.sleep(for: .milliseconds(250)) }
    }
    if left > 0 { findings.add(.rest, "\(left) tasks had not ended \(settings.restWithin) after the last fault") }
    say("rest: every task has ended")
    for id in sessionIds {
      do throws(WireError) {
        _ = try await admin.call(Methods.sessionClose, SessionRef(id: id))
      } catch {
        findings.add(error.errorCode == .notFound ? .nothingLost : .rest, "session \(id) cannot be closed: \(error)")
      }
    }
    await admin.close()
  }

  /// Gives the watchers time to see the close.
  private func end(_ watching: [Task<Void, Never>]) async {
    let patience = Task {
      try? await Task.sleep(for: min(.seconds(20), settings.restWithin))
      for task in watching { task.cancel() }
    }
    for task in watching { await task.value }
    patience.cancel()
  }

  private func check(
    _ sessionIds: [String], _ watchers: [SessionWatcher], _ log: OperationLog, _ ledger: Ledger
  ) async throws {
    let admin = try await admin()
    var traces = CallTraces()
    let submits = Dictionary(grouping: log.submits, by: \.sessionId)
    for (id, watcher) in zip(sessionIds, watchers) {
      do throws(WireError) {
        let evidence = try await SessionEvidence.gather(id, admin)
        count(evidence, watcher)
        traces.add(evidence.steps)
        SessionCheck(
          evidence: evidence, watcher: watcher, submits: submits[id] ?? [], cancelAsked: log.cancelAsked,
          acknowledgedEnds: log.acknowledgedEnds, findings: findings
        ).run()
      } catch {
        findings.add(.nothingLost, "session \(id) cannot be read: \(error)")
      }
    }
    let store = try await admin.call(Methods.serverCheck, Empty(), timeout: .seconds(120)).message
    if !store.ok { findings.add(.nothingLost, "server.check: \(store.findings)") }
    await admin.close()

    for node in nodes where await node.stop() != 0 { findings.add(.processes, "a node did not drain within 20 s") }
    if await session.stop() != 0 { findings.add(.processes, "kai-session did not stop within 20 s") }
    LedgerCheck(effects: try ledger.effects(), traces: traces.traces, findings: findings, counters: counters).run()
    for file in ["data/kai.db", "ledger.db"] { try checkIntegrity(settings.file(file)) }
  }

  private func count(_ evidence: SessionEvidence, _ watcher: SessionWatcher) {
    counters.add(.tasks, evidence.tasks.count)
    counters.add(.resumed, evidence.tasks.count { $0.result?.resumed == true })
    counters.add(.steps, evidence.steps.count)
    counters.add(.events, evidence.events.count)
    counters.add(.artifacts, evidence.artifacts.count)
    counters.add(.watched, watcher.digests.count)
  }

  private func checkIntegrity(_ path: String) throws {
    let statement = try SQLiteConnection(path: path, access: .readWriteCreate).prepare("PRAGMA integrity_check")
    while try statement.step() {
      if statement.text(0) != "ok" { findings.add(.nothingLost, "\(path): \(statement.text(0))") }
    }
  }

  // MARK: Lines

  private func admin() async throws -> WireClient {
    client(
      try KeyFile(parsing: String(contentsOfFile: session.adminKeyFile, encoding: .utf8)), port: await session.port)
  }

  private func client(_ key: KeyFile, port: Int) -> WireClient {
    WireClient(
      ClientConfiguration(
        host: "127.0.0.1", port: port, key: key, name: "chaos", version: "chaos", group: MultiThreadedEventLoopGroup.singleton))
  }

  private func say(_ text: String) {
    let seconds = (ContinuousClock.now - start).components.seconds
    FileHandle.standardError.write(Data("chaos: \(seconds) s: \(text)\n".utf8))
  }
}
