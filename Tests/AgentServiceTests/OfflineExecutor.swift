import JSON
import SQLite
import Wire

@testable import AgentService

/// Runs the offline model's calls against a real database in the shapes of the real tools, and keeps the transcript.
struct OfflineExecutor {
  static let allTools = [
    "list_tables", "describe_tables", "sample_rows", "distinct_values", "sql_query", "write_file", "read_file", "list_files",
    "make_chart", "remember", "recall", "finish",
  ]
  static let queryTools = ["list_tables", "describe_tables", "sample_rows", "distinct_values", "sql_query", "finish"]

  let database: SQLiteConnection
  var tools = allTools
  var memories: [JSONValue] = []
  var files: [String: String] = [:]
  var stepsLeft = 100
  var language = Language.en
  /// Calls of these tools fail.
  var broken: Set<String> = []
  private(set) var replies: [ModelReply] = []

  init(_ database: SQLiteConnection) { self.database = database }

  struct Outcome {
    var finish: JSONValue
    var entries: [TranscriptEntry]
    var answer: String { finish["answer"]?.string ?? "" }
    var rows: [[JSONValue]] { (finish["table"]?["rows"]?.array ?? []).map { $0.array ?? [] } }
    var columns: [String] { (finish["table"]?["columns"]?.array ?? []).compactMap(\.string) }
    var status: String { finish["status"]?.string ?? "" }
    func texts(_ key: String) -> [String] { (finish[key]?.array ?? []).compactMap(\.string) }
  }

  func turn(_ entries: [TranscriptEntry], stepsLeft: Int) -> ModelTurn {
    let definitions = tools.map {
      ToolDefinition(name: $0, description: "", parameters: [:], sideEffect: .pure, modes: [.fullAutonomy])
    }
    return ModelTurn(
      system: "", entries: entries, taskId: "task_0123456789ab", tools: definitions, stepsLeft: stepsLeft, language: language)
  }

  static func opening(_ question: String) -> [TranscriptEntry] {
    var started = TranscriptEntry()
    started.taskStarted = TaskStartedEntry()
    started.taskStarted?.taskId = "task_0123456789ab"
    var user = TranscriptEntry()
    user.user = UserEntry()
    user.user?.text = question
    return [started, user]
  }

  /// Goes on from `entries` until `finish`; nil when the model stops without it, or never ends.
  mutating func run(_ entries: [TranscriptEntry]) -> Outcome? {
    var entries = entries
    var left = stepsLeft
    while left > 0 {
      let reply = OfflineModel.reply(to: turn(entries, stepsLeft: left))
      replies.append(reply)
      left -= 1
      var said = TranscriptEntry()
      said.assistant = AssistantEntry()
      said.assistant?.text = reply.text
      said.assistant?.toolCalls = reply.toolCalls
      entries.append(said)
      guard !reply.toolCalls.isEmpty else { return nil }
      for call in reply.toolCalls {
        if call.name == "finish" {
          return (try? JSONValue(parsing: call.arguments)).map { Outcome(finish: $0, entries: entries) }
        }
        entries.append(result(of: call))
      }
    }
    return nil
  }

  mutating func ask(_ question: String) -> Outcome? { run(Self.opening(question)) }

  private mutating func result(of call: ToolCall) -> TranscriptEntry {
    var entry = TranscriptEntry()
    var result = ToolResultEntry()
    result.callId = call.id
    result.name = call.name
    do {
      guard tools.contains(call.name) else { throw SQLExecutionError(text: "there is no tool \(call.name) in this mode") }
      guard !broken.contains(call.name) else { throw SQLExecutionError(text: "\(call.name) is broken") }
      result.content = try content(of: call.name, try JSONValue(parsing: call.arguments)).text()
    } catch {
      result.isError = true
      result.content = "\(error)"
    }
    entry.toolResult = result
    return entry
  }

  struct SQLExecutionError: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
  }

  private mutating func content(of name: String, _ arguments: JSONValue) throws -> JSONValue {
    switch name {
    case "list_tables":
      let found = try query(
        "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name"
      )
      return [
        "tables": .array(
          try found.rows.map { row in
            let table = row[0].string ?? ""
            let rows = try query("SELECT count(*) FROM \(Self.quoted(table))").rows[0][0]
            return ["name": row[0], "kind": row[1], "rows": rows]
          })
      ]
    case "describe_tables":
      return ["tables": .array(try (arguments["tables"]?.array ?? []).compactMap(\.string).map(describe))]
    case "sql_query":
      let found = try query(arguments["sql"]?.string ?? "")
      let limit = Int(arguments["limit"]?.integer ?? 100)
      return [
        "columns": .array(found.columns.map { .string($0) }), "rows": .array(found.rows.prefix(limit).map { .array($0) }),
        "row_count": .integer(Int64(found.rows.count)), "exact": true, "truncated": .bool(found.rows.count > limit),
      ]
    case "write_file":
      let path = arguments["path"]?.string ?? ""
      files[path] = arguments["content"]?.string ?? ""
      return ["path": .string(path), "bytes": .integer(Int64(files[path]?.utf8.count ?? 0))]
    case "read_file":
      guard let text = files[arguments["path"]?.string ?? ""] else { throw SQLExecutionError(text: "no such file") }
      return ["path": arguments["path"] ?? .null, "text": .string(text)]
    case "make_chart":
      let found = try query(arguments["sql"]?.string ?? "")
      for axis in ["x", "y"] where !found.columns.contains(arguments[axis]?.string ?? "") {
        throw SQLExecutionError(text: "the query has no column for \(axis): \(found.columns)")
      }
      let path = arguments["path"]?.string ?? ""
      files[path] = "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"><!-- \(found.rows.count) --></svg>"
      return ["path": .string(path)]
    case "recall": return ["memories": .array(memories)]
    case "remember":
      memories.append(arguments)
      return ["key": arguments["key"] ?? .null]
    default: throw SQLExecutionError(text: "no tool \(name)")
    }
  }

  private func describe(_ table: String) throws -> JSONValue {
    let columns = try query("PRAGMA table_info(\(Self.quoted(table)))").rows
    let keys = try query("PRAGMA foreign_key_list(\(Self.quoted(table)))").rows
    return [
      "name": .string(table),
      "columns": .array(
        columns.map {
          ["name": $0[1], "type": $0[2], "nullable": .bool($0[3].integer == 0), "primary_key": .bool($0[5].integer != 0)]
        }),
      "foreign_keys": .array(keys.map { ["table": $0[2], "column": $0[3], "foreign_column": $0[4]] }),
    ]
  }

  private static func quoted(_ name: String) -> String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

  func query(_ sql: String) throws -> (columns: [String], rows: [[JSONValue]]) {
    let statement = try database.prepare(sql)
    var rows: [[JSONValue]] = []
    let width = statement.columnCount
    while try statement.step() {
      rows.append(
        (0..<width).map { column in
          switch statement.value(column) {
          case .null: .null
          case .integer(let value): .integer(value)
          case .real(let value): .number(value)
          case .text(let value): .string(value)
          case .blob(let bytes): ["blob_bytes": .integer(Int64(bytes.count))]
          }
        })
    }
    return ((0..<width).map { statement.columnName($0) }, rows)
  }
}
