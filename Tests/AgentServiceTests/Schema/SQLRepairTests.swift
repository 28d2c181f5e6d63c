import JSON
import Testing
import Wire

@testable import AgentService

/// What a refused statement comes back with.
struct SQLRepairTests {
  @Test("a column that only one other table of the statement has is taken from there, and the result says so")
  func mended() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let sql =
      "SELECT c.name, sum(c.amount) FROM customers AS c JOIN orders o ON o.customer_id = c.id WHERE c.name <> 'c.amount' GROUP BY 1"
    let answer = try await rig.json("sql_query", ["sql": .string(sql)])
    #expect(answer["ran_instead"]?.string == sql.replacing("sum(c.amount)", with: "sum(o.amount)"))
    #expect(answer["row_count"] == 3)
    let output = try await rig.run("sql_query", ["sql": .string(sql)])
    #expect(output.sql.contains("sum(o.amount)"))
    let twice = "SELECT c.amount FROM customers c JOIN orders o ON o.customer_id = c.id"
    #expect(
      try await rig.json("sql_query", ["sql": .string("\(twice) EXCEPT \(twice)")])["ran_instead"]?.string
        == "\(twice) EXCEPT \(twice)".replacing("c.amount", with: "o.amount"))
    #expect(await rig.error("sql_query", ["sql": .string(twice.replacing("c.amount", with: "c.amount - o.amount"))]) != nil)
    // Not when it is not clear, nor when it would have been right.
    #expect(await rig.error("sql_query", ["sql": "SELECT c.zip FROM customers c JOIN orders o ON o.customer_id = c.id"]) != nil)
    #expect(try await rig.json("sql_query", ["sql": "SELECT c.name FROM customers c"])["ran_instead"] == nil)
  }

  @Test("the year, month or day of a table's only date is taken from it")
  func datePart() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let year = try await rig.json("sql_query", ["sql": "SELECT count(*) FROM orders WHERE year = 2024 AND Month = 2"])
    #expect(
      year["ran_instead"] == """
        SELECT count(*) FROM orders WHERE CAST(strftime('%Y', placed) AS INTEGER) = 2024 AND \
        CAST(strftime('%m', placed) AS INTEGER) = 2
        """)
    #expect(year["rows"] == [[2]])
    let joined = try await rig.json(
      "sql_query", ["sql": "SELECT o.year, count(*) FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY o.year"])
    #expect(joined["rows"] == [[2024, 4]])
    // A name that the statement gives itself, and a table without a date.
    for sql in [
      "SELECT strftime('%Y', placed) AS year FROM orders WHERE month = 2 AND Year(placed) = 1", "SELECT year FROM customers",
    ] {
      #expect(await rig.error("sql_query", ["sql": .string(sql)]) != nil)
    }
  }

  @Test("who counts what each group is made of counts the groups")
  func groups() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let sql = "SELECT COUNT(DISTINCT o.customer_id) FROM orders o GROUP BY o.customer_id HAVING count(*) < 2;"
    let answer = try await rig.json("sql_query", ["sql": .string(sql)])
    #expect(answer["rows"] == [[2]] && answer["ran_instead"]?.string?.hasPrefix("SELECT count(*) FROM (SELECT COUNT(") == true)
    for sql in [
      "SELECT count(DISTINCT id) FROM orders GROUP BY customer_id HAVING count(*) < 2",
      "SELECT count(DISTINCT customer_id) FROM orders GROUP BY customer_id",
      "SELECT count(DISTINCT customer_id), 1 FROM orders GROUP BY customer_id HAVING count(*) < 2",
    ] {
      #expect(try await rig.json("sql_query", ["sql": .string(sql)])["ran_instead"] == nil, "\(sql)")
    }
  }

  @Test("errors say where a column is, how it is joined, which tables there are, and what the dialect calls it")
  func hints() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    func message(_ sql: String) async -> String { await rig.error("sql_query", ["sql": .string(sql)])?.message ?? "" }
    #expect(
      await message("SELECT count(*) FROM orders WHERE city = 'Rome'").contains(
        "Add: JOIN customers ON customers.id = orders.customer_id."))
    #expect(await message("SELECT * FROM clients").contains("The tables are: big_orders, broken, carriers, customers"))
    #expect(await message("SELECT * FROM customer").contains("'customers'"))
    #expect(await message("SELECT EXTRACT(YEAR FROM placed) FROM orders").contains("strftime"))
    #expect(await message("SELECT * FROM orders WHERE count(*) > 1").contains("HAVING"))
  }

  @Test("a value that nothing has comes back with the one that was meant")
  func values() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let none = try await rig.json("sql_query", ["sql": "SELECT * FROM customers WHERE city = 'PARIS'"])
    #expect(none["hints"] == ["There is no value 'PARIS'; customers.city has 'Paris'."])
    let zero = try await rig.json("sql_query", ["sql": "SELECT count(*) FROM customers WHERE city = 'Romme'"])
    #expect(zero["hints"] == ["There is no value 'Romme'; customers.city has 'Rome'."])
    #expect(try await rig.json("sql_query", ["sql": "SELECT * FROM customers WHERE city = 'Paris'"])["hints"] == nil)
  }

  @Test("PostgreSQL's messages are understood too")
  func postgreSQL() {
    let scan = SchemaScan.with { scan in
      scan.dialect = .postgresql
      scan.tables = [
        .with { ($0.name, $0.columns) = ("a", [.with { $0.name = "id" }]) },
        .with { ($0.name, $0.columns) = ("b", [.with { $0.name = "id" }, .with { $0.name = "pay" }]) },
      ]
    }
    let repair = SQLRepair("SELECT x.pay FROM a x JOIN b AS y ON x.id = y.id", scan)
    #expect(repair.mended(for: "column x.pay does not exist") == "SELECT y.pay FROM a x JOIN b AS y ON x.id = y.id")
    #expect(SQLRepair("SELECT pay FROM a", scan).hints(for: #"column "pay" does not exist"#).first?.contains("is in: b") == true)
    #expect(SQLRepair("SELECT * FROM games", scan).hints(for: #"relation "games" does not exist"#) == ["The tables are: a, b."])
    let dated = SchemaScan.with { scan in
      scan.dialect = .postgresql
      scan.tables = [.with { ($0.name, $0.columns) = ("a", [.with { ($0.name, $0.type) = ("Day", "date") }]) }]
    }
    #expect(
      SQLRepair("SELECT year FROM a", dated).mended(for: #"column "year" does not exist"#)
        == #"SELECT extract(year FROM "Day") FROM a"#)
    #expect(SQLRepair("SELECT strftime('%Y', d) FROM a", scan).hints(for: "function strftime").first?.contains("to_char") == true)
  }

  private static let foreign: [(sql: String, sqlite: String?, postgreSQL: String?)] = [
    ("SELECT TOP 5 * FROM orders", "LIMIT", "LIMIT"),
    ("SELECT * FROM orders FETCH FIRST 5 ROWS ONLY", "LIMIT", nil), ("SELECT * FROM orders LIMIT 2, 5", nil, "OFFSET"),
    ("SELECT * FROM customers WHERE name ILIKE 'a%'", "LIKE ignores", nil),
    ("SELECT DATEPART(year, placed) FROM orders", "strftime", "extract"), ("SELECT GETDATE()", "date('now')", "now()"),
    ("SELECT ISNULL(city, 'none') FROM customers", "coalesce", "coalesce"),
    ("SELECT NVL(city, 'x') FROM customers", "coalesce", "coalesce"),
    ("SELECT name + 'x'::text FROM customers", nil, "||"), ("SELECT 'a' + 'b'", "||", "||"),
    ("SELECT strftime('%Y', placed) FROM orders", nil, "to_char"), ("SELECT LEN(name) FROM customers", "length", "length"),
    ("SELECT median(amount) FROM orders", "analyze", "percentile_cont"),
    ("SELECT sum(9223372036854775807) FROM orders", "total(", nil),
  ]

  @Test("what another dialect writes is told in the words of this one", arguments: foreign)
  func dialects(_ sql: String, _ sqlite: String?, _ postgreSQL: String?) async throws {
    let sample = try SampleDatabase()
    defer { sample.remove() }
    let postgres = PostgreSQLDatabase(uri: try PostgreSQLServer.shared.get().uri(.reader))
    try await postgres.open()
    for (database, says) in [(try await sample.open() as any UserDatabase, sqlite), (postgres, postgreSQL)] {
      let error = await wireError { () async throws(WireError) in _ = try await database.query(sql, [], limits: QueryLimits()) }
      guard let says else { continue }
      let scan = SchemaScan.with { $0.dialect = database.dialect }
      let hints =
        error.map { [$0.message] + SQLRepair(sql, scan).hints(for: $0.message) } ?? SQLRemarks.about(sql, database.dialect)
      #expect(hints.joined(separator: " ").contains(says), "\(database.dialect): \(hints)")
    }
  }

  private static let doubtful: [(sql: String, says: String?)] = [
    ("SELECT 1/2", "divided"), ("SELECT count(city) / count(*) FROM customers", "divided"),
    ("SELECT city, count(*) FROM customers", "arbitrary"), ("SELECT c.city AS x, avg(c.id) FROM customers c", "arbitrary"),
    ("SELECT name + 'x' FROM customers", "||"),
    ("SELECT 1.0/2, 1/2.0, count(city) * 1.0 / count(*), 100.0 * count(city) / count(*) FROM customers", nil),
    ("SELECT city, count(*) FROM customers GROUP BY city", nil), ("SELECT name, max(id) FROM customers", nil),
    ("SELECT count(*), 'a / b', 'x + y' FROM customers", nil), ("SELECT city FROM customers", nil),
    ("SELECT id + 1 FROM orders", nil),
    ("SELECT name, count(*) OVER () FROM customers", nil),
  ]

  @Test("a statement that runs and says something else than it seems to comes back with that", arguments: doubtful)
  func remarks(_ sql: String, _ says: String?) async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let hints = try await rig.json("sql_query", ["sql": .string(sql)])["hints"]?.array?.compactMap(\.string) ?? []
    #expect(hints.count == (says == nil ? 0 : 1), "\(hints)")
    #expect(says.map { hints.first?.contains($0) == true } ?? true, "\(hints)")
  }

  @Test("explain shows the plan and runs nothing")
  func explain() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let plan = try await rig.run("sql_query", ["sql": "SELECT * FROM orders WHERE id = 1", "explain": true])
    #expect(plan.content.contains("SEARCH orders") && plan.sql.hasPrefix("EXPLAIN QUERY PLAN"))
  }
}
