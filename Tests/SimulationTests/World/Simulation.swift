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
    var nodes = 0
    /// Gone when the simulation has let go of everything.
    weak var world: SimWorld?
  }

  let world: SimWorld
  let faults: SimFaults
  let record: SimRecord
  let server: SimServer
  let user: SimClient
  var nodes: [SimNode] = []
  private var nodeCount = 0
  // What people have made.
  var sessions: [String] = []
  var tasks: [String] = []
  var marks = 0
  private(set) var faultsAreOver = false

  /// How long a person's request is repeated after the storm.
  static let patienceMs: Int64 = 60_000
  static let stormMs: Int64 = 60_000
  /// Longer than a frozen node, a half-open connection, a lease and the longest back-off in a row.
  private static let calmMs: Int64 = 300_000

  static func run(seed: UInt64, faults: SimFaults = SimFaults()) throws -> Outcome {
    let simulation = try Simulation(seed: seed, faults: faults)
    defer {
      simulation.server.end()
      simulation.world.end()
    }
    return simulation.run()
  }

  private init(seed: UInt64, faults: SimFaults) throws {
    world = SimWorld(seed: seed, faults: faults)
    self.faults = faults
    record = SimRecord(world)
    server = try SimServer(world: world, faults: faults, record: record)
    user = SimClient(SimRecord.user, world: world, server: server, faults: faults)
  }

  func startServer() {
    guard !server.isUp else { return }
    do { try server.start() } catch { record.violated("the server does not start: \(error)") }
  }

  private func run() -> Outcome {
    makeConnection()
    for _ in 0..<world.random(1...4) { addNode() }
    world.after(500) { [self] in live() }
    world.after(600) { [self] in fail() }
    world.after(700) { [self] in answerQuestions() }
    world.run(untilMs: Self.stormMs)
    faultsAreOver = true
    server.disk.failure = nil
    if !server.isUp { startServer() }
    while nodes.count < 2 { addNode() }
    // A pause that was repeated may have come after its resume; when all of them are answered or given up, people look again.
    world.after(Self.patienceMs + 1_000) { [self] in for session in sessions { resume(session) } }
    world.run(untilMs: Self.stormMs + Self.patienceMs + 20_000)
    while !record.isAtRest, world.nowMs < Self.stormMs + Self.calmMs { world.run(untilMs: world.nowMs + 5_000) }
    do { try RestCheck(record: record, store: server.store).run() } catch {
      record.violated("the store cannot be read: \(error)")
    }
    return Outcome(
      violations: record.violations, injected: world.injected, trace: world.trace, steps: record.steps.count,
      tasks: tasks.count, nodes: nodeCount, world: world)
  }

  func addNode() {
    nodeCount += 1
    nodes.append(SimNode("n\(nodeCount)", world: world, server: server, record: record, faults: faults))
  }
}
