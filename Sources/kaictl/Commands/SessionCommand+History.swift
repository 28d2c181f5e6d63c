import ArgumentParser
import JSON
import Wire

extension SessionCommand {
  struct History: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what happened in a session, step by step, from the first.",
      discussion: "With --full: everything that was said and done in each step.")
    @Argument(help: "The session.", completion: LiveCompletion.sessions) var id: String
    @Flag(help: "Every entry of every step.") var full = false
    @OptionGroup var sealing: SealingOption
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      if full { return try await showEntries(server, printer) }
      var request = CheckpointListRequest()
      request.sessionId = id
      var list = try await server.everything(Methods.checkpointList, request)
      list.rows.reverse()
      printer.list(list, CheckpointColumns.all)
    }

    private func showEntries(_ server: ServerLink, _ printer: Printer) async throws {
      var request = CheckpointFetchRequest()
      request.sessionId = id
      request.full = true
      let keys = try sealing.keys()
      var steps: [OpenedCheckpoint] = []
      try await server.stream(Methods.checkpointFetch, request) { (item) throws(WireError) in
        let step = try OpenedCheckpoint(item, keys)
        // One JSON value needs all of them; every other form can be written as it comes.
        if printer.form == .json { steps.append(step) } else { step.show(on: printer) }
        return .more
      }
      if printer.form == .json { printer.json(.array(steps.map(\.json))) }
    }
  }
}
