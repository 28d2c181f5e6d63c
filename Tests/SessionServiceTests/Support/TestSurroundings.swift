import Synchronization
import Wire

@testable import SessionService

/// Clocks that move when the test says so, and chance that is the same in every run.
final class TestSurroundings: Sendable {
  private let time = Mutex(Timestamp(microseconds: 1_700_000_000_000_000))
  private let seed: Mutex<UInt64>

  /// - Parameter seed: another one for a second run on the same data, which must not make the same ids again.
  init(seed: UInt64 = 1) { self.seed = Mutex(seed) }

  var surroundings: Surroundings {
    Surroundings(
      now: { self.time.withLock { $0 } },
      randomBytes: { count in (0..<count).map { _ in UInt8(truncatingIfNeeded: self.next() >> 24) } })
  }

  /// The clock on which leases are counted, in milliseconds.
  var monotonicMs: Int64 { time.withLock { $0.microseconds / 1_000 } }

  func advance(milliseconds: Int64) {
    time.withLock { $0 = $0.advanced(milliseconds: milliseconds) }
  }

  private func next() -> UInt64 {
    seed.withLock { seed in
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return seed
    }
  }
}

extension SQLiteStore {
  /// A store in a folder, with the service's schema.
  static func open(
    in folder: TemporaryFolder, _ world: TestSurroundings = TestSurroundings(),
    migrations: [Migration] = Migrations.all
  ) throws -> SQLiteStore {
    try SQLiteStore(
      path: folder.path + "/kai.db", options: SQLiteStoreOptions(surroundings: world.surroundings), migrations: migrations)
  }
}
