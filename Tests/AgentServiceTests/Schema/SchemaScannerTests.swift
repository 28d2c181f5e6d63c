import JSON
import Testing
import Wire

@testable import AgentService

struct SchemaScannerTests {
  private static let script = """
    CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT);
    CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, country TEXT, born DATE, note TEXT);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers, amount NUMERIC, status TEXT);
    INSERT INTO countries VALUES ('FR', 'France'), ('ID', 'Indonesia'), ('IT', 'Italy'), ('JP', 'Japan');
    INSERT INTO customers
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
      SELECT i, 'Customer ' || i, CASE i % 3 WHEN 0 THEN 'FR' WHEN 1 THEN 'ID' ELSE 'IT' END,
        date('1980-01-01', (i || ' days')), replace(hex(zeroblob(60)), '0', 'x') || i FROM n;
    INSERT INTO orders
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
      SELECT i, 1 + i % 300, i * 0.5, CASE WHEN i = 60000 THEN 'lost' WHEN i % 10 = 0 THEN NULL ELSE 'paid' END FROM n;
    CREATE VIEW gone AS SELECT * FROM nowhere;
    """

  @Test("a scan knows rows, values, ranges, keys declared and not, and says what it looked at")
  func scan() async throws {
    let sample = try SampleDatabase(Self.script)
    defer { sample.remove() }
    let scan = try await SchemaScanner(database: try await sample.open()).scan()
    #expect(scan.tables.map(\.name) == ["countries", "customers", "gone", "orders"])
    #expect(scan.tables.map(\.rows) == [4, 300, nil, 60_000])
    let customers = scan.tables[1]
    #expect(customers.columns[2].values == ["FR", "ID", "IT"] && customers.columns[2].allValues)
    #expect(customers.columns[2].distinctValues == 3)
    #expect(customers.columns[3].least == "1980-01-02" && customers.columns[3].greatest == "1980-10-27")
    #expect(customers.columns[1].distinctValues == 300)
    #expect(customers.columns[1].values.count == 3 && !customers.columns[1].allValues)
    // Prose is counted, but not shown.
    #expect(customers.columns[4].values.isEmpty)
    #expect(customers.sampledRows == nil)
    let key = try #require(customers.keys.first)
    #expect((key.column, key.table, key.foreignColumn) == ("country", "countries", "code"))
    #expect(key.inferred && key.matchPercent == 100)
    let orders = scan.tables[3]
    #expect(orders.keys.map(\.inferred) == [false])
    #expect(orders.sampledRows == 50_000)
    // All values of a category count, also one that only a row beyond the sample has.
    #expect(orders.columns[3].values == ["paid", "lost"] && orders.columns[3].allValues)
    #expect(orders.columns[3].nulls == 5_000)
    #expect(orders.columns[2].least == "0.5")
    #expect(scan.notes.isEmpty)
  }

  @Test("what there was no time for is said, not made up")
  func noTime() async throws {
    let sample = try SampleDatabase(Self.script)
    defer { sample.remove() }
    let patience = SchemaScanner.Patience(countMs: 0, countAllMs: 0, figuresMs: 0, figuresAllMs: 0, keysMs: 0)
    let scan = try await SchemaScanner(database: try await sample.open(), patience: patience).scan()
    #expect(scan.tables.map(\.rows) == [nil, nil, nil, nil])
    #expect(scan.tables.allSatisfy { $0.columns.allSatisfy { $0.values.isEmpty && $0.distinctValues == nil } })
    #expect(scan.notes.count == 2)
    #expect(scan.notes[0].contains("countries, customers, gone, orders"))
  }

  @Test("PostgreSQL: comments, other schemas, types that cannot be compared")
  func postgreSQL() async throws {
    let server = try PostgreSQLServer.shared.get()
    let database = PostgreSQLDatabase(uri: server.uri(.reader))
    try await database.open()
    let scan = try await SchemaScanner(database: database).scan()
    #expect(scan.dialect == .postgresql)
    let archive = try scan.table(named: "archive.orders")
    #expect(archive.schema == "archive" && archive.sqlName == #""archive"."orders""#)
    let orders = try scan.table(named: "orders")
    #expect(orders.comment == "What was bought")
    #expect(try orders.column(named: "amount").comment == "In euros")
    #expect(orders.rows ?? 0 > 0)
    #expect(try !orders.column(named: "amount").least.isEmpty)
    // By which clock "in February" is meant is said, to people and to models.
    let zone = try await database.query("SHOW TimeZone", [], limits: QueryLimits()).rows[0][0]
    #expect(scan.notes == [SchemaScan.zoneNote + "\(zone.cell.text ?? ""), as the database or the connection's role has it."])
    // Also where there is no room for all tables.
    for bytes in [12_000, 700] {
      let briefing = try await SchemaBriefing.text(of: SessionSchema(database), for: "orders in February", bytes: bytes)
      #expect(briefing.contains(scan.notes[0]) && briefing.contains("search_schema") == (bytes == 700), "\(briefing)")
    }
    await database.close()
  }

  @Test("a database of 500 tables is looked at, and the right tables are found in it")
  func manyTables() async throws {
    var script = ""
    for index in 1...495 {
      script += "CREATE TABLE ledger_\(index) (id INTEGER PRIMARY KEY, amount_\(index) REAL, booked_on DATE);"
    }
    script += """
      CREATE TABLE employees (id INTEGER PRIMARY KEY, full_name TEXT, department_id INTEGER REFERENCES departments(id));
      CREATE TABLE departments (id INTEGER PRIMARY KEY, title TEXT);
      CREATE TABLE salaries (employee_id INTEGER REFERENCES employees(id), monthly_pay REAL, since DATE);
      CREATE TABLE ferries (id INTEGER PRIMARY KEY, harbour TEXT);
      INSERT INTO ferries VALUES (1, 'Tanjung Priok'), (2, 'Merak');
      CREATE TABLE misc (k TEXT, v TEXT);
      """
    let sample = try SampleDatabase(script)
    defer { sample.remove() }
    let database = try await sample.open()
    let schema = SessionSchema(database)
    let (scan, found, bridges) = try await schema.search("Which department has the highest average pay?", limit: 3)
    #expect(scan.tables.count == 500)
    #expect(Set(found.map { scan.tables[$0].name }) == ["departments", "employees", "salaries"])
    #expect(bridges.isEmpty)
    // By a value, in a column whose name says nothing of it.
    let ferries = try await schema.search("trips from Merak", limit: 1)
    #expect(ferries.found.map { scan.tables[$0].name } == ["ferries"])
    // What joins two tables that were found comes along.
    let joined = try await schema.search("departments and monthly salaries", limit: 2)
    #expect(Set((joined.found + joined.bridges).map { scan.tables[$0].name }) == ["departments", "salaries", "employees"])
    let text = try await SchemaBriefing.text(of: schema, for: "pay per department", bytes: 4_096)
    #expect(text.utf8.count <= 4_096 && text.contains("CREATE TABLE departments") && text.contains("500 tables"))
    let small = try await SchemaBriefing.text(of: schema, for: "xyzzy", bytes: 4_096)
    #expect(small.contains("none of them has words of the question"))
  }

  @Test("a small schema is told whole, as SQL with what the rows say")
  func briefing() async throws {
    let sample = try SampleDatabase(Self.script)
    defer { sample.remove() }
    let text = try await SchemaBriefing.text(of: SessionSchema(try await sample.open()), for: "?", bytes: 8_192)
    #expect(text.contains("CREATE TABLE customers ( -- 300 rows\n"))
    #expect(text.contains("  country TEXT REFERENCES countries(code), -- 'FR', 'ID', 'IT'\n"))
    #expect(text.contains("  customer_id INTEGER REFERENCES customers(id),"))
    #expect(text.contains("  born DATE, -- 1980-01-02 to 1980-10-27\n"))
  }

  @Test("what is known of a part of the rows is told as that", arguments: EitherDatabase.allCases)
  func sampled(_ engine: EitherDatabase) async throws {
    let script = """
      CREATE TABLE trips (id integer PRIMARY KEY, km integer, kind text, code text);
      INSERT INTO trips SELECT i, CASE WHEN i > 110000 THEN 500 ELSE 1 END, CASE WHEN i > 110000 THEN 'late' ELSE 'early' END,
        'c' || i FROM \(engine.numbers(120_000));
      """
    try await engine.with(script) { database in
      let content = try await EitherDatabase.run("describe_tables", ["tables": "trips"], database).content
      let table = try #require(try JSONValue(parsing: content)["tables"]?.array?.first)
      #expect(table["rows"] == 120_000 && table["sampled_rows"] == 50_000)
      let columns = try #require(table["columns"]?.array)
      // All values of a category were counted.
      #expect(columns[2]["distinct_values"] == 2 && columns[2]["all_values"] == ["early", "late"])
      #expect(columns[3]["distinct_values_at_least"] == 50_000 && columns[3]["distinct_values"] == nil)
      #expect(columns[0]["least"] == nil && columns[0]["greatest"] == nil)
      #expect(columns[0]["least_in_sample"] != nil && columns[1]["greatest_in_sample"] == "1")
      let text = try await SchemaBriefing.text(of: SessionSchema(database), for: "km", bytes: 8_192)
      #expect(!text.contains("1 to 1\n"), "\(text)")
      let described = try await EitherDatabase.run(
        "analyze",
        [
          "operation": "describe",
          "sql":
            "SELECT km FROM (SELECT km FROM trips UNION ALL SELECT km FROM trips UNION ALL SELECT km FROM trips UNION ALL SELECT km FROM trips UNION ALL SELECT km FROM trips) AS five",
        ],
        database
      ).content
      let all = try JSONValue(parsing: described)
      let figures = try #require(all["columns"]?.array?.first)
      #expect(all["all_rows"] == false && figures["rows"] == 600_000 && figures["nulls"] == 0)
      #expect(figures["sum"] == 25_550_000 && abs((figures["mean"]?.number ?? 0) - 42.583333) < 0.0001)
      #expect(figures["quartiles"] == nil && figures["quartiles_of_rows_read"] != nil && figures["distinct"] == nil)
    }
  }

  @Test("tables that are too large for the briefing are named in it")
  func tooLargeForTheBriefing() async throws {
    let list = (1...400).map { "payment_detail_\($0) integer" }.joined(separator: ", ")
    let sample = try SampleDatabase("CREATE TABLE payments (id INTEGER, \(list)); CREATE TABLE other (id INTEGER);")
    defer { sample.remove() }
    let text = try await SchemaBriefing.text(of: SessionSchema(try await sample.open()), for: "payments", bytes: 4_096)
    #expect(text.contains("Not shown, though they seem to be about the question: payments."))
    #expect(text.utf8.count <= 4_096)
  }
}
