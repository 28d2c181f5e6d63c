import Foundation
import SQLite
import Testing
import Wire

@testable import AgentService

/// Files that other programs write to, or made with modules of SQLite.
@Suite struct SQLiteFilesTests {
  private func error(_ database: SQLiteDatabase, _ sql: String, milliseconds: Int64 = 30_000) async -> WireError? {
    await wireError { () async throws(WireError) in
      _ = try await database.query(sql, [], limits: QueryLimits(milliseconds: milliseconds))
    }
  }

  @Test func tablesOfModulesLeaveTheDatabaseUsable() async throws {
    let sample = try SampleDatabase(
      """
      CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO notes VALUES (1, 'plain');
      CREATE VIRTUAL TABLE docs USING fts5(title, body); INSERT INTO docs VALUES ('Rome', 'all roads lead there');
      CREATE VIRTUAL TABLE old USING fts4(body); INSERT INTO old VALUES ('some words');
      CREATE VIRTUAL TABLE area USING rtree(id, x0, x1); INSERT INTO area VALUES (1, 0, 5);
      """)
    defer { sample.remove() }
    let database = try await sample.open()
    let tables = try await database.tables()
    #expect(tables.map(\.name) == ["area", "docs", "notes", "old"])
    #expect(tables.map { $0.columns.map(\.name) } == [["id", "x0", "x1"], ["title", "body"], ["id", "body"], ["body"]])
    for (sql, value) in [
      ("SELECT title FROM docs WHERE docs MATCH 'roads'", DatabaseValue.text("Rome")),
      ("SELECT count(*) FROM old WHERE old MATCH 'words'", .integer(1)), ("SELECT id FROM area WHERE x0 < 1", .integer(1)),
      ("SELECT body FROM notes", .text("plain")),
    ] {
      #expect(try await database.query(sql, [], limits: QueryLimits()).rows == [[value]], "\(sql)")
    }
    let before = try sample.bytes()
    for sql in [
      "INSERT INTO docs VALUES ('a', 'b')", "INSERT INTO docs (docs) VALUES ('rebuild')", "DELETE FROM area",
      "UPDATE old SET body = 'x'", "DROP TABLE docs", "INSERT INTO docs_data VALUES (1, x'00')",
      "SELECT fts3_tokenizer('simple')", "CREATE VIRTUAL TABLE t USING fts5(a)",
    ] {
      #expect(await error(database, sql)?.errorCode == .sqlRefused, "\(sql)")
    }
    #expect(try sample.bytes() == before)
    // A table of a module that is made while the database is open.
    try SQLiteConnection(path: sample.path, access: .readWriteCreate)
      .execute(script: "CREATE VIRTUAL TABLE more USING fts5(body); INSERT INTO more VALUES ('later')")
    #expect(try await database.query("SELECT body FROM more", [], limits: QueryLimits()).rows == [[.text("later")]])
    #expect(try await database.tables().map(\.name).contains("more"))
  }

  @Test func viewsThatTakeLongToPutTogetherAreListedWithoutColumns() throws {
    let sample = try SampleDatabase("CREATE TABLE t (a INTEGER); CREATE VIEW v AS SELECT a FROM t")
    defer { sample.remove() }
    let connection = try SQLiteConnection(path: sample.path, access: .readOnly)
    #expect(try SQLiteSchema.tables(connection).map(\.columns.count) == [1, 1])
    #expect(try SQLiteSchema.tables(connection, patience: .zero).map(\.columns.count) == [1, 0])
    let error = #expect(throws: SQLiteError.self) { try SQLiteSchema.tables(connection) { false } }
    #expect(error?.isInterrupted == true)
  }

  @Test(arguments: [
    ("docs", "CREATE VIRTUAL TABLE docs USING fts5(title)", "docs_data"),
    ("My Docs", "CREATE VIRTUAL TABLE IF NOT EXISTS \"My Docs\" using FTS4 (body)", "my docs_segdir"),
    ("area", "CREATE VIRTUAL TABLE area USING rtree(id, x0, x1)", "area_node"), ("f", "CREATE VIRTUAL TABLE f USING csv(x)", ""),
  ])
  func aModulesOwnTablesAreKnownByTheirNames(_ name: String, _ definition: String, _ one: String) {
    let shadows = SQLiteSchema.shadows(of: name, definition: definition)
    #expect(one.isEmpty ? shadows.isEmpty : shadows.contains(one))
  }

  @Test(arguments: [("?", "?"), (":status", ":status"), ("@a", "@a"), ("$b", "$b"), ("?7", "?7")])
  func aParameterWithoutAValueIsRefusedByName(_ written: String, _ named: String) async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let error = await error(try await sample.open(), "SELECT count(*) FROM customers WHERE name = \(written)")
    #expect(error?.errorCode == .sqlError)
    #expect(error?.message.contains("parameter \(named),") == true, "\(error?.message ?? "")")
  }

  @Test func aLockIsWaitedForWithinTheQuerysTime() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let database = try await sample.open()
    let writer = try SQLiteConnection(path: sample.path, access: .readWriteCreate)
    try writer.execute(script: "BEGIN EXCLUSIVE")
    let start = ContinuousClock.now
    let locked = await error(database, "SELECT count(*) FROM customers", milliseconds: 300)
    #expect(locked?.errorCode == .databaseUnavailable && locked?.retry == .sameConnection)
    #expect(locked?.hint.contains("URI") == false)
    #expect((0.25...2).contains((ContinuousClock.now - start) / .seconds(1)))
    // Longer than any fixed patience was.
    async let counted = database.query("SELECT count(*) FROM customers", [], limits: QueryLimits())
    try await Task.sleep(for: .milliseconds(2_700))
    try writer.execute(script: "COMMIT")
    #expect(try await counted.rows == [[.integer(3)]])
    // A file that is locked when it is opened is waited for, too, and a cancel ends that.
    try writer.execute(script: "BEGIN EXCLUSIVE")
    let opening = Task {
      await wireError { () async throws(WireError) in _ = try await SQLiteDatabase(path: sample.path).open() }
    }
    opening.cancel()
    #expect(await opening.value?.errorCode == .cancelled)
    try writer.execute(script: "COMMIT")
  }

  @Test func aQuietFileInTheWriteAheadModeIsReadWithoutATrace() async throws {
    let sample = try SampleDatabase("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    defer { sample.remove() }
    #expect(try FileManager.default.contentsOfDirectory(atPath: sample.folder) == ["shop.db"])
    let database = try await sample.open()
    let count = "SELECT count(*) FROM t"
    #expect(try await database.query(count, [], limits: QueryLimits()).rows == [[.integer(1)]])
    #expect(try FileManager.default.contentsOfDirectory(atPath: sample.folder) == ["shop.db"])
    // Somebody writes: what they wrote is seen, while their log is there and after it was taken away.
    var writer: SQLiteConnection? = try SQLiteConnection(path: sample.path, access: .readWriteCreate)
    try writer?.execute(script: "INSERT INTO t VALUES (2)")
    #expect(try await database.query(count, [], limits: QueryLimits()).rows == [[.integer(2)]])
    try writer?.execute(script: "INSERT INTO t VALUES (3)")
    #expect(try await database.query(count, [], limits: QueryLimits()).rows == [[.integer(3)]])
    writer = nil
    #expect(try await database.query(count, [], limits: QueryLimits()).rows == [[.integer(3)]])
    let another = try await sample.open()
    writer = try SQLiteConnection(path: sample.path, access: .readWriteCreate)
    try writer?.execute(script: "INSERT INTO t VALUES (4)")
    writer = nil
    #expect(try await another.query(count, [], limits: QueryLimits()).rows == [[.integer(4)]])
  }

  @Test func textThatIsNotUTF8CanBeReadAndTold() async throws {
    let sample = try SampleDatabase(
      "CREATE TABLE t (a TEXT); INSERT INTO t VALUES (CAST(x'636166e9' AS TEXT)), (CAST(x'e282' AS TEXT))")
    defer { sample.remove() }
    let result = try await sample.open().query("SELECT a FROM t", [], limits: QueryLimits())
    #expect(result.rows == [[.text("caf\\xe9")], [.text("\\xe2\\x82")]])
  }

  @Test func aStatementThatGathersTooMuchFailsAndOthersGoOn() async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let database = try await sample.open()
    let other = try await sample.open()
    let before = SQLiteMemory.most
    SQLiteMemory.limit(bytes: 96 * 1024 * 1024)
    defer { SQLiteMemory.limit(bytes: before) }
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
    for sql in [
      "\(numbers) SELECT json_group_array(hex(zeroblob(1000000))) FROM n",
      "\(numbers) SELECT json_group_object(i, hex(zeroblob(1000000))) FROM n",
    ] {
      let error = await error(database, sql)
      #expect(error?.errorCode == .sqlError)
      #expect(error?.message.contains("memory") == true, "\(error?.description ?? "")")
      #expect(SQLiteMemory.used < 64 * 1024 * 1024)
      #expect(try await other.query("SELECT count(*) FROM customers", [], limits: QueryLimits()).rows == [[.integer(3)]])
      #expect(try await database.query("SELECT 1", [], limits: QueryLimits()).rows == [[.integer(1)]])
    }
  }

  @Test func aSumBeyond64BitsIsToldWhatToUse() async throws {
    let sample = try SampleDatabase("CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (9223372036854775807), (1)")
    defer { sample.remove() }
    let database = try await sample.open()
    let error = await error(database, "SELECT sum(id) FROM t")
    #expect(error?.errorCode == .sqlError && error?.hint.contains("total(x)") == true, "\(error?.description ?? "")")
    #expect(
      try await database.query("SELECT total(id) FROM t", [], limits: QueryLimits()).rows == [[.real(9_223_372_036_854_775_808)]])
  }

  @Test func namesWithLineBreaksStayInTheirLine() async throws {
    let sample = try SampleDatabase("CREATE TABLE \"abc\n\u{1b}[31m\" (a)")
    defer { sample.remove() }
    let database = try await sample.open()
    for sql in ["SELECT * FROM abd", "SELECT * FROM \"abd\r\n\u{1b}x\"", "SELECT \"a\nb\"()", "SELECT a\u{1b} FROM abc"] {
      let error = await error(database, sql)
      #expect(error != nil)
      #expect(error?.message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f } == true, "\(sql)")
    }
  }
}
