import JSON
import Testing
import Wire

@testable import AgentService

/// Figures beside those of other programs: Python's `statistics`, and what the definitions give by hand.
struct AnalyzeToolTests {
  @Test func momentsAreThoseOfPython() {
    // statistics.mean, statistics.stdev, math.fsum of [1e9+1, 1e9+2, 1e9+4, 1e9+7].
    let moments = Moments([1e9 + 1, 1e9 + 2, 1e9 + 4, 1e9 + 7])
    #expect(moments.mean == 1_000_000_003.5 && moments.sum == 4_000_000_014)
    #expect(abs((moments.standardDeviation ?? 0) - 2.6457513110645907) < 1e-12)
    // 0.1 ten times: a plain sum gives 0.9999999999999999.
    #expect(Moments(repeatElement(0.1, count: 10)).sum == 1)
    #expect(Moments([]).standardDeviation == nil)
  }

  @Test func quantilesAreThoseOfNumPy() {
    // numpy.quantile([1, 2, 4, 8, 16], [0, .1, .25, .5, .9, 1])
    let expected = [1, 1.4, 2, 4, 12.8, 16]
    for (part, value) in zip([0, 0.1, 0.25, 0.5, 0.9, 1], expected) {
      #expect(abs(Quantiles.value([1, 2, 4, 8, 16], part) - value) < 1e-12)
    }
  }

  @Test func correlationsAreThoseOfPython() {
    // statistics.correlation(x, y) and the same with method='ranked'.
    let (x, y) = ([1.0, 2, 3, 4, 5], [2.0, 1, 4, 3, 7])
    #expect(abs((Pairs(zip(x, y).map { ($0, $1) }).correlation ?? 0) - 0.8241633836921342) < 1e-12)
    #expect(abs((Pairs(zip(Ranks.of(x), Ranks.of(y)).map { ($0, $1) }).correlation ?? 0) - 0.8) < 1e-12)
    #expect(Ranks.of([10, 20, 20, 5]) == [2, 3.5, 3.5, 1])
    #expect(Pairs([(1, 1), (1, 2)]).line == nil && Pairs([(1, 5), (2, 5)]).correlation == nil)
  }

  @Test func periodsOfTheCalendarAreNamed() {
    // 29 February 2024, 12:00 UTC, a Thursday.
    let time = 1_709_208_000.0
    #expect(
      TimeBucket.allCases.map { $0.name($0.number(of: time)) } == ["2024-02-29", "2024-02-26", "2024-02", "2024-Q1", "2024"])
    #expect(TimeBucket.month.name(TimeBucket.month.number(of: -1)) == "1969-12")
  }

  @Test func aTableIsDescribed() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let columns = try await rig.json("analyze", ["operation": "describe", "table": "orders"])["columns"]?.array ?? []
    let amount = try #require(columns.first { $0["column"] == "amount" })
    #expect(amount["rows"] == 4 && amount["nulls"] == 1 && amount["sum"] == 169.5 && amount["mean"] == 56.5)
    #expect(amount["min"] == 10.5 && amount["max"] == 99.0 && amount["quartiles"] == [35.25, 60.0, 79.5])
    let shipped = try #require(columns.first { $0["column"] == "shipped_by" })
    #expect(shipped["distinct"] == 2 && shipped["most_frequent"]?.array?.first == ["value": "UA", "count": 2])
  }

  @Test func groupsCountsTrendsAndOutliers() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let counts = try await rig.json("analyze", ["operation": "value_counts", "table": "orders", "columns": "shipped_by"])
    #expect(counts["values"]?.array?.first == ["value": "UA", "count": 2, "share": 0.5])
    let groups = try await rig.json(
      "analyze",
      [
        "operation": "group_by", "table": "orders", "columns": "amount", "by": "customer_id",
        "functions": ["count", "sum", "median"],
      ])
    #expect(groups["rows"]?.array?.first == [1, 2, 109.5, 54.75])
    let numbers =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) SELECT i, CASE i WHEN 50 THEN 9999 ELSE 2 * i + 1 END AS y FROM n"
    let outliers = try await rig.json("analyze", ["operation": "outliers", "sql": .string(numbers), "columns": "y"])
    #expect(outliers["beyond_fences"] == 1 && outliers["robust_z_above_3.5"] == 1 && outliers["rows"] == [[50, 9999]])
    let line =
      "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99) SELECT date('2024-01-01', i || ' days') AS day, 3 * i + 7 AS y FROM n -- comment"
    let trend = try await rig.json("analyze", ["operation": "trend", "sql": .string(line), "columns": ["day", "y"]])
    #expect(trend["slope"] == 3.0 && trend["per"] == "day" && trend["r_squared"] == 1.0 && trend["points"] == 100)
    let months = try await rig.json(
      "analyze", ["operation": "trend", "sql": .string(line), "columns": ["day", "y"], "bucket": "month"])
    #expect(months["periods"]?.array?.map { $0["period"] } == ["2024-01", "2024-02", "2024-03", "2024-04"])
    let correlation = try await rig.json(
      "analyze", ["operation": "correlation", "sql": .string(numbers), "columns": ["i", "y"]])
    #expect(correlation["pairs"]?.array?.first?["n"] == 100)
    #expect(
      await rig.error("analyze", ["operation": "trend", "table": "orders", "columns": "amount"])?.errorCode == .toolArguments)
    #expect(await rig.error("analyze", ["operation": "describe", "sql": "SELECT 1; DELETE FROM orders"]) != nil)
    #expect(
      await rig.error("analyze", ["operation": "describe", "table": "orders", "columns": "amout"])?.message.contains("'amount'")
        == true)
  }

  @Test func postgreSQLsExactNumbersStayExact() async throws {
    let server = try PostgreSQLServer.shared.get()
    let database = PostgreSQLDatabase(uri: server.uri(.reader))
    try await database.open()
    let context = ToolContext(
      sessionId: "sess_0123456789ab", taskId: "task_0123456789ab", connectionId: "shop", database: database,
      folder: ResultsFolder(root: "/nonexistent"), memory: MemoryNotebook(), step: 1)
    let sql = "SELECT * FROM (VALUES (0.1::numeric), (0.2), (12345678901234567890.123456789)) AS t (n)"
    let call = ToolCall.with {
      ($0.name, $0.arguments) = (
        "analyze", JSONValue.object([.init("operation", "describe"), .init("sql", .string(sql))]).text()
      )
    }
    let content = try await ToolRegistry.standard.run(call, mode: .analysis, context).content
    let column = try JSONValue(parsing: content)["columns"]?.array?.first
    #expect(column?["sum"] == "12345678901234567890.423456789" && column?["max"] == "12345678901234567890.123456789")
    await database.close()
  }
}
