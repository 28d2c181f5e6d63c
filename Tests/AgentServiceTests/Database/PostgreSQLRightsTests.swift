import Testing
import Wire

@testable import AgentService

/// What a role may read, and what it is told of what it may not.
@Suite struct PostgreSQLRightsTests {
  private func open(_ user: String, _ name: String) async throws -> PostgreSQLDatabase {
    let database = PostgreSQLDatabase(uri: try PostgreSQLServer.shared.get().uri(user: user, database: name))
    try await database.open()
    return database
  }

  private func error(_ database: PostgreSQLDatabase, _ sql: String) async -> WireError? {
    await wireError { () async throws(WireError) in _ = try await database.query(sql, [], limits: QueryLimits()) }
  }

  @Test func aTableOfWhichSomeColumnsAreGrantedIsThereWithThem() async throws {
    let name = try PostgreSQLServer.shared.get().makeDatabase(
      "granted",
      """
      CREATE TABLE visits (id integer PRIMARY KEY, person text, secret text);
      INSERT INTO visits VALUES (1, 'Ana', 'x'), (2, 'Bo', 'y');
      CREATE TABLE closed (id integer);
      GRANT SELECT (id, person) ON visits TO kai_reader
      """)
    let database = try await open("kai_reader", name)
    let tables = try await database.tables()
    #expect(tables.map(\.name) == ["visits"])
    #expect(tables.first?.columns.map(\.name) == ["id", "person"])
    let scan = try await SchemaScanner(database: database).scan()
    #expect(scan.tables.first?.rows == 2)
    #expect(scan.tables.first?.columns.last?.values == ["Ana", "Bo"])
    let refused = await error(database, "SELECT secret FROM visits")
    #expect(refused?.errorCode == .sqlRefused)
    #expect(refused?.message.contains("permission denied") == true && refused?.hint.contains("GRANT") == true)
  }

  @Test func aRoleThatMayReadNothingIsToldSo() async throws {
    let server = try PostgreSQLServer.shared.get()
    let closed = try server.makeDatabase("closed", "CREATE TABLE a (id integer); CREATE VIEW b AS SELECT * FROM a")
    let database = try await open("kai_reader", closed)
    let error = await wireError { () async throws(WireError) in _ = try await database.tables() }
    #expect(error?.errorCode == .sqlRefused)
    #expect(error?.message.contains("may read none of its 2 tables") == true, "\(error?.description ?? "")")
    // One without tables is just that.
    let empty = try await open("kai_reader", try server.makeDatabase("empty", "SELECT 1"))
    #expect(try await empty.tables().isEmpty)
  }

  @Test func enumsDomainsBooleansAndMoneySayWhatTheyHold() async throws {
    let name = try PostgreSQLServer.shared.get().makeDatabase(
      "kinds",
      """
      CREATE TYPE employment AS ENUM ('permanent', 'intern'); CREATE DOMAIN percent AS numeric(5, 2);
      CREATE TABLE people (id integer PRIMARY KEY, kind employment, share percent, active boolean, price money);
      INSERT INTO people VALUES (1, 'permanent', 12.5, true, -0.01), (2, 'intern', 3, false, 1234.5), (3, 'permanent', 1, true, 7);
      GRANT SELECT ON people TO kai_reader
      """)
    let database = try await open("kai_reader", name)
    let scan = try await SchemaScanner(database: database).scan()
    let columns = try #require(scan.tables.first).columns
    #expect(columns.map(\.type) == ["integer", "employment enum", "numeric(5,2)", "boolean", "money"])
    #expect(columns[1].values == ["permanent", "intern"] && columns[1].allValues)
    #expect(columns[2].greatest == "12.50")
    #expect(columns[3].values == ["true", "false"])
    let money = try await database.query("SELECT price, sum(price) OVER () FROM people ORDER BY id", [], limits: QueryLimits())
    #expect(money.rows.map { $0[0] } == [.decimal("-0.01"), .decimal("1234.50"), .decimal("7.00")])
    #expect(money.rows[0][1] == .decimal("1241.49"))
  }

  /// Each call gives its connection back where there are few, and waits for one.
  @Test func twoTasksShareTheOneConnectionThatARoleMayHave() async throws {
    let server = try PostgreSQLServer.shared.get()
    let name = try server.makeDatabase(
      "scarce", admin: "CREATE ROLE kai_single LOGIN CONNECTION LIMIT 1",
      "CREATE TABLE t (a integer); INSERT INTO t VALUES (1); GRANT SELECT ON t TO kai_single")
    let (first, second) = (try await open("kai_single", name), try await open("kai_single", name))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for database in [first, second, first, second] {
        group.addTask {
          let sql = "SELECT a, pg_sleep(0.2) IS NULL FROM t"
          let result = try await database.query(sql, [], limits: QueryLimits())
          #expect(result.rows.first?.first == .integer(1))
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func namesWithCapitalsAreToldWithTheirQuotesAndOnce() async throws {
    let name = try PostgreSQLServer.shared.get().makeDatabase(
      "capitals",
      """
      CREATE TABLE "Customers" ("Id" integer PRIMARY KEY, "FullName" text); INSERT INTO "Customers" VALUES (1, 'Ana');
      GRANT SELECT ON "Customers" TO kai_reader
      """)
    let database = try await open("kai_reader", name)
    let scan = try await SchemaScanner(database: database).structure()
    for (sql, says) in [
      ("SELECT * FROM customers", #""Customers""#), (#"SELECT fullname FROM "Customers""#, #""FullName""#),
    ] {
      let message = try #require(await error(database, sql)).message
      let whole = ([message] + SQLRepair(sql, scan).hints(for: message)).joined(separator: " ")
      #expect(whole.contains(says) && whole.contains("double quotes"), "\(whole)")
      #expect(whole.ranges(of: "It is called").count == 1, "\(whole)")
      #expect(!whole.contains(".."))
    }
    let sql = #"SELECT c.fullname FROM "Customers" c"#
    let message = try #require(await error(database, sql)).message
    let mended = try #require(SQLRepair(sql, scan).mended(for: message))
    #expect(try await database.query(mended, [], limits: QueryLimits()).rows == [[.text("Ana")]])
  }
}
