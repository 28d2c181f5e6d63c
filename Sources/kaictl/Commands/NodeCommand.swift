import ArgumentParser
import Wire

struct NodeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "node", abstract: "The kai-agent processes that do the work.", subcommands: [List.self, Drain.self])

  struct List: WatchableCommand {
    static let configuration = CommandConfiguration(abstract: "List the nodes that are attached.")
    @OptionGroup var filter: FilterOption
    @OptionGroup var watching: WatchOptions
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      let all = try await server.call(Methods.nodeList, Empty())
      let nodes = try filter.apply(to: all)
      printer.list(
        nodes,
        [
          .text("ID") { $0.id }, .text("NAME") { $0.name }, .text("STATUS") { $0.status.label },
          ListColumn(title: "BUSY", alignment: .right) { node, _ in "\(node.busy)/\(node.slots)" },
          .text("MODEL", shrinks: true) { $0.model }, .time("ATTACHED") { $0.attachedAt },
          .time("SEEN") { $0.lastSeenAt }, .text("ADDRESS", wide: true) { $0.address },
          .text("VERSION", wide: true) { $0.version },
          .text("LABELS", wide: true) { $0.labels.map { "\($0.key)=\($0.value)" }.joined(separator: " ") },
        ])
      if all.nodes.isEmpty { printer.say("no node is attached: start kai-agent", .dim) }
    }
  }

  struct Drain: ServerCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let nodes finish what runs and take nothing new.")
    @OptionGroup var batch: BatchSelection<NodeNoun>
    @OptionGroup(title: "Global options") var options: GlobalOptions

    func run(_ server: ServerLink, _ printer: Printer) async throws {
      guard let ids = try await batch.resolved("Drain", by: server, printer) else { return }
      try await Batch.run(ids, printer, told: { (node: NodeInfo) in "\(node.id) is \(node.status.label), \(node.busy) busy" }) {
        (id) throws(WireError) in
        try await server.call(Methods.nodeDrain, NodeRef(id: id))
      }
    }
  }
}
