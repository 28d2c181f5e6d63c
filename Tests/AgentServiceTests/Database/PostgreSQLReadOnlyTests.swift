import Foundation
import Testing
import Wire

@testable import AgentService

/// Nothing is changed and nothing is reached outside, whatever the SQL says and whatever the role may do.
@Suite struct PostgreSQLReadOnlyTests {
  static let attacks = [
    "INSERT INTO customers VALUES (9, 'x', 'y')",
    "UPDATE customers SET name = 'x'",
    "DELETE FROM customers",
    "TRUNCATE customers",
    "WITH gone AS (DELETE FROM customers RETURNING *) SELECT * FROM gone",
    "WITH changed AS (UPDATE customers SET name = 'x' RETURNING *) SELECT * FROM changed",
    "SELECT 1; DELETE FROM customers",
    "SELECT 1; SELECT 2",
    "/* a */ SELECT 1 /* ; */ ; -- x\n DROP TABLE customers",
    "SELECT * INTO copied FROM customers",
    "CREATE TABLE t (a int)",
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "DROP TABLE customers",
    "ALTER TABLE customers ADD COLUMN x int",
    "CALL something()",
    "DO $$ BEGIN DELETE FROM customers; END $$",
    "COPY customers TO PROGRAM 'touch /tmp/kai-never-made'",
    "COPY customers TO '/tmp/kai-never-made'",
    "COPY customers FROM PROGRAM 'echo 9'",
    "COPY customers FROM STDIN",
    "SET ROLE kai_admin",
    "RESET ROLE",
    "SET default_transaction_read_only = off",
    "SET TRANSACTION READ WRITE",
    "COMMIT",
    "BEGIN",
    "LOCK TABLE customers",
    "VACUUM",
    "LISTEN x",
    "NOTIFY x",
    "PREPARE p AS SELECT 1",
    "EXPLAIN ANALYZE DELETE FROM customers",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_read_binary_file('/etc/shadow')",
    "SELECT pg_ls_dir('/')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, '/tmp/kai-never-made')",
    "SELECT set_config('role', 'kai_admin', false)",
    "SELECT \"set_config\"('transaction_read_only', 'off', true)",
    "SELECT set_config('role', 'kai_admin', true), query_to_xml('SELECT pg_read_file(''/etc/passwd'')', true, true, '')",
    "SELECT pg_terminate_backend(pg_backend_pid())",
    "SELECT pg_reload_conf()",
    "SELECT dblink_exec('dbname=shop', 'DELETE FROM customers')",
    "SELECT rolpassword FROM pg_authid",
    "SELECT passwd FROM pg_catalog.pg_shadow",
    "SELECT nextval('nothing_s')",
    "", " ; ", "-- nothing",
  ]

  @Test(arguments: [PostgreSQLServer.Role.reader, .owner, .admin])
  func everyAttackIsRefusedAndLeavesNoTrace(_ role: PostgreSQLServer.Role) async throws {
    let database = PostgreSQLDatabase(uri: try PostgreSQLServer.shared.get().uri(role))
    try await database.open()
    for sql in Self.attacks {
      let error = await wireError { () async throws(WireError) in _ = try await database.query(sql, [], limits: QueryLimits()) }
      let isRefused = error?.errorCode == .sqlRefused || (sql.contains("nothing_s") && error?.errorCode == .sqlError)
      #expect(isRefused, "\(role): \(sql): \(error.map(String.init(describing:)) ?? "it ran")")
    }
    let after = try await database.query(
      "SELECT (SELECT count(*) FROM customers), (SELECT count(*) FROM pg_class WHERE relname IN ('copied', 't')), current_setting('transaction_read_only')",
      [], limits: QueryLimits())
    #expect(after.rows == [[.integer(3), .integer(0), .text("on")]])
    #expect(!FileManager.default.fileExists(atPath: "/tmp/kai-never-made"))
  }

  /// The wall behind the words: what they do not know is stopped by the server.
  @Test func theServerItselfRefusesWhatTheWordsLetThrough() async throws {
    let server = try PostgreSQLServer.shared.get()
    let owner = PostgreSQLDatabase(uri: server.uri(.owner))
    try await owner.open()
    let admin = PostgreSQLDatabase(uri: server.uri(.admin))
    try await admin.open()
    let cases: [(PostgreSQLDatabase, String)] = [
      (owner, "WITH gone AS (DELETE FROM customers RETURNING *) SELECT * FROM gone"),
      (owner, "SELECT * INTO copied FROM customers"),
      // A role that may only read, although the connection is a superuser's.
      (admin, "SELECT * FROM pg_hba_file_rules"),
    ]
    for (database, sql) in cases {
      #expect(throws: Never.self, "\(sql)") { try PostgreSQLGuard.check(sql) }
      let error = await wireError { () async throws(WireError) in _ = try await database.query(sql, [], limits: QueryLimits()) }
      #expect(error?.errorCode == .sqlRefused, "\(sql): \(error.map(String.init(describing:)) ?? "it ran")")
    }
  }

  @Test func wordsAreFoundWhereTheServerFindsThem() {
    let sql = #"SELECT 'lo_import', E'\' lo_import', $a$ lo_import $a$, "Lo""x", u.y$1 /* /* lo_import */ */ -- lo_import"#
    let names = PostgreSQLText.words(sql).compactMap { word in if case .name(let name) = word { name } else { nil } }
    #expect(names == ["select", "Lo\"x", "u", "y$1"])
    #expect(PostgreSQLText.words("select $1; x").count == 3)
  }
}
