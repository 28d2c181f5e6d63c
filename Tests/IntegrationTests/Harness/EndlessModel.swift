import LoopbackHTTP

/// An OpenAI-compatible server whose model never has enough: it lists the tables again and again.
enum EndlessModel {
  /// - Parameters:
  ///   - pause: how long the model thinks each time.
  ///   - body: gets the server's base address.
  static func run(pause: Duration, _ body: @Sendable (String) async throws -> Void) async throws {
    try await LoopbackServer.run({ connection in
      try await Task.sleep(for: pause)
      try await connection.answer(
        "200 OK", ["Content-Type: application/json"],
        #"{"choices":[{"message":{"content":"Once more.","tool_calls":[{"id":"c\#(connection.number)","type":"function","#
          + #""function":{"name":"list_tables","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"#
          + #""usage":{"prompt_tokens":10,"completion_tokens":5}}"#)
    }) { server in try await body(server.url + "/v1") }
  }
}
