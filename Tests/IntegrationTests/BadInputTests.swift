import Foundation
import JSON
import Testing

/// Bad input, as people and machines give it: each gets a typed error, a sentence that says what to do and the right exit
/// code, and everyone else's work goes on.
@Suite struct BadInputTests {
  struct Case: Sendable, CustomStringConvertible {
    let what: String
    let arguments: [String]
    let status: Int32
    let says: String
    var description: String { what }
  }

  static let cases: [Case] = [
    Case(
      what: "unknown session", arguments: ["session", "get", "sess_0123456789ab"], status: 4, says: "not_found|no session|no such"
    ),
    Case(what: "bad id", arguments: ["session", "get", "42; DROP TABLE sessions"], status: 2, says: "sess_"),
    Case(
      what: "bad JSON metadata", arguments: ["session", "create", "--connection", "shop", "--metadata", "{not json"], status: 2,
      says: "JSON"),
    Case(
      what: "metadata that is no object", arguments: ["session", "create", "--connection", "shop", "--metadata", "[1]"],
      status: 2,
      says: "object"),
    Case(
      what: "recursion limit 0", arguments: ["session", "create", "--connection", "shop", "--recursion-limit", "0"], status: 2,
      says: "500"),
    Case(
      what: "recursion limit 501", arguments: ["session", "create", "--connection", "shop", "--recursion-limit", "501"],
      status: 2,
      says: "500"),
    Case(what: "unknown connection", arguments: ["session", "create", "--connection", "nowhere"], status: 4, says: "nowhere"),
    Case(
      what: "a URI nobody can open", arguments: ["connection", "create", "--alias", "odd", "--uri", "mysql://h/d"], status: 2,
      says: "sqlite"),
    Case(
      what: "a bad alias", arguments: ["connection", "create", "--alias", "A B", "--uri", "sqlite:///x.db"], status: 2,
      says: "a-z"),
    Case(
      what: "a taken alias", arguments: ["connection", "create", "--alias", "shop", "--uri", "sqlite:///x.db"], status: 5,
      says: "shop"),
    Case(what: "an empty question", arguments: ["ask", "--connection", "shop", ""], status: 2, says: "question|prompt|empty"),
    Case(
      what: "an unknown mode", arguments: ["session", "create", "--connection", "shop", "--mode", "root"], status: 2, says: "mode"
    ),
    Case(what: "an unknown flag", arguments: ["session", "list", "--nonsense"], status: 2, says: "nonsense"),
    Case(what: "an unknown command", arguments: ["sessions"], status: 2, says: "sessions"),
    Case(what: "unknown task", arguments: ["task", "get", "task_0123456789ab"], status: 4, says: "task"),
    Case(
      what: "unknown artifact", arguments: ["artifact", "get", "sess_0123456789ab", "a.md"], status: 4,
      says: "session|artifact|no "),
    Case(what: "unknown error code", arguments: ["explain", "no_such_code"], status: 4, says: "no_such_code"),
  ]

  @Test func eachGetsItsSentenceAndItsExitCode() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    for bad in Self.cases {
      let result = try await CommandResult.run(
        "kaictl", bad.arguments,
        environment: [
          "KAI_SERVER": deployment.address.value, "KAI_KEY_FILE": deployment.adminKey, "HOME": deployment.folder.path,
        ])
      #expect(result.status == bad.status, "\(bad.what): \(result)")
      let wanted = try Regex(bad.says).ignoresCase()
      #expect(result.errors.firstMatch(of: wanted) != nil, "\(bad.what): \(result)")
      #expect(result.output.isEmpty, "\(bad.what) wrote to standard output: \(result)")
    }
    // What does not fit on a command line, such as a title of a mebibyte, is in WireLimitsTests.
    try await deployment.ctl("server", "check").expectSuccess()
  }

  @Test func aClosedSessionTakesNoTasksUntilReopened() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    let id = try await deployment.ctl("session", "create", "--connection", "shop").line
    try await deployment.ctl("session", "close", id).expectSuccess()
    let refused = try await deployment.ctl("task", "submit", "--session", id, "anything")
    #expect(refused.status == 5)
    #expect(refused.errors.contains("reopen"))
    try await deployment.ctl("session", "reopen", id).expectSuccess()
    try await deployment.ctl("task", "submit", "--session", id, "anything").expectSuccess()
  }

  @Test func aWrongKeyAndAWrongRoleAreTurnedAway() async throws {
    let deployment = try await Deployment()
    let wrong = deployment.folder.file("wrong.key")
    try ("key_0123456789ab:" + String(repeating: "ab", count: 32) + "\n").write(toFile: wrong, atomically: true, encoding: .utf8)
    #expect(try await deployment.ctl(key: wrong, "session", "list").status == 3)
    let viewer = deployment.folder.file("viewer.key")
    try await deployment.ctl("key", "create", "--role", "viewer", "--name", "v", "--file", viewer).expectSuccess()
    try await deployment.ctl(key: viewer, "session", "list").expectSuccess()
    let refused = try await deployment.ctl(key: viewer, "key", "list")
    #expect(refused.status == 3)
    #expect(refused.errors.contains("role"))
  }

  @Test func aMissingDatabaseFailsTheTaskAndNotTheNode() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    try await deployment.ctl("connection", "create", "--alias", "gone", "--uri", "sqlite://\(deployment.folder.file("gone.db"))")
      .expectSuccess()
    try await deployment.startNode("n1")
    let failed = try await deployment.ctl("ask", "--connection", "gone", "how many orders?")
    #expect(failed.status == 9, "\(failed)")
    #expect(!FileManager.default.fileExists(atPath: deployment.folder.file("gone.db")))
    try await deployment.ctl("ask", "--connection", "shop", "how many orders?").expectSuccess()
  }

  /// Node and service run as one user here: what the node may read is no measure of what users may.
  @Test func theServicesOwnDatabaseIsNobodysConnection() async throws {
    let deployment = try await Deployment()
    try await deployment.startNode("n1")
    var said: [String] = []
    for (alias, path) in [("own", deployment.dataFolder + "/kai.db"), ("none", deployment.dataFolder + "/none.db")] {
      try await deployment.ctl("connection", "create", "--alias", alias, "--uri", "sqlite://\(path)").expectSuccess()
      let refused = try await deployment.ctl("ask", "--connection", alias, "how many keys are there?")
      #expect(refused.status == 9, "\(refused)")
      let line = refused.errors.split(separator: "\n").first { $0.contains("no SQLite database") }
      said.append(String(try #require(line)))
    }
    // Word for word what a path without a file gets.
    #expect(said[0] == said[1])
  }

  @Test func anUnreachableServerIsSaidWithinTheTimeout() async throws {
    let folder = try TemporaryFolder()
    let key = folder.file("some.key")
    try ("key_0123456789ab:" + String(repeating: "ab", count: 32) + "\n").write(toFile: key, atomically: true, encoding: .utf8)
    let result = try await CommandResult.run(
      "kaictl", ["session", "list", "--timeout", "2s"],
      environment: ["KAI_SERVER": "127.0.0.1:1", "KAI_KEY_FILE": key, "HOME": folder.path])
    #expect(result.status == 6 || result.status == 7, "\(result)")
    #expect(result.errors.contains("127.0.0.1:1: connection refused"), "\(result)")
  }

  @Test func aSecondProcessOnTheSameFolderIsRefused() async throws {
    let deployment = try await Deployment()
    let second = try RunningProcess(
      "kai-session", ["--data", deployment.dataFolder, "--listen", "127.0.0.1:0", "--http", "off"],
      log: deployment.folder.file("second.log"))
    #expect(try await second.exitStatus() != 0)
    #expect(second.logText.contains("another") || second.logText.contains("Another"), "\(second.logText)")
    try await deployment.ctl("server", "info").expectSuccess()
  }
}
