/// An OpenAI-compatible server whose model never has enough: it makes the same call again and again.
public enum EndlessModel {
  /// - Parameters:
  ///   - pause: how long the model thinks each time.
  ///   - tool: what it calls.
  ///   - arguments: a JSON object, as it stands in a JSON string.
  ///   - body: gets the server's base address.
  public static func run<Result: Sendable>(
    pause: Duration, tool: String = "list_tables", arguments: String = "{}",
    _ body: @Sendable (String) async throws -> Result
  ) async throws -> Result {
    try await LoopbackServer.run({ connection in
      try await Task.sleep(for: pause)
      try await connection.answer(
        "200 OK", ["Content-Type: application/json"],
        #"{"choices":[{"message":{"content":"Once more.","tool_calls":[{"id":"c\#(connection.number)","type":"function","#
          + #""function":{"name":"\#(tool)","arguments":"\#(arguments)"}}]},"finish_reason":"tool_calls"}],"#
          + #""usage":{"prompt_tokens":10,"completion_tokens":5}}"#)
    }) { server in try await body(server.url + "/v1") }
  }
}
