import Foundation
import JSON
import LoopbackHTTP
import Testing

/// What `ops/` and OPERATIONS.md say is measured is what the programs serve.
@Suite struct OpsFilesTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private func names(_ text: String) -> Set<String> {
    Set(text.matches(of: /\b(kai|process)_[a-z_]*[a-z]\b/).map { String($0.0) })
  }

  @Test func dashboardAndAlertsAskForWhatIsServed() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    deployment.session.value?.signal(SIGTERM)
    _ = try await deployment.session.value?.exitStatus()
    deployment.options.value = ["--http", "127.0.0.1:0"]
    try await deployment.startSession()
    let http = try #require(deployment.ready.value["http"]?.string)
    let served = try await LoopbackServer.run({ connection in
      let isAfterTool = connection.request?.body.contains("\"role\":\"tool\"") ?? false
      if isAfterTool { return try await ModelAnswers.say(connection, "Done.") }
      try await ModelAnswers.call(connection, tool: "recall", arguments: #"{"query":"customers"}"#)
    }) { server in
      let node = try await deployment.startNode(
        "n1", ["--model", "openai:m", "--model-url", server.url + "/v1", "--http", "127.0.0.1:0"])
      try await deployment.ctl("ask", "--connection", "shop", "hello").expectSuccess()
      let address = try #require(node.logText.firstMatch(of: /http=(127\.0\.0\.1:\d+)/)?.1)
      return names(try await httpGet(http, "/metrics") + httpGet(String(address), "/metrics"))
    }
    #expect(served.count > 40)
    for file in ["ops/grafana-dashboard.json", "ops/prometheus-rules.yml"] {
      let asked = names(try String(contentsOf: Self.root.appending(path: file), encoding: .utf8))
      #expect(asked.count > 5)
      #expect(asked.subtracting(served) == [], "\(file)")
    }
    let page = try String(contentsOf: Self.root.appending(path: "docs/OPERATIONS.md"), encoding: .utf8)
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `kai_") }.joined()
    let described = names(rows)
    #expect(described.count > 20)
    #expect(described.subtracting(served).filter { !served.contains($0 + "_bucket") } == [])
  }
}
