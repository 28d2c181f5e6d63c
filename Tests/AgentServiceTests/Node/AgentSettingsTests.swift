import ArgumentParser
import Foundation
import Testing
import Wire

@testable import AgentService

@Suite struct AgentSettingsTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "kai-settings-\(UUID().uuidString)")

  /// Settings made with a good key file, which is gone afterwards.
  private func settings(
    _ arguments: [String], environment: [String: String] = [:], key: String? = nil
  ) throws -> AgentSettings {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "agent.key").path
    try (key ?? "agent1:" + String(repeating: "0a", count: 32)).write(toFile: path, atomically: true, encoding: .utf8)
    let variables = environment.merging(["KAI_KEY_FILE": path]) { own, _ in own }
    return try AgentSettings(try AgentOptions.parse(arguments), environment: { variables[$0] })
  }

  private func failure(_ arguments: [String], environment: [String: String] = [:], key: String? = nil) -> WireError? {
    do {
      _ = try settings(arguments, environment: environment, key: key)
      return nil
    } catch {
      return error as? WireError
    }
  }

  @Test func theDefaultsAreThoseOfTheContract() throws {
    let settings = try settings([])
    #expect(settings.server.host == "127.0.0.1")
    #expect(settings.server.port == 7411)
    #expect(settings.node.slots == 8)
    #expect(settings.node.results == "./agent_results")
    #expect(settings.model == ModelSettings())
  }

  @Test func aFlagGoesBeforeTheEnvironment() throws {
    let environment = ["KAI_AGENT_SLOTS": "3", "KAI_SERVER": "far:1", "KAI_AGENT_MODEL": "openai:x"]
    let settings = try settings(["--slots", "5", "--label", "zone=a", "--label", "b="], environment: environment)
    #expect(settings.node.slots == 5)
    #expect(settings.server.host == "far")
    #expect(settings.model.spec == "openai:x")
    #expect(settings.node.labels == [Label(key: "zone", value: "a"), Label(key: "b", value: "")])
  }

  @Test(arguments: [
    ["--slots", "0"], ["--slots", "x"], ["--slots", "99999999999"], ["--server", "nohost"], ["--server", ":1"],
    ["--server", "h:70000"], ["--label", "=v"], ["--log-level", "loud"],
    ["--databases-hosts", "a b"], ["--databases-hosts", "10.0.0.0/99"], ["--sql-memory-mib", "1"], ["--sql-memory-mib", "x"],
    ["--model-prices", "cheap"], ["--model-proxy", "ftp://x"], ["--model-context", "10"],
  ])
  func aFlagThatMakesNoSenseIsNamed(arguments: [String]) throws {
    let error = try #require(failure(arguments))
    #expect(error.errorCode == .usage)
    #expect(error.message.contains(arguments[0]))
  }

  @Test func whatIsAllowedOfDatabasesComesFromFlagOrEnvironment() throws {
    let standard = try settings([])
    #expect(standard.node.databases.hosts == .standard && standard.sqlMemory == 256 * 1024 * 1024)
    let inside = folder.path + "/a.db"
    let environment = [
      "KAI_AGENT_DATABASES_ROOT": "/usr,/etc", "KAI_AGENT_DATABASES_HOSTS": "unix", "KAI_AGENT_SQL_MEMORY_MIB": "64",
    ]
    let walled = try settings([], environment: environment)
    #expect(walled.node.databases.folders.file("/etc/passwd") == "/etc/passwd")
    #expect(walled.node.databases.folders.file(inside) == nil)
    #expect(walled.node.databases.hosts.allowSockets && walled.sqlMemory == 64 * 1024 * 1024)
    let own = try settings(["--databases-root", "/usr", "--databases-hosts", "any"], environment: environment)
    #expect(own.node.databases.folders.file("/etc/passwd") == nil && !own.node.databases.hosts.allowSockets)
    #expect(failure(["--databases-root", "/nowhere/at/all"])?.errorCode == .localIo)
    #expect(failure(["--databases-ca-file", "/nowhere/at/all"])?.errorCode == .localIo)
  }

  @Test(arguments: ["http://169.254.169.254/v1", "http://[fe80::1]/", "http://me:secret-word@host/v1", "file:///etc/passwd"])
  func aModelsServerIsWhereOneCanBe(_ url: String) {
    var model = ModelSettings()
    (model.spec, model.url) = ("openai:x", url)
    do {
      _ = try ModelRegistry.model(model)
      Issue.record("\(url) was taken")
    } catch {
      #expect(error.errorCode == .usage && !error.description.contains("secret-word"))
    }
  }

  @Test func aKeyFileThatIsNoneIsAnErrorThatNeverShowsIt() throws {
    let bad = try #require(failure([], key: "agent1:hush"))
    #expect(bad.errorCode == .unauthenticated)
    #expect(!bad.description.contains("hush"))
    #expect(failure(["--key-file", "/nonexistent/key"])?.errorCode == .localIo)
  }
}
