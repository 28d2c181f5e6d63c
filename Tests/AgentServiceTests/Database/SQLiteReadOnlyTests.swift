import Foundation
import SQLite
import Testing
import Wire

@testable import AgentService

/// The user's database cannot be changed, whatever the SQL says.
struct SQLiteReadOnlyTests {
  static let writes = [
    "INSERT INTO customers VALUES (9, 'x', 'y')",
    "UPDATE customers SET name = 'x'",
    "DELETE FROM customers",
    "REPLACE INTO customers VALUES (1, 'x', 'y')",
    "CREATE TABLE t (a)",
    "CREATE TEMP TABLE t (a)",
    "CREATE TEMP VIEW v AS SELECT 1",
    "CREATE INDEX i ON customers (name)",
    "CREATE VIRTUAL TABLE v USING fts5(a)",
    "DROP TABLE customers",
    "DROP VIEW big_orders",
    "ALTER TABLE customers ADD COLUMN x",
    "ATTACH DATABASE ':memory:' AS other",
    "ATTACH DATABASE '/tmp/kai-never-made.db' AS other",
    "DETACH DATABASE main",
    "PRAGMA writable_schema = 1",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA user_version = 7",
    "PRAGMA query_only = 0",
    "PRAGMA database_list",
    "SELECT * FROM pragma_database_list",
    "VACUUM",
    "VACUUM INTO '/tmp/kai-never-made.db'",
    "REINDEX",
    "ANALYZE",
    "BEGIN",
    "BEGIN IMMEDIATE",
    "SAVEPOINT s",
    "SELECT load_extension('x')",
    "WITH n AS (SELECT 1) INSERT INTO carriers SELECT 'ZZ', 'x' FROM n",
    "WITH n AS (SELECT 1) DELETE FROM carriers",
    "INSERT INTO carriers VALUES ('ZZ', 'x') RETURNING code",
    "EXPLAIN DELETE FROM carriers",
  ]

  @Test("the database itself refuses every statement that is not a read", arguments: writes)
  func refuses(_ sql: String) async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let before = try sample.bytes()
    let database = try await sample.open()
    let error = await wireError { () async throws(WireError) in _ = try await database.query(sql, [], limits: QueryLimits()) }
    #expect(error?.errorCode == .sqlRefused, "\(sql): \(String(describing: error))")
    #expect(try sample.bytes() == before)
    #expect(!FileManager.default.fileExists(atPath: "/tmp/kai-never-made.db"))
    // What was refused leaves the connection in order.
    let after = try await database.query("SELECT count(*) FROM customers", [], limits: QueryLimits())
    #expect(after.rows == [[.integer(3)]])
  }

  @Test("without the authorizer the read-only handle still refuses writes")
  func handleIsReadOnly() throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let connection = try SQLiteConnection(path: sample.path, access: .readOnly)
    #expect(throws: SQLiteError.self) { try connection.execute(script: "DELETE FROM customers") }
  }

  @Test(
    "a second statement is refused",
    arguments: ["SELECT 1; SELECT 2", "SELECT 1;DELETE FROM customers", "SELECT 1; /* a */ -- b\n x"])
  func oneStatement(_ sql: String) async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let database = try await sample.open()
    let error = await wireError { () async throws(WireError) in _ = try await database.query(sql, [], limits: QueryLimits()) }
    #expect(error?.errorCode == .sqlRefused)
  }

  @Test(
    "comments and semicolons around the statement are fine",
    arguments: ["SELECT 1;", "-- why\nSELECT 1 ; ;\n", "SELECT 1 -- end", "/* a */ SELECT 1 /* b */;/* c", "SELECT 1;--"])
  func comments(_ sql: String) async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let result = try await sample.open().query(sql, [], limits: QueryLimits())
    #expect(result.rows == [[.integer(1)]])
  }

  @Test("a text without a statement is refused", arguments: ["", "  ", ";", "-- nothing", "/* nothing */", "SELECT 1\0"])
  func nothing(_ sql: String) async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let database = try await sample.open()
    let error = await wireError { () async throws(WireError) in _ = try await database.query(sql, [], limits: QueryLimits()) }
    #expect(error?.errorCode == .sqlRefused)
  }

  @Test("a file that is missing, a folder, or no database is unavailable and never made")
  func unavailable() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    try Data("this is no database, only a text that is long enough".utf8)
      .write(to: URL(fileURLWithPath: sample.folder + "/text.db"))
    for name in ["missing.db", "text.db", "."] {
      let path = sample.folder + "/" + name
      let error = await wireError { () async throws(WireError) in try await SQLiteDatabase(path: path).open() }
      #expect(error?.errorCode == .databaseUnavailable, "\(name)")
    }
    #expect(!FileManager.default.fileExists(atPath: sample.folder + "/missing.db"))
  }
}
