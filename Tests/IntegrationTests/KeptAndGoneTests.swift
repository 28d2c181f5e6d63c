import Foundation
import JSON
import LoopbackHTTP
import Testing
import Wire

/// What is remembered is embedded whatever stands beside it, and what is forgotten is in no file.
@Suite struct KeptAndGoneTests {
  /// Embeds anything but a text with "poison", which it refuses with all that came with it.
  @Sendable private static func embed(_ connection: LoopbackConnection) async throws {
    let body = try JSONValue(parsing: connection.request?.body ?? "")
    let texts = body["input"]?.array?.compactMap(\.string) ?? []
    guard !texts.contains(where: { $0.contains("poison") }) else {
      return try await connection.answer("400 Bad Request", [], #"{"error":{"message":"no such text"}}"#)
    }
    let data = texts.indices.map { JSONValue.object([.init("index", .integer(Int64($0))), .init("embedding", [0.5, 0.25])]) }
    let answer: JSONValue = ["data": .array(data)]
    try await connection.answer("200 OK", ["Content-Type: application/json"], answer.text())
  }

  @Test func oneTextThatCannotBeEmbeddedHoldsUpNoOther() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    for (key, content) in [("a", "first"), ("b", "poison"), ("c", "third")] {
      try await deployment.ctl(
        "memory", "remember", key, content, "--connection", "shop", "--namespace", "business_facts"
      ).expectSuccess()
    }
    try await LoopbackServer.run(Self.embed) { server in
      let node = try await deployment.startNode("n1", ["--embedder", "openai:x", "--embedder-url", server.url + "/v1"])
      let client = try deployment.client()
      var embedded: UInt64 = 0
      for _ in 0..<100 where embedded < 2 {
        try await Task.sleep(for: .milliseconds(100))
        embedded =
          try await client.call(Methods.embeddingReindex, .with { $0.dbConnectionId = "shop" })
          .message.models.first?.embedded ?? 0
      }
      #expect(embedded == 2)
      #expect(node.logText.contains("a memory cannot be embedded"))
      await client.close()
    }
  }

  @Test func whatIsForgottenIsInNoFile() async throws {
    let deployment = try await Deployment()
    try await deployment.addShop()
    let secret = "the zebra is called Hieronymus"
    let filler = String(repeating: "an ordinary sentence of some length. ", count: 200)
    for number in 0..<20 {
      try await deployment.ctl(
        "memory", "remember", "k\(number)", number == 7 ? secret : filler, "--connection", "shop", "--namespace", "business_facts"
      ).expectSuccess()
    }
    func filesWithIt() throws -> [String] {
      let folder = deployment.dataFolder
      return try FileManager.default.subpathsOfDirectory(atPath: folder).filter { path in
        guard let data = FileManager.default.contents(atPath: folder + "/" + path) else { return false }
        return data.range(of: Data("Hieronymus".utf8)) != nil || data.range(of: Data("hieronymu".utf8)) != nil
      }
    }
    #expect(try !filesWithIt().isEmpty)
    try await deployment.ctl("memory", "forget", "k7", "--connection", "shop", "--namespace", "business_facts", "-y")
      .expectSuccess()
    deployment.session.value?.signal(SIGTERM)
    _ = try await deployment.session.value?.exitStatus()
    let left = try filesWithIt()
    #expect(left == [])
  }
}
