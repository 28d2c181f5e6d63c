import Foundation
import JSON
import Testing

/// The main job, through the real programs: ask a real database a question and read the answer.
@Suite struct QuestionTests {
  private func deployment() async throws -> Deployment {
    let deployment = try await Deployment()
    try await deployment.addShop()
    return deployment
  }

  @Test func anAnswerComesBackWithItsNumbersAndTheSQLThatMadeThem() async throws {
    let deployment = try await deployment()
    let node = try await deployment.startNode("n1")
    let answer = try await deployment.json("ask", "--connection", "shop", "how many orders by city?")
    let result = try #require(answer["result"])
    #expect(result["status"]?.string == "completed")
    // Customers 1, 3 and 6 live in Oslo; order i belongs to customer i % 6 + 1.
    let expected = ["Oslo": 199, "Rome": 134, "Lima": 67]
    let rows = try #require(result["table"]?["rows"]?.array)
    let cells = rows.map { $0["cells"]?.array?.compactMap { $0["text"]?.string } ?? [] }
    for (city, count) in expected {
      #expect(cells.contains { $0.contains(city) && $0.contains("\(count)") }, "\(city): \(cells)")
    }
    #expect(result["sql_used"]?.array?.isEmpty == false)
    node.signal(SIGTERM)
    #expect(try await node.exitStatus() == 0)
  }

  @Test func humansGetATableAndScriptsGetJSON() async throws {
    let deployment = try await deployment()
    try await deployment.startNode("n1")
    let text = try await deployment.ctl("ask", "--connection", "shop", "which customer has the most orders?").expectSuccess()
    #expect(!text.output.isEmpty)
    #expect(!text.output.contains("\u{1b}["), "colour although it is no terminal")
    let none = try await deployment.ctl("ask", "--connection", "shop", "--no-follow", "how many products?").expectSuccess()
    #expect(none.line.hasPrefix("task_"))
    try await deployment.ctl("task", "wait", none.line).expectSuccess()
  }

  @Test func whatWasTaughtIsUsedTheNextTime() async throws {
    let deployment = try await deployment()
    try await deployment.startNode("n1")
    let before = try await deployment.json("ask", "--connection", "shop", "how many zorgs?")
    #expect(before["result"]?["status"]?.string != "completed", "the word means nothing yet: \(before)")
    try await deployment.ctl(
      "memory", "remember", "zorgs", "zorgs means customers", "--connection", "shop", "--namespace", "business_facts",
      "--value", #"{"synonym":{"zorgs":"customers"}}"#
    ).expectSuccess()
    let after = try await deployment.json("ask", "--connection", "shop", "how many zorgs?")
    #expect(after["result"]?["status"]?.string == "completed", "\(after)")
    #expect(after["result"]?["answer"]?.string?.contains("6") == true, "\(after)")
  }

  @Test func filesAreArtifactsAndOutliveTheNode() async throws {
    let deployment = try await deployment()
    let node = try await deployment.startNode("n1")
    let answer = try await deployment.json("ask", "--connection", "shop", "give me a full profile of this database")
    let session = try #require(answer["session_id"]?.string)
    try await node.killNow()
    try FileManager.default.removeItem(atPath: deployment.resultsFolder)
    let paths = try await deployment.ctl("artifact", "list", session, "-o", "ids").expectSuccess().output
      .split(separator: "\n").map(String.init)
    #expect(
      paths.contains { $0.hasSuffix(".md") } && paths.contains { $0.hasSuffix(".html") }
        && paths.contains { $0.hasSuffix(".svg") })
    for path in paths {
      let file = deployment.folder.file("got/\(path)")
      try await deployment.ctl("artifact", "get", session, path, "--file", file).expectSuccess()
      #expect(try Data(contentsOf: URL(filePath: file)).count > 100)
    }
    // One of them goes, when that is meant.
    let asked = try await deployment.ctl("artifact", "delete", session, paths[0])
    #expect(asked.status == 2, "nobody is there to say yes: \(asked)")
    try await deployment.ctl("artifact", "delete", session, paths[0], "-y").expectSuccess()
    #expect(try await deployment.ctl("artifact", "get", session, paths[0]).status == 4)
    #expect(
      try await deployment.ctl("artifact", "list", session, "-o", "ids").expectSuccess().output.split(separator: "\n").count
        == paths.count - 1)
  }

  @Test func theStateAtAStepIsWhatTheStepsBeforeItAddUpTo() async throws {
    let deployment = try await deployment()
    try await deployment.startNode("n1")
    let answer = try await deployment.json("ask", "--connection", "shop", "how many orders by city?")
    let session = try #require(answer["session_id"]?.string)
    let steps = try #require(try await deployment.json("session", "history", session, "--full").array)
    #expect(steps.count > 3)
    for count in [1, steps.count / 2, steps.count] {
      let state = try await deployment.json("checkpoint", "get", session, "--step", "\(count)", "--state")
      #expect(state["step"]?.integer == Int64(count))
      #expect(state["entries"]?.array == steps.prefix(count).flatMap { $0["entries"]?.array ?? [] })
    }
    let missing = try await deployment.ctl("checkpoint", "get", session, "--step", "999", "--state")
    #expect(missing.status == 4)
  }

  @Test func aModeDecidesWhatAnAgentMayDo() async throws {
    let deployment = try await deployment()
    try await deployment.startNode("n1")
    let answer = try await deployment.json(
      "ask", "--connection", "shop", "--mode", "query", "give me a full profile of this database")
    let result = try #require(answer["result"])
    #expect(result["artifacts"]?.array?.isEmpty == true)
    #expect(result["degraded"]?.array?.isEmpty == false, "what could not be made must be said: \(result)")
  }
}
