import Foundation
import NIOCore
import Wire

@testable import SessionService

/// One history: users ask, nodes work, everything fails, then the faults stop, all comes to rest, and what was promised is held
/// against what is there.
final class Simulation {
  struct Outcome {
    var violations: [String] = []
    var injected: [String: Int] = [:]
    var trace: UInt64 = 0
    var steps = 0
    var tasks = 0
  }

  private let world: SimWorld
  private let faults: SimFaults
  private let record: SimRecord
  private let server: SimServer
  private var nodes: [SimNode] = []
  private let user: SimClient
  private var sessions: [String] = []
  private var tasks: [String] = []
  /// Tasks that somebody wanted to be cancelled, whether the wish was answered or not.
  private var unwanted: Set<String> = []
  private var marks: [String] = []
  private var nodeCount = 0
  private var faultsAreOver = false

  /// How long a person's request is repeated after the storm.
  private static let patienceMs: Int64 = 60_000
  private static let stormMs: Int64 = 60_000
  /// Longer than a frozen node, a half-open connection, a lease and the longest back-off in a row.
  private static let calmMs: Int64 = 300_000

  static func run(seed: UInt64, faults: SimFaults = SimFaults()) throws -> Outcome {
    let base = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
    let folder = "\(base)/kai-sim-\(ProcessInfo.processInfo.processIdentifier)-\(seed)-\(UInt32.random(in: 0...(.max)))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let simulation = try Simulation(seed: seed, path: folder + "/kai.db", faults: faults)
    defer {
      simulation.server.store.close()
      simulation.world.end()
    }
    return try simulation.run()
  }

  private init(seed: UInt64, path: String, faults: SimFaults) throws {
    world = SimWorld(seed: seed)
    self.faults = faults
    record = SimRecord(world)
    server = try SimServer(path: path, world: world, faults: faults)
    user = SimClient(SimRecord.user, world: world, server: server, faults: faults)
  }

  private func run() throws -> Outcome {
    ask(
      .connectionCreate,
      ConnectionCreateRequest.with {
        $0.id = "shop"
        $0.uri = "sqlite:///shop.db"
      }
    ) { [self] (_: DatabaseConnection) in
      for _ in 0..<world.random(1...4) { makeSession() }
    }
    for _ in 0..<world.random(1...4) { addNode() }
    world.after(500) { [self] in live() }
    world.after(600) { [self] in fail() }
    world.run(untilMs: Self.stormMs) {}
    faultsAreOver = true
    if !server.isUp { try server.start() }
    while nodes.count < 2 { addNode() }
    // A pause that was repeated may have come after its resume; when all of them are answered or given up, people look again.
    world.after(Self.patienceMs + 1_000) { [self] in for session in sessions { resume(session) } }
    world.run(untilMs: Self.stormMs + Self.calmMs) {}
    try check()
    return Outcome(
      violations: record.violations, injected: record.injected, trace: world.trace, steps: record.steps.count,
      tasks: tasks.count)
  }

  // MARK: Users

  private func ask<Q: WireMessage, P: WireMessage>(_ method: Method, _ request: Q, _ answered: @escaping (P) -> Void) {
    user.call(method, request, untilMs: { Self.stormMs + 2 * Self.patienceMs }) { result in
      if case .success(let message) = result, let reply = try? P(decoding: message) { answered(reply) }
    }
  }

  private func makeSession() {
    ask(.sessionCreate, SessionCreateRequest.with { $0.dbConnectionId = "shop" }) { [self] (session: Session) in
      sessions.append(session.id)
    }
  }

  private func live() {
    guard !faultsAreOver else { return }
    world.after(world.random(100...3_000)) { [self] in live() }
    guard !sessions.isEmpty else { return }
    let session = sessions[Int(world.random(0...Int64(sessions.count - 1)))]
    switch world.random(0...9) {
    case 0...5: submit(session)
    case 6: if let task = tasks.last { cancel(task) }
    case 7:
      record.inject("pause")
      ask(.sessionPause, SessionRef(id: session)) { (_: Session) in }
      world.after(world.random(10...4_000)) { [self] in resume(session) }
    default: break
    }
  }

  private func submit(_ session: String) {
    let mark = "mark \(marks.count)"
    marks.append(mark)
    let request = TaskSubmitRequest.with {
      $0.sessionId = session
      $0.prompt = mark
      $0.maxAttempts = 100
      $0.priority = world.random(0...1)
    }
    ask(.taskSubmit, request) { [self] (task: TaskRecord) in
      record.submitted(mark, as: task.id)
      tasks.append(task.id)
    }
  }

  private func cancel(_ task: String) {
    record.inject("cancel")
    unwanted.insert(task)
    ask(.taskCancel, TaskRef(id: task)) { (_: TaskRecord) in }
  }

  private func resume(_ session: String) {
    ask(.sessionResume, SessionRef(id: session)) { (_: Session) in }
  }

  // MARK: Faults

  private func addNode() {
    nodeCount += 1
    nodes.append(SimNode("n\(nodeCount)", world: world, server: server, record: record, faults: faults))
  }

  private func fail() {
    guard !faultsAreOver else { return }
    world.after(world.random(200...5_000)) { [self] in fail() }
    let victim = nodes.isEmpty ? nil : nodes[Int(world.random(0...Int64(nodes.count - 1)))]
    switch world.random(0...9) {
    case 0, 1:
      guard let victim else { return }
      record.inject("node killed")
      victim.die()
      nodes.removeAll { $0 === victim }
      world.after(world.random(10...3_000)) { [self] in addNode() }
    case 2, 3:
      record.inject("node frozen")
      victim?.freeze(forMs: world.random(100...25_000))
    case 4, 5, 6:
      record.inject("link cut")
      victim?.client.link?.cut()
    case 7:
      record.inject("user's link cut")
      user.link?.cut()
    case 8:
      guard server.isUp else { return }
      record.inject("server killed")
      server.crash()
      world.after(world.random(50...4_000)) { [self] in
        guard !server.isUp else { return }
        do { try server.start() } catch { record.violated("the server does not start: \(error)") }
      }
    default: break
    }
  }

  // MARK: What must hold at rest

  private func check() throws {
    let store = server.store
    let stored = try store.look { (transaction) throws(WireError) in
      try transaction.query(
        """
        SELECT s.id, s.head_step, c.step, c.body_crc, c.epoch FROM sessions s
        JOIN checkpoints c ON c.segment_id = s.segment_id ORDER BY s.id, c.step
        """, []
      ) { (row) in (row.text(0), row.uint64(1), row.uint64(2), row.uint32(3), row.uint64(4)) }
    }
    var found: [SimRecord.Step: UInt32] = [:]
    var heads: [String: UInt64] = [:]
    var counts: [String: UInt64] = [:]
    var epochs: [String: UInt64] = [:]
    for (session, head, step, crc, epoch) in stored {
      found[.init(session: session, step: step)] = crc
      heads[session] = head
      counts[session, default: 0] += 1
      if counts[session] != step { record.violated("the steps of \(session) have a gap before \(step)") }
      if epochs[session] ?? 0 > epoch { record.violated("the epoch of \(session) falls at step \(step)") }
      epochs[session] = epoch
    }
    for (session, head) in heads where counts[session] != head {
      record.violated("\(session) has \(counts[session] ?? 0) steps and its head is \(head)")
    }
    for (key, crc) in record.steps where found[key] != crc {
      record.violated("step \(key.step) of \(key.session) was acknowledged and is \(found[key] == nil ? "lost" : "another")")
    }
    try checkTasks(in: store)
  }

  private func checkTasks(in store: SimStore) throws {
    let rows = try store.look { (transaction) throws(WireError) in
      try transaction.query("SELECT id, prompt, status, session_id FROM tasks ORDER BY seq", []) { (row) in
        (row.text(0), row.text(1), row.enumeration(2) as TaskStatus, row.text(3))
      }
    }
    let ends = try store.look { (transaction) throws(WireError) in
      try transaction.query(
        "SELECT task_id, count(*) FROM events WHERE kind = ? GROUP BY task_id", [Value(EventKind.taskFinished)]
      ) { (row) in (row.text(0), row.int64(1)) }
    }
    let gaps = try store.look { (transaction) throws(WireError) in
      try transaction.query(
        "SELECT session_id FROM events GROUP BY session_id HAVING max(seq) <> count(*)", []
      ) { (row) in row.text(0) }
    }
    for session in gaps { record.violated("the events of \(session) are not numbered without gaps") }
    let endings = Dictionary(uniqueKeysWithValues: ends)
    var byPrompt: [String: Int] = [:]
    for (id, prompt, status, _) in rows {
      byPrompt[prompt, default: 0] += 1
      world.note("\(id) \(status.label)")
      if !status.isTerminal { record.violated("task \(id) is \(status.label) although everything is at rest") }
      if endings[id] ?? 0 != 1 { record.violated("task \(id) ended \(endings[id] ?? 0) times") }
      if status == .failed || status == .partial { record.violated("task \(id) is \(status.label)") }
      if status == .cancelled, !unwanted.contains(id) {
        record.violated("task \(id) was cancelled by nobody")
      }
    }
    for (prompt, count) in byPrompt where count > 1 { record.violated("'\(prompt)' was submitted once and is \(count) tasks") }
    for (mark, id) in record.submitted where !rows.contains(where: { $0.0 == id && $0.1 == mark }) {
      record.violated("the acknowledged task \(id) is lost")
    }
  }
}
