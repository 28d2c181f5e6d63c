import Testing
import Wire

@testable import AgentService

/// A query ends in time, and takes no more memory than it may. One after the other, since each measures time.
@Suite(.serialized)
struct SQLiteLimitsTests {
  static let runaway = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

  @Test("a runaway query is interrupted at its time limit")
  func timeLimit() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let database = try await sample.open()
    let clock = ContinuousClock()
    let start = clock.now
    let error = await wireError { () async throws(WireError) in
      _ = try await database.query(Self.runaway, [], limits: QueryLimits(milliseconds: 200))
    }
    #expect(error?.errorCode == .sqlTimeout)
    #expect(clock.now - start < .seconds(3))
    let next = try await database.query("SELECT 1", [], limits: QueryLimits())
    #expect(next.rows == [[.integer(1)]])
  }

  @Test("cancelling the task interrupts the query within a second")
  func cancellation() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let database = try await sample.open()
    let clock = ContinuousClock()
    let query = Task {
      await wireError { () async throws(WireError) in
        _ = try await database.query(Self.runaway, [], limits: QueryLimits(milliseconds: 60_000))
      }
    }
    let start = clock.now
    query.cancel()
    #expect(await query.value?.errorCode == .cancelled)
    #expect(clock.now - start < .seconds(1))
  }

  @Test("cancelling interrupts a query that is under way")
  func cancellationUnderWay() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let database = try await sample.open()
    // It is under way for certain: the query is cancelled by a timer far shorter than it would take.
    let error = await withTaskGroup(of: WireError?.self) { group in
      group.addTask {
        await wireError { () async throws(WireError) in
          _ = try await database.query(Self.runaway, [], limits: QueryLimits(milliseconds: 60_000))
        }
      }
      group.addTask {
        _ = try? await ContinuousClock().sleep(for: .milliseconds(150))
        return nil
      }
      _ = await group.next()
      group.cancelAll()
      return await group.next() ?? nil
    }
    #expect(error?.errorCode == .cancelled)
  }

  static let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n"

  @Test("rows beyond the limit are counted, not kept")
  func rowLimit() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let result = try await sample.open().query(Self.numbers, [], limits: QueryLimits(rows: 3))
    #expect(result.rows == [[.integer(1)], [.integer(2)], [.integer(3)]])
    #expect(result.rowCount == 5_000)
    #expect(result.isExact)
  }

  @Test("a count that stops early says 'at least'")
  func countLimit() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let result = try await sample.open().query(Self.numbers, [], limits: QueryLimits(rows: 3, countRows: 100))
    #expect(result.rowCount == 100)
    #expect(!result.isExact)
  }

  @Test("a result of just as many rows as are counted is exact")
  func countLimitReached() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let result = try await sample.open().query(Self.numbers, [], limits: QueryLimits(rows: 3, countRows: 5_000))
    #expect(result.rowCount == 5_000)
    #expect(result.isExact)
  }

  @Test("rows that are wanted are there even if counting the others takes too long")
  func slowCount() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    let limits = QueryLimits(rows: 2, milliseconds: 100, countRows: .max)
    let result = try await sample.open().query(sql, [], limits: limits)
    #expect(result.rows == [[.integer(1)], [.integer(2)]])
    #expect(!result.isExact)
    #expect(result.rowCount > 2)
  }

  @Test("bytes beyond the limit are not kept")
  func byteLimit() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT hex(zeroblob(500)) FROM n"
    let result = try await sample.open().query(sql, [], limits: QueryLimits(bytes: 10_000))
    #expect((1...10).contains(result.rows.count))
    #expect(result.rowCount == 50)
  }

  @Test("a value that would fill the memory is an error")
  func hugeValue() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let database = try await sample.open()
    let error = await wireError { () async throws(WireError) in
      _ = try await database.query("SELECT hex(zeroblob(500000000))", [], limits: QueryLimits())
    }
    #expect(error?.errorCode == .sqlError)
  }

  @Test("many databases work at once, each on a thread of its own")
  func many() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let total = try await withThrowingTaskGroup(of: UInt64.self) { group in
      for _ in 0..<40 {
        group.addTask {
          let database = try await sample.open()
          let result = try await database.query(Self.numbers, [], limits: QueryLimits(rows: 1))
          await database.close()
          return result.rowCount
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(total == 40 * 5_000)
  }

  @Test("queries take no thread of the cooperative pool, however few it has: many last no longer than one")
  func poolIsFree() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let clock = ContinuousClock()
    let start = clock.now
    // Two threads, taken by eight queries of a second each, would be taken for four.
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          let error = await wireError { () async throws(WireError) in
            let database = SQLiteDatabase(path: sample.path)
            try await database.open()
            _ = try await database.query(Self.runaway, [], limits: QueryLimits(milliseconds: 1_000))
          }
          #expect(error?.errorCode == .sqlTimeout)
        }
      }
    }
    #expect(clock.now - start < .seconds(3))
  }

  @Test("a closed database is unavailable")
  func closed() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let database = try await sample.open()
    await database.close()
    let error = await wireError { () async throws(WireError) in _ = try await database.tables() }
    #expect(error?.errorCode == .databaseUnavailable)
  }
}
