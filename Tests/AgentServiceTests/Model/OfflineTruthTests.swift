import JSON
import Testing
import Wire

@testable import AgentService

/// What the offline model says is of the whole database, or says that it is not: on both databases, with the real tools.
@Suite struct OfflineTruthTests {
  private static func tables(_ count: Int, columns: Int) -> String {
    (1...count).map { table in
      let list = (1...columns).map { "measured_value_\($0) integer" }.joined(separator: ", ")
      return "CREATE TABLE table_\(table) (id integer PRIMARY KEY, \(list)); INSERT INTO table_\(table) (id) VALUES (1);"
    }.joined(separator: "\n")
  }

  @Test(arguments: EitherDatabase.allCases)
  func everyTableOfAWideSchemaIsThere(_ engine: EitherDatabase) async throws {
    for (count, columns) in [(8, 50), (8, 92), (3, 400)] {
      try await engine.with(Self.tables(count, columns: columns)) { database in
        let result = try await EitherDatabase.ask("Which tables are there?", database)
        #expect(result.answer.hasPrefix("The database has \(count) tables."), "\(columns): \(result.answer)")
        #expect(result.degraded.isEmpty)
        let last = try await EitherDatabase.ask("columns of table_\(count)", database)
        #expect(last.answer == "The table table_\(count) has \(columns + 1) columns.", "\(last.answer)")
      }
    }
  }

  @Test(arguments: EitherDatabase.allCases)
  func aTableOfAThousandColumnsIsReadWhole(_ engine: EitherDatabase) async throws {
    try await engine.with(Self.tables(1, columns: 1_000)) { database in
      let result = try await EitherDatabase.ask("columns of table_1", database)
      #expect(result.answer == "The table table_1 has 1001 columns.")
      #expect(try await EitherDatabase.ask("How many table_1?", database).status == .completed)
      // A language model gets there too.
      var names: [String] = []
      var offset: Int64? = 0
      while let start = offset {
        let content = try await EitherDatabase.run(
          "describe_tables", ["tables": "table_1", "column_offset": .integer(start)], database
        ).content
        #expect(content.utf8.count <= ContentLimits.contentBytes)
        let table = try #require(try JSONValue(parsing: content)["tables"]?.array?.first)
        #expect(table["columns_in_all"] == 1_001)
        names += (table["columns"]?.array ?? []).compactMap { $0["name"]?.string }
        offset = table["next_column_offset"]?.integer
      }
      #expect(names == ["id"] + (1...1_000).map { "measured_value_\($0)" })
      let some = try await EitherDatabase.run(
        "describe_tables", ["tables": "table_1", "column_offset": 500, "column_limit": 2, "values": false], database)
      let shown = try JSONValue(parsing: some.content)["tables"]?.array?.first?["columns"]?.array
      #expect(shown?.compactMap { $0["name"]?.string } == ["measured_value_500", "measured_value_501"])
    }
  }

  @Test func whatDescribeTablesLeavesOutIsNamed() async throws {
    try await EitherDatabase.sqlite.with(Self.tables(4, columns: 150)) { database in
      let content = try JSONValue(parsing: try await EitherDatabase.run("describe_tables", ["values": false], database).content)
      let shown = (content["tables"]?.array ?? []).compactMap { $0["name"]?.string }
      let left = (content["left_out"]?.array ?? []).compactMap(\.string)
      #expect(!shown.isEmpty && !left.isEmpty && shown + left == (1...4).map { "table_\($0)" })
      #expect(content["truncated"] == true && content["total"] == 4)
    }
  }

  @Test func aListOfManyTablesIsReadInPages() async throws {
    try await EitherDatabase.sqlite.with(
      (100..<620).map { "CREATE TABLE a_table_with_a_rather_long_name_\($0) (id INTEGER);" }.joined(separator: "\n")
    ) { database in
      let result = try await EitherDatabase.ask("Which tables are there?", database)
      #expect(result.answer.hasPrefix("The database has 520 tables."), "\(result.answer)")
    }
  }

  @Test(arguments: EitherDatabase.allCases)
  func theEndsOfManyGroupsAreThoseOfAllOfThem(_ engine: EitherDatabase) async throws {
    let script = """
      CREATE TABLE sales (shop text, amount integer);
      INSERT INTO sales SELECT 's' || substr('0000' || i, length('0000' || i) - 3), CASE WHEN i = 600 THEN 99999 ELSE 10 + i END
        FROM \(engine.numbers(600));
      """
    try await engine.with(script) { database in
      let result = try await EitherDatabase.ask("total amount by shop", database)
      #expect(result.answer.contains("600 groups"), "\(result.answer)")
      #expect(result.answer.contains("from 11 (s0001) to 99,999 (s0600)"), "\(result.answer)")
      #expect(result.insights.contains("The table shows 500 of 600 rows."))
    }
  }

  @Test(arguments: EitherDatabase.allCases)
  func aHistogramCountsIntoTheBinBelow(_ engine: EitherDatabase) async throws {
    let script = """
      CREATE TABLE staff (id integer PRIMARY KEY, salary integer);
      INSERT INTO staff SELECT i, CASE i WHEN 1 THEN 3000 WHEN 2 THEN 5300 WHEN 3 THEN 6800 WHEN 4 THEN 8800
        WHEN 5 THEN 13000 ELSE 3000 + 10 * i END FROM \(engine.numbers(16));
      """
    try await engine.with(script) { database in
      let result = try await EitherDatabase.ask("describe this database", database)
      let sql = try #require(result.sqlUsed.map(\.sql).first { $0.contains("AS bins") }, "\(result.sqlUsed.map(\.sql))")
      let rows = try await database.query(sql, [], limits: QueryLimits()).rows
      let bins = rows.map { $0.map { value -> Int64 in if case .integer(let number) = value { number } else { -1 } } }
      // Every bin of 500, the empty ones too.
      #expect(bins.map { $0[0] } == Array(stride(from: 3_000, through: 13_000, by: 500)))
      #expect(bins.filter { $0[1] > 0 }.map { $0[0] } == [3_000, 5_000, 6_500, 8_500, 13_000])
      #expect(bins.reduce(0) { $0 + $1[1] } == 16)
    }
  }

  @Test(arguments: EitherDatabase.allCases)
  func whatCannotBeCountedIsNotSaidToBeEmpty(_ engine: EitherDatabase) async throws {
    let fails = engine == .sqlite ? "abs(-9223372036854775808 + 0 * id)" : "1 / (id - id)"
    let script = """
      CREATE TABLE things (id integer PRIMARY KEY, name text); INSERT INTO things VALUES (1, 'a'), (2, 'b'), (3, NULL);
      CREATE VIEW failing AS SELECT id, name, \(fails) AS broken FROM things WHERE \(fails) IS NOT NULL;
      """
    try await engine.with(script) { database in
      let result = try await EitherDatabase.ask("describe this database", database)
      #expect(result.answer.contains("2 tables with 5 columns and 3 rows in all"), "\(result.answer)")
      #expect(result.answer.contains("without the rows of failing, which could not be counted"))
      #expect(!result.insights.contains { $0.contains("failing is empty") })
      #expect(result.degraded.contains { $0.hasPrefix("failing could not be counted: ") && !$0.contains("{") })
      #expect(result.status == .partial)
      #expect(result.table?.rows.first { $0.cells.first?.text == "failing" }?.cells[1].text == nil)
    }
  }

  @Test(arguments: EitherDatabase.allCases)
  func yearMonthAndDayColumnsMakeADay(_ engine: EitherDatabase) async throws {
    let script = """
      CREATE TABLE flights (id integer PRIMARY KEY, year integer, month integer, day integer, delay integer);
      INSERT INTO flights VALUES (1, 2013, 1, 5, 3), (2, 2013, 1, 5, 4), (3, 2013, 2, 6, 5);
      """
    try await engine.with(script) { database in
      let days = try await EitherDatabase.ask("How many flights by day?", database)
      #expect(days.status == .completed, "\(days.answer)")
      #expect(days.table?.rows.map { $0.cells.map { $0.text ?? "" } } == [["2013-01-05", "2"], ["2013-02-06", "1"]])
      let weekdays = try await EitherDatabase.ask("How many flights per weekday?", database)
      #expect(weekdays.table?.rows.map { $0.cells.map { $0.text ?? "" } } == [["Wednesday", "1"], ["Saturday", "2"]])
    }
  }

  @Test(arguments: EitherDatabase.allCases)
  func aWeekIsThatOfISO8601(_ engine: EitherDatabase) async throws {
    let script = """
      CREATE TABLE visits (id integer PRIMARY KEY, visited_on date);
      INSERT INTO visits VALUES (1, '2020-12-31'), (2, '2021-01-03'), (3, '2021-01-04'), (4, '2024-12-30'), (5, '2016-01-01');
      """
    try await engine.with(script) { database in
      let weeks = try await EitherDatabase.ask("visits by week", database)
      #expect(
        weeks.table?.rows.map { $0.cells.map { $0.text ?? "" } } == [
          ["2015-W53", "1"], ["2020-W53", "2"], ["2021-W01", "1"], ["2025-W01", "1"],
        ], "\(weeks.answer)")
    }
  }

  @Test(arguments: EitherDatabase.allCases)
  func columnsWithoutAnyValueEndNoTask(_ engine: EitherDatabase) async throws {
    let script = (1...10).map { table in
      let list = (1...45).map { "note_\($0) text" }.joined(separator: ", ")
      return "CREATE TABLE table_\(table) (id integer PRIMARY KEY, \(list)); INSERT INTO table_\(table) (id) VALUES (1), (2);"
    }.joined(separator: "\n")
    try await engine.with(script) { database in
      let result = try await EitherDatabase.ask("describe this database", database)
      #expect(result.status == .completed, "\(result.answer) \(result.degraded)")
      #expect(result.answer.contains("10 tables with 460 columns and 20 rows in all"))
    }
  }

  @Test func aTextThatIsNoUTF8IsShownAsBytes() async throws {
    let script =
      "CREATE TABLE notes (id INTEGER PRIMARY KEY, kind TEXT); INSERT INTO notes VALUES (1, CAST(x'636166e9' AS TEXT));"
    try await EitherDatabase.sqlite.with(script) { database in
      let result = try await EitherDatabase.ask("How many notes by kind?", database)
      #expect(result.status == .completed, "\(result.answer)")
      #expect(result.table?.rows.first?.cells.map { $0.text ?? "" } == ["caf\\xe9", "1"])
    }
  }

  @Test func aSumBeyondSixtyFourBitsIsRoundedAndSaysSo() async throws {
    let script = """
      CREATE TABLE payments (id INTEGER PRIMARY KEY, amount INTEGER);
      INSERT INTO payments VALUES (1700000000000000001, 9000000000000000000), (1700000000000000002, 9000000000000000000);
      """
    try await EitherDatabase.sqlite.with(script) { database in
      let result = try await EitherDatabase.ask("What is the total amount?", database)
      #expect(result.status == .completed, "\(result.answer)")
      #expect(result.answer.contains("1.8e+19"), "\(result.answer)")
      #expect(result.insights.contains { $0.contains("rounded") })
      for columns in [["amount"], ["id", "amount"]] as [[JSONValue]] {
        let content = try await EitherDatabase.run(
          "analyze", ["operation": "describe", "table": "payments", "columns": .array(columns)], database
        ).content
        let last = try #require(try JSONValue(parsing: content)["columns"]?.array?.last)
        #expect(last["sum"]?.number == 1.8e19 && last["sum_is_rounded"] == true && last["max"] == 9_000_000_000_000_000_000)
      }
      let grouped = try await EitherDatabase.run(
        "analyze", ["operation": "group_by", "table": "payments", "columns": "amount", "by": ["amount"], "functions": ["sum"]],
        database)
      #expect(try JSONValue(parsing: grouped.content)["sum_is_rounded"] == true)
    }
  }

  @Test(arguments: EitherDatabase.allCases)
  func sentencesAgreeWithTheirNumbers(_ engine: EitherDatabase) async throws {
    let script = """
      CREATE TABLE departments (id integer PRIMARY KEY, name text);
      CREATE TABLE orders (id integer PRIMARY KEY, total numeric(8, 2), placed date);
      INSERT INTO departments VALUES (1, 'Law'); INSERT INTO orders VALUES (1, 42, '2024-01-02');
      """
    try await engine.with(script) { database in
      #expect(try await EitherDatabase.ask("How many orders?", database).answer == "There is 1 row in orders.")
      #expect(try await EitherDatabase.ask("list departments", database).answer == "departments: 1 row.")
      let late = try await EitherDatabase.ask("What is the total of total?", database).answer
      #expect(!late.contains("total total"), "\(late)")
    }
  }

  @Test func anAverageOfPostgreSQLIsANumber() async throws {
    let script = """
      CREATE TABLE sales (id integer PRIMARY KEY, shop text, amount integer);
      INSERT INTO sales VALUES (1, 'a', 75), (2, 'a', 75), (3, 'a', 76), (4, 'b', 14), (5, 'b', 14);
      """
    try await EitherDatabase.postgresql.with(script) { database in
      let one = try await EitherDatabase.ask("What is the average amount?", database).answer
      #expect(one.hasPrefix("The average amount is 50.80, over all 5"), "\(one)")
      let each = try await EitherDatabase.ask("average amount by shop", database)
      #expect(each.answer.contains("from 14 (b) to 75.33 (a)"), "\(each.answer)")
      #expect(each.table?.rows.allSatisfy { $0.cells[1].isNumber } == true)
    }
  }
}
