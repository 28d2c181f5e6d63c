import ArgumentParser
import Wire

extension MemoryCommand {
  struct Reindex: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Wait until every memory of a connection has its vector, and show how far that is.",
      discussion: """
        Nodes with an embedder do the work, in the background; what is written and read meanwhile is found by its words. \
        With --anew all vectors are dropped first, also those of embedders that nobody has any more.
        """)
    @OptionGroup var connection: ConnectionOption
    @Flag(help: "Drop the vectors there are, and begin anew.") var anew = false
    @Flag(help: "Show how far it is, and do not wait.") var noWait = false
    @OptionGroup(title: "Global options") var options: GlobalOptions

    private static let interval = Duration.milliseconds(200)
    /// Without any progress for so long, nobody is at work.
    private static let patience = Duration.seconds(15)

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      var request = ReindexRequest()
      request.dbConnectionId = try await connection.resolved(by: server)
      request.drop = anew
      var state = try await server.call(Methods.embeddingReindex, request)
      request.drop = false
      var moved = ContinuousClock.now
      while !noWait, Self.embedded(state) < state.memories {
        try? await Task.sleep(for: Self.interval)
        let next = try await server.call(Methods.embeddingReindex, request)
        if Self.embedded(next) != Self.embedded(state) { moved = .now }
        state = next
        if printer.talk.isTerminal { printer.talk.write("\r" + Self.bar(state) + "\u{1b}[K") }
        guard ContinuousClock.now - moved < Self.patience else {
          throw WireError(
            .deadlineExceeded, "\(Self.embedded(state)) of \(state.memories) memories have a vector, and nobody makes more",
            hint: "Start a kai-agent with --embedder.")
        }
      }
      if printer.talk.isTerminal { printer.say("") }
      if printer.form.isJSON { return printer.json(state.json()) }
      for model in state.models { printer.line("\(model.model)  \(model.embedded) of \(state.memories)") }
      if state.models.isEmpty { printer.say("no memory has a vector", .dim) }
    }

    /// Of the embedder that has got furthest.
    private static func embedded(_ state: ReindexState) -> UInt64 { state.models.map(\.embedded).max() ?? 0 }

    private static func bar(_ state: ReindexState) -> String {
      let width = 30
      let part = Double(embedded(state)) / Double(max(1, state.memories))
      let done = min(width, Int(part * Double(width)))
      return "[" + String(repeating: "#", count: done) + String(repeating: ".", count: width - done) + "] "
        + "\(embedded(state)) of \(state.memories)"
    }
  }
}
