import Foundation
import JSON
import Testing

/// A kai-session and its nodes as an operator starts them, in a folder of their own, on ports the system chose.
final class Deployment: Sendable {
  let folder: TemporaryFolder
  let session: Holder<RunningProcess?>
  let address: Holder<String>
  /// More of kai-session's command line; for the next start.
  let options = Holder<[String]>([])
  /// What kai-session said when it served.
  let ready = Holder<JSONValue>(.null)
  /// Kept until the end, so that a test need not: a process that nobody holds is killed.
  private let nodes = Holder<[RunningProcess]>([])

  var dataFolder: String { folder.file("data") }
  var resultsFolder: String { folder.file("results") }
  var adminKey: String { "\(dataFolder)/admin.key" }

  /// Starts kai-session and waits until it serves.
  init() async throws {
    folder = try TemporaryFolder()
    session = Holder(nil)
    address = Holder("127.0.0.1:0")
    try await startSession()
  }

  deinit {
    for process in nodes.value + [session.value].compactMap({ $0 }) { process.signal(SIGKILL) }
  }

  /// Starts kai-session; a second time on the same port, so that clients find it again.
  func startSession() async throws {
    let readyFile = folder.file("session.json")
    try? FileManager.default.removeItem(atPath: readyFile)
    let process = try RunningProcess(
      "kai-session",
      ["--data", dataFolder, "--listen", address.value, "--ready-file", readyFile, "--http", "off"] + options.value,
      log: folder.file("session.log"))
    session.value = process
    let text = try await eventually("kai-session serves: \(process.logText)") {
      if !process.isRunning { throw TimedOut(what: "kai-session ended: \(process.logText)") }
      return try? String(contentsOfFile: readyFile, encoding: .utf8)
    }
    ready.value = try JSONValue(parsing: text)
    address.value = try #require(ready.value["listen"]?.string)
  }

  /// Starts a node and waits until it is attached.
  @discardableResult
  func startNode(_ name: String, slots: Int = 4, _ more: [String] = []) async throws -> RunningProcess {
    let key = folder.file("agent.key")
    if !FileManager.default.fileExists(atPath: key) {
      try await ctl("key", "create", "--role", "agent", "--name", "nodes", "--file", key).expectSuccess()
    }
    let ready = folder.file("\(name).json")
    try? FileManager.default.removeItem(atPath: ready)
    let node = try RunningProcess(
      "kai-agent",
      [
        "--server", address.value, "--key-file", key, "--name", name, "--slots", "\(slots)", "--results", resultsFolder,
        // A test's machine may be busy with others; what is taught must be there all the same.
        "--learning-deadline", "5000",
        "--ready-file", ready,
      ] + more, log: folder.file("\(name).log"))
    nodes.value.append(node)
    _ = try await eventually("\(name) attaches") {
      if !node.isRunning { throw TimedOut(what: "\(name) ended: \(node.logText)") }
      return FileManager.default.fileExists(atPath: ready) ? true : nil
    }
    return node
  }

  /// What tells kaictl where to go and as whom: as the admin.
  var environment: [String: String] {
    ["KAI_SERVER": address.value, "KAI_KEY_FILE": adminKey, "HOME": folder.path]
  }

  /// Runs kaictl as the admin, or as whoever `key` is.
  @discardableResult
  func ctl(key: String? = nil, _ arguments: String...) async throws -> CommandResult {
    try await CommandResult.run(
      "kaictl", arguments,
      environment: environment.merging(["KAI_KEY_FILE": key ?? adminKey]) { $1 })
  }

  /// The same with a list of arguments.
  @discardableResult
  func run(_ arguments: [String], input: String? = nil) async throws -> CommandResult {
    try await CommandResult.run("kaictl", arguments, environment: environment, input: input)
  }

  /// Runs kaictl with `-o json` and parses what it prints.
  func json(_ arguments: String...) async throws -> JSONValue {
    let result = try await CommandResult.run(
      "kaictl", arguments + ["-o", "json"],
      environment: environment)
    try result.expectSuccess()
    return try JSONValue(parsing: result.output)
  }
}

/// A value that several threads of a test share.
final class Holder<Value: Sendable>: @unchecked Sendable {
  // Every access is under the lock.
  private let lock = NSLock()
  private var stored: Value
  init(_ value: Value) { stored = value }
  var value: Value {
    get { lock.withLock { stored } }
    set { lock.withLock { stored = newValue } }
  }
}
