import Glibc
import Testing
import Wire

@testable import AgentService

/// A real PostgreSQL server, asked as a node asks it.
@Suite struct PostgreSQLDatabaseTests {
  private func open(_ role: PostgreSQLServer.Role = .reader) async throws -> PostgreSQLDatabase {
    let database = PostgreSQLDatabase(uri: try PostgreSQLServer.shared.get().uri(role))
    try await database.open()
    return database
  }

  @Test func everyTypeKeepsWhatItSays() async throws {
    let sql = """
      SELECT 1::smallint, 9007199254740993::bigint, 12345678901234567890.123456789::numeric, 0.1::float8, 'NaN'::float8,
        true, NULL::text, 'é🙂'::text, '\\x00ff'::bytea, '2024-01-02 03:04:05.678901+07'::timestamptz AT TIME ZONE 'UTC',
        date '2024-02-29', interval '1 day 02:03', ARRAY[1, NULL, 3], '{"a": [1]}'::jsonb, 'NaN'::numeric
      """
    let result = try await open().query(sql, [], limits: QueryLimits())
    #expect(
      result.rows == [
        [
          .integer(1), .integer(9_007_199_254_740_993), .decimal("12345678901234567890.123456789"), .real(0.1), .text("NaN"),
          .text("true"), .null, .text("é🙂"), .blob([0, 255]), .text("2024-01-01 20:04:05.678901"), .text("2024-02-29"),
          .text("1 day 02:03:00"), .text("{1,NULL,3}"), .text(#"{"a": [1]}"#), .text("NaN"),
        ]
      ])
    #expect(result.content().contains(#""12345678901234567890.123456789""#))
  }

  @Test func theSchemaHasKeysTypesAndOtherSchemas() async throws {
    let database = try await open()
    let tables = try await database.tables()
    #expect(tables.map(\.name) == ["big_orders", "customers", "orders", "archive.orders"])
    let orders = try #require(tables.first { $0.name == "orders" })
    #expect(orders.columns.map(\.type) == ["bigint", "integer", "numeric(12,2)", "timestamp with time zone", "boolean"])
    #expect(orders.columns.map(\.isPrimaryKey) == [true, false, false, false, false])
    #expect(orders.columns.map(\.isNullable) == [false, true, true, true, true])
    #expect(orders.foreignKeys == [ForeignKey(column: "customer_id", table: "customers", foreignColumn: "id")])
    let scan = try await SchemaScanner(database: database).structure()
    #expect(try scan.table(named: "big_orders").isView)
    #expect(try scan.table(named: "archive.orders").sqlName == #""archive"."orders""#)
  }

  @Test func rowsAndBytesAndCountsAreBounded() async throws {
    let database = try await open()
    let many = "SELECT g, repeat('x', 1000) FROM generate_series(1, 5000) g"
    let result = try await database.query(many, [], limits: QueryLimits(rows: 10, countRows: 2_000))
    #expect(result.rows.count == 10)
    #expect(result.rowCount == 2_000 && !result.isExact)
    let bytes = try await database.query(many, [], limits: QueryLimits(bytes: 20_000))
    #expect(bytes.rows.count < 25)
    #expect(bytes.rowCount == 5_000 && bytes.isExact)
    // The rest was cancelled, and the connection is in order.
    #expect(try await database.query("SELECT 1", [], limits: QueryLimits()).rows == [[.integer(1)]])
  }

  @Test func timeIsLimitedAndACancelReachesTheServer() async throws {
    let database = try await open()
    let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
    for sql in [
      endless, "SELECT pg_sleep(60)", "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 1000000) b",
    ] {
      let start = ContinuousClock.now
      let error = await wireError { () async throws(WireError) in
        _ = try await database.query(sql, [], limits: QueryLimits(milliseconds: 200))
      }
      #expect(error?.errorCode == .sqlTimeout, "\(String(describing: error))")
      #expect(ContinuousClock.now - start < .seconds(3))
    }
    let start = ContinuousClock.now
    let query = Task { () async -> WireError? in
      await wireError { () async throws(WireError) in _ = try await database.query(endless, [], limits: QueryLimits()) }
    }
    // It may not have begun yet; a cancel counts either way.
    try await Task.sleep(for: .milliseconds(100))
    query.cancel()
    #expect(await query.value?.errorCode == .cancelled)
    #expect(ContinuousClock.now - start < .seconds(1))
    #expect(try await database.query("SELECT 1", [], limits: QueryLimits()).rows == [[.integer(1)]])
  }

  @Test func errorsSayHowToMendTheStatement() async throws {
    let database = try await open()
    let cases = [
      ("SELECT * FROM custmers", "Did you mean 'customers'?"), ("SELECT nme FROM customers", "Did you mean 'name'"),
      ("SELECT o.amont FROM orders o", "amount"), ("SELECT FROM WHERE", "syntax error"), ("SELECT 1 / 0", "division by zero"),
      ("SELECT 'a'::integer", "invalid input syntax"),
    ]
    for (sql, says) in cases {
      let error = await wireError { () async throws(WireError) in _ = try await database.query(sql, [], limits: QueryLimits()) }
      #expect(error?.errorCode == .sqlError, "\(sql)")
      #expect(error?.message.contains(says) == true, "\(sql): \(error?.message ?? "")")
    }
  }

  @Test func aRowThatWouldFillTheMemoryIsNotRead() async throws {
    let database = PostgreSQLDatabase(uri: try PostgreSQLServer.shared.get().networkURI(.reader))
    let before = Self.peakMiB
    let error = await wireError { () async throws(WireError) in
      _ = try await database.query("SELECT 1, repeat('x', 500000000)", [], limits: QueryLimits())
    }
    #expect(error?.errorCode == .sqlError)
    #expect(error?.message.contains("larger than") == true, "\(error?.description ?? "")")
    // Taken in, it would be a gigabyte: as it came, and as a result.
    #expect(Self.peakMiB - before < 700)
    // The connection is made anew.
    #expect(try await database.query("SELECT 1", [], limits: QueryLimits()).rows == [[.integer(1)]])
  }

  /// The most memory that this process has had, in MiB.
  private static var peakMiB: Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss / 1024
  }

  @Test(arguments: ["SELECT count(*) FROM orders WHERE id = $1", "SELECT $2::text"])
  func aParameterWithoutAValueIsTheStatementsFault(_ sql: String) async throws {
    let database = try await open()
    let error = await wireError { () async throws(WireError) in _ = try await database.query(sql, [], limits: QueryLimits()) }
    #expect(error?.errorCode == .sqlError, "\(error?.description ?? "")")
    #expect(error?.message.contains("parameter") == true)
    #expect(try await database.query("SELECT 1", [], limits: QueryLimits()).rows == [[.integer(1)]])
  }

  @Test func aColumnNamedLikeAKeywordWorks() async throws {
    let result = try await open().query(
      #"SELECT count("update") AS "delete", '; DROP TABLE customers' FROM orders -- DELETE"#, [], limits: QueryLimits())
    #expect(result.columns.first == "delete")
    #expect(result.rows.first?.first == .integer(2))
  }

  @Test func whatCannotBeOpenedIsNamedWithoutItsPassword() async throws {
    let server = try PostgreSQLServer.shared.get()
    for uri in [
      server.uri(.reader, database: "nothing"), "postgresql://u:secret-word@127.0.0.1:1/x", "postgresql://u:secret-word@[bad",
    ] {
      let error = await wireError { () async throws(WireError) in _ = try await PostgreSQLDatabase(uri: uri).open() }
      #expect(error?.errorCode == .databaseUnavailable, "\(uri)")
      #expect(error?.message.contains("secret-word") == false, "\(error?.message ?? "")")
    }
  }

  @Test(arguments: [
    ("total amount by customer name", "Ana", "262.5"), ("how many orders in January 2024?", "1", ""),
    ("total amount by month", "2024-01", "12.5"),
  ])
  func theOfflineModelSpeaksItsDialect(_ question: String, _ first: String, _ second: String) async throws {
    var rig = LoopRig(tools: [ListTablesTool(), DescribeTablesTool(), SQLQueryTool(), RecallTool(), FinishTool()])
    rig.database = try await open()
    rig.prompt = question
    rig.memory.isOutOfOrder = true
    #expect(try await rig.run(OfflineModel()) == .finished(.completed), "\(String(describing: rig.chain.result))")
    let result = try #require(rig.chain.result)
    let said = result.answer + (result.table?.rows.flatMap(\.cells).compactMap(\.text).joined(separator: " ") ?? "")
    #expect(said.contains(first) && said.contains(second), "\(said)")
  }

  @Test func aRoleThatCouldWriteIsWarnedAbout() async throws {
    #expect(await (try open(.reader)).warnings == [])
    #expect(await (try open(.owner)).warnings.first?.contains("may write") == true)
    #expect(await (try open(.admin)).warnings.first?.contains("superuser") == true)
  }
}
