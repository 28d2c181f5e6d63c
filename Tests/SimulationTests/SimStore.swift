import Foundation
import Wire

@testable import SessionService

/// The real SQLite writer and reader behind a simulated disk: what is written waits for a flush, and a crash loses what waits.
final class SimStore: Store, @unchecked Sendable {
  // Confined to the simulation's thread.
  private let world: SimWorld
  private let faults: SimFaults
  private let path: String
  /// Nil once the process is dead: its files are closed.
  private var writer: SQLiteWriter?
  private var reader: SQLiteReader?
  private var waiting: [SQLiteWriter.Job] = []
  private var isFlushing = false
  private(set) var flushes = 0

  init(path: String, world: SimWorld, surroundings: Surroundings, figures: StoreFigures, faults: SimFaults) throws {
    self.world = world
    self.faults = faults
    self.path = path
    var options = SQLiteStoreOptions(surroundings: surroundings)
    // The writer and the reader share a thread here: a checkpoint that waited for the reader would wait for ever.
    options.busyTimeoutMs = 0
    writer = try SQLiteWriter(path: path, options: options, migrations: Migrations.all, figures: figures)
    reader = try SQLiteReader(path: path, options: options)
  }

  func write<T: Sendable>(
    batch: [StoreUnit<T>], completion: @escaping @Sendable ([Result<T, WireError>]) -> Void
  ) {
    guard writer != nil else { return }
    waiting.append { writer in
      let results = batch.map { writer.run($0) }
      return { failure in
        guard let failure else { return completion(results) }
        completion(results.map { $0.flatMap { _ in .failure(failure) } })
      }
    }
    guard !isFlushing else { return }
    isFlushing = true
    world.after(world.random(1...15)) { [self] in flush() }
  }

  func read<T: Sendable>(
    batch: [StoreUnit<T>], completion: @escaping @Sendable ([Result<T, WireError>]) -> Void
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

  /// Copies a database with its log.
  private static func copy(_ source: String, to target: String) {
    let files = FileManager.default
    guard files.fileExists(atPath: source) else { return }
    for suffix in ["", "-wal", "-shm"] { try? files.removeItem(atPath: target + suffix) }
    for suffix in ["", "-wal"] { try? files.copyItem(atPath: source + suffix, toPath: target + suffix) }
  }

  private func flush() {
    isFlushing = false
    guard let writer else { return }
    flushes += 1
    let jobs = waiting
    waiting = []
    writer.perform(jobs)
    if faults.losesSyncedWrites, flushes % 20 == 1 { Self.copy(path, to: path + ".synced") }
  }

  func close() {
    waiting = []
    writer = nil
    reader = nil
  }

  /// The process dies: what waits is lost, or reaches the disk just before, with nobody told.
  func crash() {
    if world.chance(50) { flushUntold() }
    close()
    if faults.losesSyncedWrites { Self.copy(path + ".synced", to: path) }
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

/// Bugs that can be planted, to see that the simulator finds them.
struct SimFaults {
  /// The disk says that it has synced what it keeps in its cache: a crash takes back the last writes.
  var losesSyncedWrites = false
  /// A client that lost its connection repeats its request with a new idempotency key.
  var forgetsIdempotencyKeys = false
  /// A node that resumes runs an unsafe tool again.
  var repeatsUnsafeTools = false
  /// A node does not notice that its lease is over, and the server does not check fences on the way in.
  var ignoresFences = false
}
