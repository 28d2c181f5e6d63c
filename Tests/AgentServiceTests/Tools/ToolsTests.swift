import JSON
import Testing
import Wire

@testable import AgentService

struct ToolsTests {
  @Test("list_tables names every table with its rows; a broken view hides nothing")
  func listTables() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let tables = try await rig.json("list_tables", [:])["tables"]?.array ?? []
    #expect(tables.count == 6)
    #expect(tables[0] == ["name": "big_orders", "kind": "view", "rows": 2, "columns": 5])
    #expect(tables[1] == ["name": "broken", "kind": "view", "rows": nil, "columns": 0])
    #expect(tables[5] == ["name": "orders", "kind": "table", "rows": 4, "columns": 5])
  }

  @Test("describe_tables shows columns and keys of the tables that are asked for, whatever the case")
  func describeTables() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let tables = try await rig.json("describe_tables", ["tables": ["Orders"], "values": false])["tables"]?.array ?? []
    #expect(tables.count == 1)
    #expect(tables[0]["rows"] == 4)
    #expect(tables[0]["columns"]?.array?.first == ["name": "id", "type": "INTEGER", "nullable": false, "primary_key": true])
    #expect(
      tables[0]["foreign_keys"]?.array?.first == ["column": "customer_id", "table": "customers", "foreign_column": "id"])
    #expect(try await rig.json("describe_tables", [:])["tables"]?.array?.count == 6)
    let columns = try await rig.json("describe_tables", ["tables": "customers"])["tables"]?.array?.first?["columns"]?.array
    #expect(columns?.last?["all_values"] == ["Paris", "Rome"])
  }

  @Test("sample_rows and distinct_values read one table")
  func rows() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let sample = try await rig.json("sample_rows", ["table": "customers", "columns": ["name", "CITY"], "limit": 2])
    #expect(sample["columns"] == ["name", "city"])
    #expect(sample["rows"] == [["Ada", "Paris"], ["Bo", "Rome"]])
    let values = try await rig.json("distinct_values", ["table": "orders", "column": "shipped_by", "limit": 1])
    #expect(values["rows"] == [["UA", 2]])
    #expect(values["row_count"] == 3)
    #expect(values["truncated"] == true)
  }

  @Test("sql_query shows the first rows and the true count")
  func sqlQuery() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let output = try await rig.run("sql_query", ["sql": "SELECT id, name FROM customers ORDER BY id", "limit": 2])
    #expect(
      output.content
        == #"{"columns":["id","name"],"rows":[[1,"Ada"],[2,"Bo"]],"row_count":3,"exact":true,"truncated":true}"#)
    #expect(output.sql == "SELECT id, name FROM customers ORDER BY id")
    #expect(output.rowCount == 3)
  }

  @Test("no value is lost on the way to the model")
  func values() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let rows = try await rig.json("sql_query", ["sql": "SELECT a, b, d FROM odd"])["rows"]
    #expect(
      rows == [
        [.integer(.max), 0.1, ["blob_bytes": 2, "hex": "00ff"]], [.integer(.min), "Infinity", nil],
      ])
  }

  @Test("content keeps its size: rows and long cells are cut, and it says so")
  func contentLimit() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, hex(zeroblob(100)) FROM n"
    let output = try await rig.run("sql_query", ["sql": .string(sql), "limit": 1_000])
    #expect(output.content.utf8.count <= ContentLimits.contentBytes)
    let content = try JSONValue(parsing: output.content)
    #expect(content["truncated"] == true)
    #expect(content["row_count"] == 900)
    #expect((100...200).contains(content["rows"]?.array?.count ?? 0))
    let long = try await rig.json("sql_query", ["sql": "SELECT hex(zeroblob(50000))"])
    #expect(long["truncated"] == true)
    #expect(long["rows"]?.array?.count == 1)
  }

  @Test("files are written, listed and read back; writing again changes nothing")
  func files() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    for _ in 1...2 {
      let output = try await rig.run("write_file", ["path": "reports/a.md", "content": "# Ünï\n"])
      #expect(output.content == #"{"path":"reports/a.md","bytes":8}"#)
      #expect(output.files == ["reports/a.md"])
    }
    #expect(try await rig.json("list_files", [:]) == ["files": [["path": "reports/a.md", "bytes": 8]]])
    let read = try await rig.json("read_file", ["path": "reports/a.md"])
    #expect(read == ["path": "reports/a.md", "bytes": 8, "offset": 0, "text": "# Ünï\n"])
    #expect(await rig.error("read_file", ["path": "reports/b.md"])?.errorCode == .notFound)
    #expect(await rig.error("read_file", ["path": "reports/a.md", "offset": 3])?.errorCode == .toolArguments)
    #expect(await rig.error("write_file", ["path": "../a.md", "content": ""])?.errorCode == .pathRefused)
  }

  @Test("a long file is read piece by piece, whole")
  func longFile() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let text = String(repeating: "\"ä\u{1}\n", count: 20_000)
    _ = try await rig.run("write_file", ["path": "long.txt", "content": .string(text)])
    var (read, offset) = ("", Int64(0))
    for _ in 1...40 {
      let output = try await rig.run("read_file", ["path": "long.txt", "offset": .integer(offset)])
      #expect(output.content.utf8.count <= ContentLimits.contentBytes)
      let piece = try JSONValue(parsing: output.content)
      read += piece["text"]?.string ?? ""
      guard let next = piece["next_offset"]?.integer else { break }
      offset = next
    }
    #expect(read == text)
  }

  @Test("mode analysis writes reports only")
  func reports() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    for path in ["a.md", "b.HTML"] {
      _ = try await rig.run("write_file", ["path": .string(path), "content": "x"], mode: .analysis)
    }
    for path in ["a.sh", "a.md.py", "md"] {
      let error = await rig.error("write_file", ["path": .string(path), "content": "x"], mode: .analysis)
      #expect(error?.errorCode == .toolArguments)
      _ = try await rig.run("write_file", ["path": .string(path), "content": "x"], mode: .script)
    }
  }

  @Test("remember keeps a fact in the scope that is named, and recall finds it")
  func memory() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let own = try await rig.json("remember", ["key": "k", "content": "net is gross less tax"])
    #expect(own == ["id": "mem_0123456789ab", "scope": "session", "namespace": "notes", "key": "k", "version": 1])
    _ = try await rig.run(
      "remember",
      ["key": "k", "content": "shared", "scope": "shared", "namespace": "a/b", "value": ["n": 1], "importance": 0.9])
    let requests = rig.memory.requests
    #expect(requests.map(\.scope) == ["sess_0123456789ab", "shared"])
    #expect(requests.map(\.dbConnectionId) == ["shop", "shop"])
    #expect(requests[1].value == #"{"n":1}"#)
    #expect(requests[1].importance == 0.9)
    #expect(requests[0].sourceStep == 3)
    let found = try await rig.json("recall", ["query": "gross"])["memories"]?.array ?? []
    #expect(found.count == 1)
    #expect(found[0]["scope"] == "session")
    #expect(found[0]["content"] == "net is gross less tax")
  }

  @Test("a block of this session is rewritten as a whole")
  func block() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let written = try await rig.json("update_block", ["label": "persona", "value": "Be brief."])
    #expect(written == ["label": "persona", "scope": "session", "characters": 9, "limit": 5_000, "version": 2])
  }

  @Test("finish carries the whole answer")
  func finish() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let output = try await rig.run(
      "finish",
      [
        "answer": "Two.", "table": ["columns": ["a", "b"], "rows": [[1, nil], [2.5, "x"]]], "insights": ["i"],
        "suggestions": ["s"], "status": "partial", "degraded": ["d"],
      ])
    let finish = try #require(output.finish)
    #expect(finish.answer == "Two.")
    #expect(finish.status == .partial)
    #expect((finish.insights, finish.suggestions, finish.degraded) == (["i"], ["s"], ["d"]))
    #expect(finish.table?.columns == ["a", "b"])
    #expect(finish.table?.rows.map { $0.cells.map(\.text) } == [["1", nil], ["2.5", "x"]])
    #expect(finish.table?.rows[0].cells.map(\.isNumber) == [true, false])
    #expect(try await rig.run("finish", ["answer": "x", "table": nil]).finish?.status == .completed)
  }

  @Test("make_chart draws a query's result, the same at every run")
  func chart() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let arguments: JSONValue = [
      "path": "charts/o.svg", "kind": "bar", "title": "Orders", "x": "customer_id", "y": "n",
      "sql": "SELECT customer_id, count(*) AS n FROM orders GROUP BY 1 ORDER BY 1",
    ]
    let output = try await rig.run("make_chart", arguments)
    #expect(output.content == #"{"path":"charts/o.svg","kind":"bar","rows":3,"series":1}"#)
    #expect(output.files == ["charts/o.svg"])
    let first = try rig.context.folder.read("charts/o.svg")
    _ = try await rig.run("make_chart", arguments)
    #expect(try rig.context.folder.read("charts/o.svg") == first)
    let inline: JSONValue = [
      "path": "charts/i.svg", "kind": "line", "title": "Inline", "x": "day", "y": ["a", "b"],
      "columns": ["day", "a", "b"], "rows": [["2024-01-01", 1, nil], ["2024-01-02", 2.5, 4]],
    ]
    #expect(try await rig.json("make_chart", inline)["series"] == 2)
    let long = arguments.merging(patch: ["sql": .string(SQLiteLimitsTests.numbers.replacing("5000", with: "20000")), "x": "i"])
    #expect(await rig.error("make_chart", long)?.errorCode == .toolArguments)
    let write = arguments.merging(patch: ["sql": "DELETE FROM orders"])
    #expect(await rig.error("make_chart", write)?.errorCode == .sqlRefused)
  }
}
