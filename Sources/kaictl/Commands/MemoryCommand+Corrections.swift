import ArgumentParser
import Wire

extension MemoryCommand {
  struct Corrections: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "List what was corrected: in one session until somebody confirms it, or for all.",
      discussion: "'kaictl memory confirm' shares one, 'kaictl memory forget' takes one back.")
    @OptionGroup var connection: ConnectionOption
    @OptionGroup var page: PageOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = MemoryListRequest()
      request.dbConnectionId = try await connection.resolved(by: server)
      request.namespace = "corrections"
      printer.list(
        try await server.pages(Methods.memoryList, request, page),
        [
          .text("HOLDS IN") { $0.scope == "shared" ? "every session" : $0.scope }, .text("KEY") { $0.key },
          .text("CORRECTION", shrinks: true) { $0.content.isEmpty ? $0.value : $0.content }, .text("TAUGHT BY") { $0.source },
          .time("UPDATED") { $0.updatedAt },
        ])
    }
  }

  struct Confirm: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Share what one session learned with every session of its connection.")
    @Option(help: ArgumentHelp("The session that learned it.", valueName: "id"), completion: LiveCompletion.sessions) var session:
      String
    @Option(help: "Its namespace.") var namespace = "corrections"
    @Argument(help: "Its key.") var key: String
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let found = try await server.call(Methods.sessionGet, SessionRef(id: session))
      let reference = MemoryRef.with {
        ($0.dbConnectionId, $0.scope, $0.namespace, $0.key) = (found.dbConnectionId, session, namespace, key)
      }
      let shared = try await server.call(Methods.memoryConfirm, .with { $0.memory = reference })
      printer.object(shared, id: shared.id)
      printer.say("every session of \(shared.dbConnectionId) knows it now: \(shared.content)", .dim)
    }
  }
}
