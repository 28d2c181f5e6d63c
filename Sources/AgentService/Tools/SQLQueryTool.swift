import JSON
import Wire

/// `sql_query {"sql":"SELECT …","limit":100?,"explain":false?}` →
/// `{"columns":["carrier"],"rows":[["UA"]],"row_count":16,"exact":true,"truncated":false}`; see ``QueryResult/content(maxBytes:)``.
///
/// With `explain` the database's plan instead of the rows. An error comes with what is needed to mend the statement, a result of
/// nothing with values that may have been meant, and one that says something else than it seems to with that: `"hints":["…"]`. A statement of which is clear what was meant is mended (see
/// ``SQLRepair/mended(for:)`` and ``SQLRepair/countingGroups(of:)``), and the result says so: `"ran_instead":"SELECT …"`.
struct SQLQueryTool: Tool {
  private static let parameters: [ToolParameter] = [
    .required("sql", .text(maxBytes: 64 * 1024), "One read-only statement: a SELECT, with WITH if needed."),
    .optional("limit", .integer(1...1_000), "How many rows to show; 100 when left out. All are counted."),
    .optional("explain", .flag, "Show how the database would run it, and do not run it."),
  ]

  let definition = ToolDefinition(
    name: "sql_query",
    description: "Runs one read-only SQL statement and shows its first rows and how many there are in all.",
    parameters: parameters.schema, sideEffect: .pure, modes: .everyMode)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let sql = try arguments.requiredText("sql")
    let limits = QueryLimits(rows: arguments.integer("limit", default: 100))
    let isExplained = arguments.flag("explain", default: false)
    let statement = isExplained ? Self.explained(sql, context.database.dialect) : sql
    let (result, ran) = try await answer(to: statement, limits, context)
    var output = ToolOutput(result, sql: ran)
    if ran != statement { output.add("ran_instead", .string(ran)) }
    var hints = SQLRemarks.about(ran, context.database.dialect)
    if result.foundNothing, let scan = try? await context.schema.scan() { hints += SQLRepair(ran, scan).valueHints() }
    if !hints.isEmpty { output.add("hints", .array(hints.map { .string($0) })) }
    return output
  }

  private static func explained(_ sql: String, _ dialect: Dialect) -> String {
    switch dialect {
    case .postgresql: "EXPLAIN " + sql
    case .sqlite, .unspecified: "EXPLAIN QUERY PLAN " + sql
    }
  }

  /// Runs a statement, mended where it is clear what was meant.
  private func answer(
    to sql: String, _ limits: QueryLimits, _ context: ToolContext
  ) async throws(WireError) -> (QueryResult, ran: String) {
    var statement = sql
    var first: WireError?
    if let counting = SQLRepair.countingGroups(of: sql) {
      // What was written says what is wrong, if anything is.
      do throws(WireError) { return (try await context.database.query(counting, [], limits: limits), counting) } catch {}
    }
    for _ in 0...Self.mendings {
      do throws(WireError) { return (try await context.database.query(statement, [], limits: limits), statement) } catch {
        first = first ?? error
        guard error.errorCode == .sqlError, let scan = try? await context.schema.scan(),
          let mended = SQLRepair(statement, scan).mended(for: error.message)
        else { break }
        statement = mended
      }
    }
    throw await mended(first ?? WireError(.sqlError, "The statement failed."), sql, context)
  }

  /// Columns that are taken from another table in one statement.
  private static let mendings = 4

  /// The error with what the schema says about it.
  private func mended(_ error: WireError, _ sql: String, _ context: ToolContext) async -> WireError {
    guard error.errorCode == .sqlError, let scan = try? await context.schema.scan() else { return error }
    let hints = SQLRepair(sql, scan).hints(for: error.message)
    guard !hints.isEmpty else { return error }
    var error = error
    error.message += " " + hints.joined(separator: " ")
    return error
  }
}

extension ToolOutput {
  /// Adds a member to a content that is a JSON object.
  fileprivate mutating func add(_ name: String, _ value: JSONValue) {
    guard content.hasSuffix("}") else { return }
    content = content.dropLast() + ",\"\(name)\":\(value.text())}"
  }
}

extension QueryResult {
  /// No row, or one row of nothing but zeros and NULLs, as a count over nothing gives.
  fileprivate var foundNothing: Bool {
    if rowCount == 0 { return true }
    guard rowCount == 1, let row = rows.first else { return false }
    return row.allSatisfy { $0 == .null || $0 == .integer(0) }
  }
}
