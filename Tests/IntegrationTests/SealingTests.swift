import Foundation
import JSON
import Testing

/// Steps and artifacts that kai-session cannot read.
@Suite struct SealingTests {
  @Test func theServiceNeverSeesWhatIsSealed() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    let keyFile = deployment.folder.file("seal.keys")
    try (String(repeating: "5a", count: 32) + "\n").write(toFile: keyFile, atomically: true, encoding: .utf8)
    let node = try await deployment.startNode("sealed", ["--sealing-key-file", keyFile])
    let session = try await deployment.ctl("session", "create", "-c", "shop", "-o", "ids").expectSuccess().line
    _ = try await deployment.json("ask", "--session", session, "give me a full profile of this database")
    let answer = try await deployment.json("ask", "--session", session, "how many customers are there?")
    #expect(answer["result"]?["status"]?.string == "completed", "\(answer)")
    let artifacts = try await deployment.json("artifact", "list", session)["artifacts"]?.array ?? []
    #expect(!artifacts.isEmpty)
    // With the key all of it is there, and without it nothing.
    func read(_ arguments: [String], with key: String?) async throws -> CommandResult {
      let more = key.map { ["KAI_SEALING_KEY_FILE": $0] } ?? [:]
      return try await CommandResult.run("kaictl", arguments, environment: deployment.environment.merging(more) { $1 })
    }
    let history = ["session", "history", session, "--full"]
    #expect(try await read(history, with: keyFile).expectSuccess().output.contains("how many customers"))
    let refused = try await read(history, with: nil)
    #expect(refused.status == 5 && refused.errors.contains("--sealing-key-file"), "\(refused)")
    for artifact in artifacts {
      let path = try #require(artifact["path"]?.string)
      #expect(try await read(["artifact", "get", session, path], with: keyFile).status == 0)
      #expect(try await read(["artifact", "get", session, path], with: nil).status == 5)
    }
    // A node without the key says so, and breaks nothing.
    node.signal(SIGTERM)
    _ = try await node.exitStatus()
    let blind = try await deployment.startNode("blind")
    let failed = try await deployment.run(["ask", "--session", session, "how many orders are there?", "-o", "json"])
    #expect(failed.status == 9 && failed.output.contains("sealed"), "\(failed)")
    blind.signal(SIGTERM)
    _ = try await blind.exitStatus()
    try await deployment.startNode("again", ["--sealing-key-file", keyFile])
    let last = try await deployment.json("ask", "--session", session, "how many orders are there?")
    #expect(last["result"]?["status"]?.string == "completed", "\(last)")
    try await deployment.ctl("server", "check").expectSuccess()
  }
}
