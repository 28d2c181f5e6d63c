import JSON
import Testing
import Wire

@testable import AgentService

struct ToolRegistryTests {
  static let query: Set = [
    "list_tables", "describe_tables", "search_schema", "sample_rows", "distinct_values", "sql_query", "recall", "read_result",
    "ask_user", "finish",
  ]
  static let analysis = query.union([
    "remember", "make_chart", "write_file", "analyze", "export_data", "make_report", "update_todos",
    "update_block",
  ])
  static let all = analysis.union(["read_file", "list_files", "delegate", "edit_file", "search_files", "python"])

  @Test(
    "each mode has its tools and no others",
    arguments: [
      (SessionMode.query, query), (.analysis, analysis), (.script, all), (.fullAutonomy, all), (.unspecified, query),
    ])
  func modes(_ mode: SessionMode, _ names: Set<String>) {
    #expect(Set(ToolRegistry.standard.tools(for: mode).map(\.name)) == names)
  }

  @Test("a tool outside the mode is unknown, and the message lists those inside")
  func outside() async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let error = await rig.error("write_file", ["path": "a.md", "content": "x"], mode: .query)
    #expect(error?.errorCode == .unknownTool)
    #expect(error?.message.contains("sql_query") == true)
    #expect(error?.message.contains("make_chart") == false)
    #expect(try rig.context.folder.list().isEmpty)
  }

  @Test("effects are declared as they are")
  func effects() {
    let effects = Dictionary(
      uniqueKeysWithValues: ToolRegistry.standard.tools(for: .fullAutonomy).map { ($0.name, $0.sideEffect) })
    let writing = effects.filter { $0.value != .pure }
    let idempotent = ["write_file", "make_chart", "remember", "export_data", "make_report", "python", "update_block"]
    #expect(writing.filter { $0.value == .idempotent }.keys.sorted() == idempotent.sorted())
    #expect(writing.filter { $0.value != .idempotent } == ["edit_file": .unsafe])
  }

  @Test("every schema is an object that takes nothing unknown and requires only what it describes")
  func schemas() {
    for tool in ToolRegistry.standard.tools(for: .fullAutonomy) {
      #expect(tool.parameters["type"] == "object")
      #expect(tool.parameters["additionalProperties"] == false)
      let names = (tool.parameters["properties"]?.object ?? []).map(\.key)
      for required in tool.parameters["required"]?.array ?? [] { #expect(names.contains(required.string ?? "")) }
      for property in tool.parameters["properties"]?.object ?? [] {
        #expect(property.value["description"]?.string?.isEmpty == false, "\(tool.name).\(property.key)")
      }
    }
  }

  @Test("arguments that are no JSON object are refused", arguments: ["{", "[]", "1", "null", "{} x"])
  func badJSON(_ text: String) async throws {
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let call = ToolCall.with { ($0.name, $0.arguments) = ("list_tables", text) }
    let error = await wireError { () async throws(WireError) in
      _ = try await ToolRegistry.standard.run(call, mode: .query, rig.context)
    }
    #expect(error?.errorCode == .toolArguments)
  }

  static let badCalls: [(tool: String, arguments: JSONValue, named: String)] = [
    ("list_tables", ["x": 1], "'x'"),
    ("describe_tables", ["tables": 1], "'tables'"),
    ("describe_tables", ["tables": ["customers", 2]], "'tables'"),
    ("describe_tables", ["tables": ["nowhere"]], "'nowhere'"),
    ("sample_rows", [:], "'table'"),
    ("sample_rows", ["table": "customer"], "'customers'"),
    ("sample_rows", ["table": "customers", "limit": 0], "'limit'"),
    ("sample_rows", ["table": "customers", "limit": 1.5], "'limit'"),
    ("sample_rows", ["table": "customers", "columns": "nam"], "'name'"),
    ("distinct_values", ["table": "customers"], "'column'"),
    ("distinct_values", ["table": "customers", "column": "zip"], "'zip'"),
    ("sql_query", [:], "'sql'"),
    ("sql_query", ["sql": ""], "'sql'"),
    ("sql_query", ["sql": 7], "'sql'"),
    ("sql_query", ["sql": "SELECT 1", "limit": 1_001], "'limit'"),
    ("write_file", ["path": "a.md"], "'content'"),
    ("read_file", [:], "'path'"),
    ("list_files", ["path": "x"], "'path'"),
    ("remember", ["content": "x"], "'key'"),
    ("remember", ["key": "k", "content": "x", "scope": "everyone"], "'scope'"),
    ("remember", ["key": "k", "content": "x", "value": [1]], "'value'"),
    ("remember", ["key": "k", "content": "x", "importance": 2], "'importance'"),
    ("recall", ["query": " "], "'query'"),
    ("finish", [:], "'answer'"),
    ("finish", ["answer": "x", "status": "failed"], "'status'"),
    ("finish", ["answer": "x", "table": ["columns": ["a"], "rows": [[1, 2]]]], "'table'"),
    ("finish", ["answer": "x", "insights": [1]], "'insights'"),
    ("make_chart", ["path": "a.svg", "kind": "cake", "title": "t", "x": "a"], "'kind'"),
    ("make_chart", ["path": "a.gif", "kind": "bar", "title": "t", "x": "a", "sql": "SELECT 1 a, 2 b"], "'path'"),
    ("make_report", ["path": "a.html", "title": "t", "sections": [["text": "x"]]], "'heading'"),
    ("analyze", ["operation": "guess", "table": "orders"], "'operation'"),
    ("analyze", ["operation": "describe"], "'table'"),
    ("analyze", ["operation": "quantiles", "table": "orders", "columns": "amount", "probabilities": [2]], "'probabilities'"),
    ("make_chart", ["path": "a.svg", "kind": "bar", "title": "t", "x": "a"], "'sql'"),
    ("make_chart", ["path": "a.svg", "kind": "bar", "title": "t", "x": "z", "sql": "SELECT 1 a, 2 b"], "'x'"),
    ("make_chart", ["path": "a.svg", "kind": "bar", "title": "t", "x": "a", "y": "z", "sql": "SELECT 1 a, 2 b"], "'y'"),
    ("make_chart", ["path": "a.svg", "kind": "bar", "title": "t", "x": "a", "sql": "SELECT 1 a, 'b' b"], "'y'"),
    ("make_chart", ["path": "a.svg", "kind": "bar", "title": "t", "x": "a", "columns": ["a", "b"], "rows": [[1]]], "'rows'"),
    ("make_chart", ["path": "a.svg", "kind": "bar", "title": "t", "x": "a", "sql": "SELECT 1 a, 2 b WHERE 0"], "no rows"),
  ]

  @Test("bad arguments are refused with a sentence that names the argument", arguments: badCalls.indices)
  func badArguments(_ index: Int) async throws {
    let (tool, arguments, named) = Self.badCalls[index]
    let rig = try await ToolRig()
    defer { rig.sample.remove() }
    let error = await rig.error(tool, arguments)
    #expect(error?.errorCode == .toolArguments, "\(tool) \(arguments)")
    #expect(error?.message.contains(named) == true, "\(tool) \(arguments): \(error?.message ?? "")")
  }
}
