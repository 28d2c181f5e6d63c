import Testing
import Wire

@testable import SessionService

@Suite struct MigrationsTests {
  private let first = Migration(number: 1, name: "first", statements: ["CREATE TABLE a (id INTEGER PRIMARY KEY)"])
  private let second = Migration(
    number: 2, name: "second", statements: ["ALTER TABLE a ADD COLUMN name TEXT", "CREATE INDEX a_by_name ON a (name)"])
  private let other = Migration(number: 100, name: "other room", statements: ["CREATE TABLE b (id INTEGER PRIMARY KEY)"])

  private func version(_ store: SQLiteStore) async throws -> UInt64 {
    try await store.read { (transaction) throws(WireError) in
      try transaction.first("SELECT max(number) FROM migrations", []) { (row) in row.uint64(0) } ?? 0
    }
  }

  @Test func numbersAreUniqueAcrossTheRooms() {
    #expect(Set(Migrations.all.map(\.number)).count == Migrations.all.count)
  }

  @Test func anEmptyStoreGetsAllOfThemAndAFullOneNone() async throws {
    let folder = try TemporaryFolder()
    for _ in 0..<2 {
      let store = try SQLiteStore.open(in: folder)
      #expect(try await version(store) == Migrations.latest)
      store.close()
    }
  }

  @Test func onlyTheMissingOnesAreApplied() async throws {
    let folder = try TemporaryFolder()
    try SQLiteStore.open(in: folder, migrations: [other, first]).close()
    let store = try SQLiteStore.open(in: folder, migrations: [other, second, first])
    defer { store.close() }
    let applied = try await store.read { (transaction) throws(WireError) in
      try transaction.query("SELECT number FROM migrations ORDER BY number", []) { (row) in row.int64(0) }
    }
    #expect(applied == [1, 2, 100])
  }

  @Test func aFailingMigrationLeavesNothingBehind() async throws {
    let folder = try TemporaryFolder()
    let broken = Migration(number: 3, name: "broken", statements: ["CREATE TABLE c (id INTEGER)", "CREATE NONSENSE"])
    #expect(throws: WireError.self) { try SQLiteStore.open(in: folder, migrations: [first, broken]) }
    let store = try SQLiteStore.open(in: folder, migrations: [first])
    defer { store.close() }
    #expect(try await version(store) == 1)
  }

  @Test func aNewerStoreIsRefused() throws {
    let folder = try TemporaryFolder()
    try SQLiteStore.open(in: folder, migrations: [first, second]).close()
    let error = #expect(throws: WireError.self) { try SQLiteStore.open(in: folder, migrations: [first]) }
    #expect(error?.errorCode == .failedPrecondition)
  }
}
