import Dispatch
import NIOCore
import Synchronization
import Testing
import Wire

@testable import SessionService

/// Units that would run for minutes: they end when nobody wants them, and nobody waits behind them.
@Suite struct UnitLifeTests {
  private static let endless = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000) SELECT count(*) FROM n
    """

  private static let table = Migration(number: 1, name: "test", statements: ["CREATE TABLE things (name TEXT NOT NULL)"])

  private func withStore<T>(_ body: (SQLiteStore) async throws -> T) async throws -> T {
    let folder = try TemporaryFolder()
    var options = SQLiteStoreOptions(surroundings: TestSurroundings().surroundings)
    options.closing = .milliseconds(50)
    let store = try SQLiteStore(path: folder.path + "/kai.db", options: options, migrations: [Self.table])
    defer { store.close() }
    return try await body(store)
  }

  private func code<T: Sendable>(of body: () async throws(WireError) -> T) async -> ErrorCode? {
    do throws(WireError) {
      _ = try await body()
      return nil
    } catch { return error.errorCode }
  }

  private static func count(_ life: UnitLife?) -> StoreUnit<Int64?> {
    { (transaction) throws(WireError) in
      if let life { try transaction.heed(life) }
      return try transaction.first(endless, []) { (row) in row.int64(0) }
    }
  }

  @Test func aDeadlineInterruptsAQuery() async throws {
    try await withStore { store in
      let life = UnitLife(limit: .milliseconds(50))
      #expect(await code { () throws(WireError) in try await store.read(Self.count(life)) } == .deadlineExceeded)
      #expect(await code { () throws(WireError) in try await store.write(Self.count(life)) } == .deadlineExceeded)
    }
  }

  @Test func whoeverHasGoneStopsAQuery() async throws {
    try await withStore { store in
      let life = UnitLife(limit: .minutes(10))
      async let failure = code { () throws(WireError) in try await store.read(Self.count(life)) }
      life.end()
      #expect(await failure == .cancelled)
    }
  }

  @Test func aWriteThatIsStoppedTakesNoNeighbourWithIt() async throws {
    try await withStore { store in
      let insert: StoreUnit<Int64?> = { (transaction) throws(WireError) in
        try transaction.execute("INSERT INTO things (name) VALUES ('kept')")
        return 1
      }
      let slow: StoreUnit<Int64?> = { (transaction) throws(WireError) in
        try transaction.heed(UnitLife(limit: .milliseconds(20)))
        try transaction.execute("INSERT INTO things (name) VALUES ('undone')")
        return try transaction.first(Self.endless, []) { (row) in row.int64(0) }
      }
      let results = await withCheckedContinuation { continuation in
        store.write(batch: [insert, slow, insert], for: "") { continuation.resume(returning: $0) }
      }
      let codes = results.map { result -> ErrorCode? in
        if case .failure(let error) = result { error.errorCode } else { nil }
      }
      #expect(codes == [nil, .deadlineExceeded, nil])
      let names = try await store.read { (transaction) throws(WireError) in
        try transaction.query("SELECT name FROM things", []) { (row) in row.text(0) }
      }
      #expect(names == ["kept", "kept"])
    }
  }

  @Test func closingStopsWhateverRuns() async throws {
    try await withStore { store in
      async let reading = code { () throws(WireError) in try await store.read(Self.count(nil)) }
      async let writing = code { () throws(WireError) in try await store.write(Self.count(nil)) }
      await withCheckedContinuation { (closed: CheckedContinuation<Void, Never>) in
        DispatchQueue.global().async {
          store.close()
          closed.resume()
        }
      }
      #expect(await reading == .shuttingDown)
      #expect(await writing == .shuttingDown)
    }
  }

  @Test func aFloodOfWritesIsOvertakenByAnothersWrite() async throws {
    try await withStore { store in
      let slow: StoreUnit<Int64?> = { (transaction) throws(WireError) in
        let end = NIODeadline.now() + .milliseconds(4)
        while .now() < end {}
        return 1
      }
      let finished = Mutex(0)
      for _ in 0..<250 { store.write(batch: [slow], for: "flood") { _ in finished.withLock { $0 += 1 } } }
      let before = await withCheckedContinuation { continuation in
        store.write(batch: [slow], for: "quiet") { _ in continuation.resume(returning: finished.withLock { $0 }) }
      }
      #expect(before < 100)
    }
  }

  @Test func ownersTakeTurns() {
    let queue = WorkQueue<String>()
    for job in 0..<3 { _ = queue.put("flood \(job)", of: "flood") }
    _ = queue.put("quiet", of: "quiet")
    #expect(queue.take(limit: 3) == ["flood 0", "quiet", "flood 1"] && queue.take(limit: 3) == ["flood 2"])
    queue.close()
    #expect(queue.take(limit: 1).isEmpty)
    #expect(!queue.put("late", of: "quiet"))
  }
}
