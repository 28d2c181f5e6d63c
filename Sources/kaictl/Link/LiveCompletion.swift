import ArgumentParser
import Wire

/// The ids that a shell offers: asked of kai-session as the environment and the contexts say, with little patience.
enum LiveCompletion {
  private static let patience = TimeSpan(milliseconds: 1_500)

  static let sessions = ids(Methods.sessionList, SessionListRequest())
  static let tasks = ids(Methods.taskList, TaskListRequest())
  static let connections = ids(Methods.connectionList, ConnectionListRequest())
  static let nodes = ids(Methods.nodeList, Empty())
  static let keys = ids(Methods.keyList, Empty())
  static let contexts = CompletionKind.custom { _, _, prefix in
    ((try? Contexts.load())?.entries.map(\.name) ?? []).filter { $0.hasPrefix(prefix) }
  }

  /// The ids of a list; nothing when there is nobody to ask: a shell has no place for an error.
  private static func ids<Request: WireMessage & Sendable, List: ListMessage>(
    _ call: Call<Request, List>, _ request: Request
  ) -> CompletionKind {
    .custom { @Sendable (_: [String], _: Int, prefix: String) async -> [String] in
      guard let options = try? GlobalOptions.parse([]), let target = try? Target(options: options, contexts: try Contexts.load()),
        let server = try? await ServerLink.open(target, timeout: patience)
      else { return [] }
      let list = try? await server.call(call, request)
      await server.close()
      return (list?.rows ?? []).map { List.id(of: $0) }.filter { $0.hasPrefix(prefix) }
    }
  }
}
