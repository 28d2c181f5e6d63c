import Dispatch
import Foundation
import Synchronization
import Testing
import Wire

@testable import SessionService

@Suite struct SQLiteStoreTests {
  private let table = Migration(
    number: 1, name: "test",
    statements: [
      "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
      """
      CREATE TABLE debts (
        id INTEGER PRIMARY KEY, thing BIGINT REFERENCES things (id) DEFERRABLE INITIALLY DEFERRED
      )
      """,
    ])

  private func insert(_ name: String) -> StoreUnit<Void> {
    { (transaction) throws(WireError) in
      try transaction.execute("INSERT INTO things (name) VALUES (?)", [.text(name)])
    }
  }

  private func names(_ store: SQLiteStore) async throws -> [String] {
    try await store.read { (transaction) throws(WireError) in
      try transaction.query("SELECT name FROM things ORDER BY name", []) { (row) in row.text(0) }
    }
  }

  /// Keeps the writer busy until the gate opens, so that what is queued meanwhile becomes one batch.
  private func blockWriter(_ store: SQLiteStore) async -> DispatchSemaphore {
    let gate = DispatchSemaphore(value: 0)
    await withCheckedContinuation { (started: CheckedContinuation<Void, Never>) in
      store.write { (_) throws(WireError) in
        started.resume()
        gate.wait()
      } completion: { (_: Result<Void, WireError>) in
      }
    }
    return gate
  }

  private func results(
    _ store: SQLiteStore, _ units: [StoreUnit<Void>], in gate: DispatchSemaphore
  ) async -> [Result<Void, WireError>] {
    await withCheckedContinuation { continuation in
      let found = Mutex<[Int: Result<Void, WireError>]>([:])
      for (index, unit) in units.enumerated() {
        store.write(unit) { result in
          let all: [Int: Result<Void, WireError>]? = found.withLock { found in
            found[index] = result
            return found.count == units.count ? found : nil
          }
          if let all { continuation.resume(returning: units.indices.compactMap { all[$0] }) }
        }
      }
      gate.signal()
    }
  }

  @Test func whatGathersIsCommittedOnce() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore.open(in: folder, migrations: [table])
    defer { store.close() }
    let gate = await blockWriter(store)
    let before = store.figures.snapshot
    let results = await results(store, (0..<100).map { insert("thing \($0)") }, in: gate)
    let after = store.figures.snapshot
    #expect(results.allSatisfy { (try? $0.get()) != nil })
    // One for the hundred; the batch that held the writer wrote nothing.
    #expect(after.commits - before.commits == 1)
    #expect(after.units - before.units == 100 || after.units - before.units == 101)
    #expect(try await names(store).count == 100)
  }

  @Test func aFailingUnitHurtsNoNeighbour() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore.open(in: folder, migrations: [table])
    defer { store.close() }
    let failing: StoreUnit<Void> = { (transaction) throws(WireError) in
      try transaction.execute("INSERT INTO things (name) VALUES ('half done')")
      throw WireError(.invalidArgument, "no")
    }
    let gate = await blockWriter(store)
    let results = await results(store, [insert("a"), failing, insert("a"), insert("b")], in: gate)
    #expect((try? results[0].get()) != nil)
    #expect(throws: WireError(.invalidArgument, "no")) { try results[1].get() }
    #expect(throws: WireError(.alreadyExists, "something with this name exists already")) { try results[2].get() }
    #expect((try? results[3].get()) != nil)
    #expect(try await names(store) == ["a", "b"])
  }

  @Test func aFailedCommitAcknowledgesNothing() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore.open(in: folder, migrations: [table])
    defer { store.close() }
    let acted = Mutex(false)
    let good: StoreUnit<Void> = { (transaction) throws(WireError) in
      try transaction.execute("INSERT INTO things (name) VALUES ('good')")
      transaction.afterCommit { acted.withLock { $0 = true } }
    }
    // The reference is checked when the whole transaction commits, and nothing answers to it.
    let poison: StoreUnit<Void> = { (transaction) throws(WireError) in
      try transaction.execute("INSERT INTO debts (thing) VALUES (77)")
    }
    let gate = await blockWriter(store)
    let results = await results(store, [good, poison], in: gate)
    for result in results {
      guard case .failure(let error) = result else {
        Issue.record("a unit of a failed commit was acknowledged")
        continue
      }
      #expect(error.errorCode == .storageFailed)
      #expect(error.effect == .unknown)
    }
    #expect(try await names(store) == [])
    #expect(acted.withLock { $0 } == false)
    // The next batch is a new chance.
    try await store.write(insert("later"))
    #expect(try await names(store) == ["later"])
  }

  @Test func aFullDiskIsSaidSo() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore.open(in: folder, migrations: [table])
    defer { store.close() }
    _ = try await store.write { (transaction) throws(WireError) in
      try transaction.query("PRAGMA max_page_count = 1", []) { (_) in }
    }
    await expectError(.storageFull) {
      try await store.write { (transaction) throws(WireError) in
        for number in 0..<10_000 {
          try transaction.execute("INSERT INTO things (name) VALUES (?)", [.text("a long name of a thing \(number)")])
        }
      }
    }
    #expect(try await names(store) == [])
  }

  @Test func acknowledgedWritesAreThereAfterTheProcessDies() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore.open(in: folder, migrations: [table])
    defer { store.close() }
    for number in 0..<20 { try await store.write(insert("thing \(number)")) }
    // What a killed process leaves behind is the files as they are now: the log was neither copied nor emptied.
    let copy = try TemporaryFolder()
    for file in ["kai.db", "kai.db-wal"] {
      try FileManager.default.copyItem(atPath: folder.path + "/" + file, toPath: copy.path + "/" + file)
    }
    let reopened = try SQLiteStore.open(in: copy, migrations: [table])
    defer { reopened.close() }
    #expect(try await names(reopened).count == 20)
  }

  @Test func aReaderCannotWrite() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore.open(in: folder, migrations: [table])
    defer { store.close() }
    await expectError(.storageFailed) { try await store.read(insert("no")) }
    #expect(try await names(store) == [])
  }

  @Test func aReaderSeesOneState() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore.open(in: folder, migrations: [table])
    defer { store.close() }
    let gate = DispatchSemaphore(value: 0)
    async let counts = store.read { (transaction) throws(WireError) in
      let count = "SELECT count(*) FROM things"
      let before = try transaction.first(count, []) { (row) in row.int64(0) }
      gate.wait()
      return [before, try transaction.first(count, []) { (row) in row.int64(0) }]
    }
    // Whether the reader began before or after this write, both of its looks must agree.
    try await store.write(insert("new"))
    gate.signal()
    let seen = try await counts
    #expect(seen[0] == seen[1])
  }

  @Test func theLogIsCopiedAndEmptiedByTheWriter() async throws {
    let folder = try TemporaryFolder()
    var options = SQLiteStoreOptions(surroundings: TestSurroundings().surroundings)
    options.checkpointPages = 8
    options.truncatePages = 16
    let store = try SQLiteStore(path: folder.path + "/kai.db", options: options, migrations: [table])
    for number in 0..<50 { try await store.write(insert("thing \(number)")) }
    #expect(store.figures.snapshot.checkpoints > 0)
    #expect(store.figures.snapshot.walPages <= 24)
    store.close()
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/kai.db-wal"))
  }

  @Test func aClosedStoreRefuses() async throws {
    let folder = try TemporaryFolder()
    let store = try SQLiteStore.open(in: folder, migrations: [table])
    store.close()
    await expectError(.shuttingDown) { try await store.write(insert("late")) }
    await expectError(.shuttingDown) { _ = try await names(store) }
  }

  @Test func aFileThatIsNoDatabaseIsRefused() throws {
    let folder = try TemporaryFolder()
    try Data(repeating: 0x41, count: 10_000).write(to: URL(filePath: folder.path + "/kai.db"))
    let error = #expect(throws: WireError.self) { _ = try SQLiteStore.open(in: folder) }
    #expect(error?.errorCode == .corrupt)
  }
}
