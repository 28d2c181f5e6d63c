import Testing
import Wire

@testable import SessionService

/// The store on a disk that fails, alone.
@Suite struct DiskTests {
  private static let surroundings = Surroundings(now: { Timestamp() }, randomBytes: { [UInt8](repeating: 0, count: $0) })

  private func open(_ disk: SimDisk) throws -> SQLiteWriter {
    try SQLiteWriter(
      path: disk.folder + "kai.db", options: SQLiteStoreOptions(surroundings: Self.surroundings),
      migrations: [Migration(number: 1, name: "words", statements: ["CREATE TABLE words (word TEXT NOT NULL)"])],
      figures: StoreFigures())
  }

  /// - Returns: whether the commit succeeded.
  private func write(_ word: String, with writer: SQLiteWriter) -> Bool {
    let isDurable = Unchecked(Flag())
    writer.perform([
      { writer in
        _ = writer.run { (transaction) throws(WireError) in
          try transaction.execute("INSERT INTO words VALUES (?)", [.text(word)])
        }
        return { failure in isDurable.value.isSet = failure == nil }
      }
    ])
    return isDurable.value.isSet
  }

  private final class Flag { var isSet = false }

  private func words(_ writer: SQLiteWriter) throws -> [String] {
    try writer.run { (transaction) throws(WireError) in
      try transaction.query("SELECT word FROM words", []) { (row) in row.text(0) }
    }.get()
  }

  @Test(arguments: Int64(0)...2) func aPowerCutTakesNothingThatWasSynced(style: Int64) throws {
    let disk = SimDisk()
    defer { disk.detach() }
    let writer = try open(disk)
    #expect(write("one", with: writer))
    disk.powerCut { min(style, $0.upperBound) }
    #expect(try words(try open(disk)) == ["one"])
    // A connection that is closed while its process lives copies the log, which syncs it.
    withExtendedLifetime(writer) {}
  }

  @Test func aDiskThatIsFullUndoesTheCommitAlone() throws {
    let disk = SimDisk()
    defer { disk.detach() }
    let writer = try open(disk)
    disk.failure = .full
    #expect(!write("one", with: writer))
    disk.failure = nil
    #expect(write("two", with: writer))
    disk.powerCut { $0.lowerBound }
    #expect(try words(try open(disk)) == ["two"])
    withExtendedLifetime(writer) {}
  }

  /// A commit whose sync failed was not acknowledged. If it counts after the restart, it counts for good: the repeat of the
  /// request that it came from finds it done and is acknowledged.
  @Test func whatARestartFindsInTheLogIsDurable() throws {
    let disk = SimDisk()
    defer { disk.detach() }
    let writer = try open(disk)
    disk.failure = .syncError
    #expect(!write("one", with: writer))
    #expect(!write("two", with: writer), "after a failed sync nothing more may be written")
    disk.processDied()
    let second = try open(disk)
    #expect(try words(second) == ["one"])
    disk.powerCut { $0.lowerBound }
    #expect(try words(try open(disk)) == ["one"])
    withExtendedLifetime((writer, second)) {}
  }
}
