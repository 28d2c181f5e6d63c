import Foundation
import JSON
import LoopbackHTTP
import Testing

/// A turn that a language model reads again after the answer, with real processes and a model's server on loopback.
@Suite struct ExtractionTests {
  private static let prompt = "How many customers are there? I always want numbers without decimals."

  /// Queries, answers, and takes its time over its notes of the turn.
  @Sendable private static func serve(_ connection: LoopbackConnection) async throws {
    let asked = connection.request?.body ?? ""
    if asked.contains("copied exactly") {
      try await Task.sleep(for: .seconds(2))
      let notes: JSONValue = [
        "items": [
          [
            "kind": "preference", "text": "Numbers are wanted without decimals.",
            "quote": "I always want numbers without decimals",
          ],
          ["kind": "fact", "text": "The shop is in Bali.", "quote": "The shop is in Bali"],
        ], "summary": "The person counted customers.",
      ]
      return try await ModelAnswers.say(connection, notes.text())
    }
    if asked.contains("tool_call_id") { return try await ModelAnswers.say(connection, "There are as many as the table says.") }
    try await ModelAnswers.call(connection, tool: "sql_query", arguments: #"{"sql":"SELECT count(*) FROM customers"}"#)
  }

  @Test func itIsBesideTheAnswerAndKeepsWhatWasSaid() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    try await LoopbackServer.run(Self.serve) { server in
      try await deployment.startNode("n1", ["--model", "openai:x", "--model-url", server.url + "/v1", "--extraction", "on"])
      let task = try await deployment.json("ask", "--connection", "shop", Self.prompt)
      #expect(task["result"]?["status"]?.string == "completed", "\(task)")
      let session = try #require(task["session_id"]?.string)
      func kept() async throws -> [JSONValue] {
        try await deployment.json("memory", "list", "--connection", "shop", "--scope", session)["memories"]?.array ?? []
      }
      #expect(try await kept().count == 1, "the answer did not wait for the notes")
      var memories: [JSONValue] = []
      for _ in 0..<100 where memories.count < 3 {
        try await Task.sleep(for: .milliseconds(200))
        memories = try await kept()
      }
      let contents = Set(memories.compactMap { $0["content"]?.string })
      #expect(contents == [Self.prompt, "Numbers are wanted without decimals.", "The person counted customers."])
      #expect(memories.contains { $0["namespace"]?.string == "user_preferences" && $0["source"]?.string == "learning" })
    }
  }
}
