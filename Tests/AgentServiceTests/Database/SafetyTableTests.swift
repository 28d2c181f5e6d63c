import Foundation
import Testing
import Wire

@testable import AgentService

/// One table of attacks, each tried on SQLite and on PostgreSQL, as it is and inside of comments and quotes. What one of the two
/// does not know is an error there; nothing is ever changed, written or reached.
@Suite(.serialized) struct SafetyTableTests {
  private static let marker = "/tmp/kai-never-made"

  private static let attacks = [
    "WITH gone AS (DELETE FROM customers RETURNING *) SELECT * FROM gone",
    "WITH changed AS (UPDATE customers SET name = 'x' RETURNING *) SELECT * FROM changed",
    "WITH n AS (SELECT 1) DELETE FROM customers",
    "WITH n AS (SELECT 1) UPDATE customers SET name = 'x'",
    "SELECT 1; DELETE FROM customers",
    "SELECT 1; SELECT 2",
    "COPY (SELECT 1) TO PROGRAM 'touch /tmp/kai-never-made'",
    "COPY customers FROM PROGRAM 'touch /tmp/kai-never-made'",
    "SELECT * INTO copied FROM customers",
    "CREATE TABLE copied AS SELECT * FROM customers",
    "CREATE OR REPLACE VIEW big_orders AS SELECT 1",
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CALL something()",
    "DO $$ BEGIN DELETE FROM customers; END $$",
    "PRAGMA writable_schema = 1",
    "PRAGMA query_only = 0",
    "ATTACH DATABASE '/tmp/kai-never-made' AS other",
    "VACUUM INTO '/tmp/kai-never-made'",
    "SELECT load_extension('/tmp/x.so')",
    "LOAD '/tmp/x.so'",
    "SELECT writefile('/tmp/kai-never-made', 'x')",
    "SELECT edit('x', 'touch /tmp/kai-never-made')",
    "SELECT readfile('/etc/passwd')",
    "SELECT fts3_tokenizer('simple', x'00')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, '/tmp/kai-never-made')",
    "SET ROLE kai_admin",
    "SELECT set_config('role', 'kai_admin', false)",
  ]

  private static let endless = [
    // 10 GB, if it were kept.
    "SELECT count(*) FROM (SELECT a.name || b.name FROM (\(many)) x, (\(many)) y, (\(many)) z, customers a, customers b) t",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
  ]
  private static let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n"

  private static func wrapped(_ sql: String) -> [String] {
    [
      sql, "/* SELECT 1 */ \(sql)", "-- it's fine\n\(sql) -- \" ' $$", "\(sql) /* ; SELECT 'x'", "/*'*/\n\t\(sql)\n;\n",
    ]
  }

  private func databases() async throws -> [(name: String, database: any UserDatabase)] {
    let sample = try SampleDatabase()
    let postgres = PostgreSQLDatabase(uri: try PostgreSQLServer.shared.get().uri(.owner))
    try await postgres.open()
    return [("SQLite", try await sample.open()), ("PostgreSQL", postgres)]
  }

  private func failure(_ sql: String, _ database: any UserDatabase, milliseconds: Int64 = 5_000) async -> WireError? {
    await wireError { () async throws(WireError) in
      _ = try await database.query(sql, [], limits: QueryLimits(milliseconds: milliseconds))
    }
  }

  @Test func whateverIsTriedNothingIsChangedWrittenOrReached() async throws {
    for (name, database) in try await databases() {
      let names = try await database.query("SELECT name FROM customers ORDER BY id", [], limits: QueryLimits()).rows
      for attack in Self.attacks {
        for sql in Self.wrapped(attack) {
          let code = await failure(sql, database)?.errorCode
          #expect(code == .sqlRefused || code == .sqlError, "\(name): \(sql): \(code.map { "\($0)" } ?? "it ran")")
        }
      }
      let after = try await database.query("SELECT name FROM customers ORDER BY id", [], limits: QueryLimits()).rows
      #expect(names.count == 3 && after == names, "\(name)")
      #expect(await failure("SELECT * FROM copied", database)?.errorCode == .sqlError, "\(name)")
      #expect(!FileManager.default.fileExists(atPath: Self.marker), "\(name)")
      await database.close()
    }
  }

  @Test func whatWouldNotEndIsStoppedInTime() async throws {
    for (name, database) in try await databases() {
      for sql in Self.endless + (name == "PostgreSQL" ? ["SELECT pg_sleep(60)"] : []) {
        let start = ContinuousClock.now
        let code = await failure(sql, database, milliseconds: 300)?.errorCode
        #expect(code == .sqlTimeout, "\(name): \(sql): \(code.map { "\($0)" } ?? "it ended")")
        #expect(ContinuousClock.now - start < .seconds(5), "\(name): \(sql)")
      }
      await database.close()
    }
  }

  /// What only looks like an attack is a question like any other.
  @Test func wordsInQuotesAndCommentsAreOnlyWords() async throws {
    for (name, database) in try await databases() {
      let harmless = Self.attacks.map {
        "SELECT '" + $0.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
      }
      for sql in harmless + [
        "SELECT 1 AS \"update\"", "WITH \"delete\" AS (SELECT 1 AS \"update\") SELECT \"update\" FROM \"delete\"",
        "SELECT 'it''s; DELETE FROM customers' -- DROP TABLE customers", "/* DELETE FROM customers; */ SELECT 1",
        "SELECT 1 AS \"a;b\"\"c\" ;",
      ] {
        let failure = await failure(sql, database)
        #expect(failure == nil, "\(name): \(sql): \(failure?.message ?? "")")
      }
      await database.close()
    }
  }
}
