import Wire

@testable import SessionService

/// The real SQLite writer and reader on a simulated disk: what is written waits for a flush, and a crash loses what waits.
final class SimStore: Store, @unchecked Sendable {
  // Confined to the simulation's thread.
  private let world: SimWorld
  private let faults: SimFaults
  private let disk: SimDisk
  private let watch: DurableWatch
  /// Nil once the process is dead: its files are closed.
  private var writer: SQLiteWriter?
  private var reader: SQLiteReader?
  private var waiting: [SQLiteWriter.Job] = []
  private var isFlushing = false

  init(
    _ disk: SimDisk, world: SimWorld, surroundings: Surroundings, figures: StoreFigures, faults: SimFaults, watch: DurableWatch
  ) throws {
    self.world = world
    self.faults = faults
    self.disk = disk
    self.watch = watch
    var options = SQLiteStoreOptions(surroundings: surroundings)
    // The writer and the reader share a thread here: a checkpoint that waited for the reader would wait for ever.
    options.busyTimeoutMs = 0
    // So few that a history sees some checkpoints.
    options.checkpointPages = 64
    options.truncatePages = 256
    writer = try SQLiteWriter(
      path: disk.folder + Self.file, options: options, migrations: Migrations.all, figures: figures)
    reader = try SQLiteReader(path: disk.folder + Self.file, options: options)
    if faults.forgetsEnds { try forgetEnds() }
  }

  private static let file = "kai.db"

  /// What the disk holds once the schema is there: made once, because it is the same in each history.
  static func emptyImage(_ surroundings: Surroundings) throws -> [String: [UInt8]] {
    let disk = SimDisk()
    defer { disk.detach() }
    let writer = try SQLiteWriter(
      path: disk.folder + file, options: SQLiteStoreOptions(surroundings: surroundings), migrations: Migrations.all,
      figures: StoreFigures())
    writer.close()
    return withExtendedLifetime(writer) { disk.image }
  }

  /// The planted bug: of what was done last, the restart takes a part back.
  private func forgetEnds() throws {
    writer?.perform([
      { writer in
        _ = writer.run { (transaction) throws(WireError) in
          try transaction.execute(
            "UPDATE tasks SET status = ?, result = NULL WHERE status = ? AND finished_at > ?",
            [Value(TaskStatus.queued), Value(TaskStatus.completed), Value(transaction.now.advanced(milliseconds: -30_000))])
        }
        return { _ in }
      }
    ])
  }

  func write<T: Sendable>(
    batch: [StoreUnit<T>], for owner: String, completion: @escaping @Sendable ([Result<T, WireError>]) -> Void
  ) {
    guard writer != nil else { return }
    let units = batch.map { faults.planted($0, world) }
    let believesIt = faults.acknowledgesFailedCommits
    waiting.append { writer in
      let results = units.map { writer.run($0) }
      return { failure in
        guard let failure, !believesIt else { return completion(results) }
        completion(results.map { $0.flatMap { _ in .failure(failure) } })
      }
    }
    guard !isFlushing else { return }
    isFlushing = true
    world.after(world.random(1...15)) { [self] in flush() }
  }

  func read<T: Sendable>(
    batch: [StoreUnit<T>], for owner: String, completion: @escaping @Sendable ([Result<T, WireError>]) -> Void
  ) {
    world.after(world.random(0...3)) { [self] in
      guard let reader else { return }
      completion(batch.map { reader.run($0) })
    }
  }

  /// Reads at once, from outside of the simulation.
  func look<T>(_ unit: StoreUnit<T>) throws -> T {
    guard let reader else { throw WireError(.shuttingDown, "the store is closed") }
    return try reader.run(unit).get()
  }

  private func flush() {
    isFlushing = false
    guard let writer, let reader else { return }
    var jobs = waiting
    waiting = []
    // Last of its commit, so that the watch sees what is durable before anybody can build on it.
    let watch = Unchecked((watch, reader))
    jobs.insert({ _ in { failure in if failure == nil { watch.value.0.look(watch.value.1) } } }, at: 0)
    writer.perform(jobs)
  }

  func close() {
    waiting = []
    disk.processDied()
    writer = nil
    reader = nil
  }

  /// How a process ends: by itself, or because the power is gone for the whole machine.
  enum Death { case killed, powerCut }

  /// The process dies: what waits is lost, or is on its way to the disk at this very moment.
  func crash(_ death: Death) {
    switch world.random(0...2) {
    case 0:
      break
    case 1:
      world.inject("died between a commit and its answers")
      flushUntold()
    default:
      world.inject("died in the midst of a commit")
      disk.die(afterWrites: Int(world.random(0...24)))
      flushUntold()
    }
    waiting = []
    switch death {
    case .killed: disk.processDied()
    case .powerCut: disk.powerCut(world.random)
    }
    writer = nil
    reader = nil
  }

  private func flushUntold() {
    let jobs = waiting
    waiting = []
    writer?.perform(
      jobs.map { job in
        { writer in
          _ = job(writer)
          return { _ in }
        }
      })
  }
}
