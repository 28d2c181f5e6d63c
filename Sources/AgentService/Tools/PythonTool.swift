import JSON
import Wire

/// `python {"code":"…","queries":{"late":"SELECT …"}?,"timeout_s":30?}` →
/// `{"exit":0,"output":"…","files":["plot.png"]}`.
///
/// Runs Python in a sandbox (see ``SandboxCommand``) with the session's files as its folder; the rows of each query are there as
/// `kai.query("late")` and as `/data/late.csv`. Files that it writes or changes become the session's. Run again it does the same
/// again, over the same files, so that nothing is done twice that matters: it can reach nothing but its folder.
struct PythonTool: Tool {
  private static let queryLimits = QueryLimits(rows: 200_000, bytes: 32 * 1024 * 1024, milliseconds: 60_000, countRows: 200_001)
  private static let parameters: [ToolParameter] = [
    .required("code", .text(maxBytes: 128 * 1024), "The program."),
    .optional("queries", .object(maxBytes: 64 * 1024), "Results to have at hand: a name and a SELECT each."),
    .optional("timeout_s", .integer(1...Int64(SandboxLimits.maxSeconds)), "Seconds that it may take; 30 when left out."),
  ]

  let definition = ToolDefinition(
    name: "python",
    description:
      "Runs Python in a sandbox without network. Query results: import kai; kai.query(\"name\"). Files it writes are kept.",
    parameters: parameters.schema, sideEffect: .idempotent, modes: .fromScript)

  func run(_ arguments: JSONValue, _ context: ToolContext) async throws(WireError) -> ToolOutput {
    let arguments = try ToolArguments(arguments, Self.parameters)
    let code = try arguments.requiredText("code")
    let queries = arguments["queries"]?.object ?? []
    guard queries.count <= 16 else { throw WireError(.toolArguments, "The argument 'queries' may have at most 16 of them.") }
    var data: [String: ExportTable] = [:]
    for query in queries {
      guard Self.isName(query.key), let sql = query.value.string else {
        throw WireError(.toolArguments, "The argument 'queries' must have plain names (a-z, 0-9, _) and a text of SQL for each.")
      }
      data[query.key] = try ExportTable(try await context.database.query(sql, [], limits: Self.queryLimits))
    }
    let outcome = try await PythonSandbox.run(
      code, data: data, files: try files(context.folder), seconds: arguments.integer("timeout_s", default: SandboxLimits.seconds))
    var kept: [String] = []
    var refused = outcome.skipped
    for file in outcome.files {
      // What comes out of the sandbox is checked like any other path.
      do throws(WireError) {
        try context.folder.write(Array(file.content), to: file.path)
        kept.append(file.path)
      } catch {
        guard error.errorCode == .pathRefused else { throw error }
        refused.append(file.path)
      }
    }
    var members: [JSONValue.Member] = [
      .init("exit", .integer(Int64(outcome.exit))), .init("output", .string(outcome.output)),
      .init("files", .array(kept.map { .string($0) })),
    ]
    if !refused.isEmpty { members.append(.init("not_kept", .array(refused.prefix(20).map { .string($0) }))) }
    let statements = queries.compactMap(\.value.string).joined(separator: ";\n")
    return ToolOutput(
      content: JSONValue.object(members).text(), isError: outcome.exit != 0, sql: outcome.exit == 0 ? statements : "", files: kept
    )
  }

  private func files(_ folder: ResultsFolder) throws(WireError) -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    var left = SandboxLimits.inputBytes
    for file in try folder.list() where file.size <= UInt64(left) {
      let content = try folder.read(file.path)
      left -= content.count
      files[file.path] = content
    }
    return files
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 64
      && text.utf8.allSatisfy { (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
  }
}
